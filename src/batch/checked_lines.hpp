#pragma once

#include "batch/line_checksum.hpp"
#include "batch/line_reader.hpp"
#include "batch/output_file.hpp"

#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// A file of lines with checksums, to which each is added for good.
namespace coax::detail {

/// Calls `take` with each line that is whole and undamaged, without its checksum, and cuts off what a crash has left
/// behind the last whole one. @param most_bytes  Of a line.
template <class Take>
[[nodiscard]] result<void> read_checked_lines(output_file& file, std::size_t most_bytes, Take take) {
    if (file.size() == 0) return {};
    auto lines = line_reader::open(file.path(), most_bytes);
    if (!lines) return lines.error();
    std::uint64_t whole = 0;
    std::string text;
    for (;;) {
        auto const kind = lines->next(text);
        if (!kind) return kind.error();
        if (*kind == line_kind::end || !lines->terminated()) break;
        whole = lines->offset();
        if (check_line(text) == line_checksum::right) take(without_checksum(text));
    }
    return whole == file.size() ? result<void>{} : file.truncate(whole);
}

/// Waits until the disk has the line.
[[nodiscard]] inline result<void> append_checked_line(output_file& file, std::string line) {
    line = with_checksum(std::move(line));
    line += '\n';
    if (auto written = file.append(line); !written) return written;
    return file.sync();
}

}  // namespace coax::detail
