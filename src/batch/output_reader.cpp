#include "batch/output_reader.hpp"

#include <coax/bind/read.hpp>

#include <utility>

namespace coax::detail {

namespace {

constexpr std::size_t largest_output_line = std::size_t{1} << 30U;
constexpr std::uint64_t most_records = 1'000'000'000;

std::optional<line_head> read_head(std::string const& line) {
    auto head = json::read<line_head>(line, {.check_utf8 = false});
    if (head && head->index < most_records && (head->status == "ok" || head->status == "error"))
        return std::move(*head);
    return std::nullopt;
}

}  // namespace

result<output_reader> output_reader::open(std::string const& path) {
    auto lines = line_reader::open(path, largest_output_line);
    if (!lines) return lines.error();
    return output_reader{std::move(*lines)};
}

result<output_reader::found> output_reader::next() {
    begin_ = lines_.offset();
    auto const kind = lines_.next(line_);
    if (!kind) return kind.error();
    if (*kind == line_kind::end || !lines_.terminated()) return found::end;
    bytes_ = lines_.offset();
    auto const checksum = check_line(line_);
    if (checksum == line_checksum::wrong || (checksum == line_checksum::absent && has_checksums_))
        return found::damaged;
    auto head = read_head(line_);
    if (!head) {
        if (!foreign_)
            foreign_ = error{.code = errc::invalid_json, .message = "not a line of a batch's output", .where = where()};
        return found::damaged;
    }
    head_ = std::move(*head);
    if (checksum == line_checksum::right) {
        has_checksums_ = true;
        foreign_.reset();  // the file is a batch's own, so that line was damaged
    }
    return found::line;
}

}  // namespace coax::detail
