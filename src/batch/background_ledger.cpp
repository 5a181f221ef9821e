#include "batch/background_ledger.hpp"

#include "batch/batch_ledger.hpp"
#include "batch/line_checksum.hpp"
#include "batch/line_reader.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <cstddef>
#include <optional>
#include <unistd.h>
#include <utility>

namespace coax::detail {

/// A line of a ledger of responses.
struct background_line {
    std::string sent{};
    std::optional<std::string> id{};
    std::optional<bool> over{};
};

result<background_ledger> background_ledger::open(std::string path) {
    auto file = output_file::open(std::move(path));
    if (!file) return std::move(file).error();
    background_ledger made{*std::move(file)};
    if (auto read = made.read(); !read) return std::move(read).error();
    return made;
}

result<void> background_ledger::read() {
    constexpr std::size_t most_bytes = std::size_t{1} << 16U;
    if (file_.size() == 0) return {};
    auto lines = line_reader::open(file_.path(), most_bytes);
    if (!lines) return lines.error();
    std::uint64_t whole = 0;
    std::string text;
    for (;;) {
        auto const kind = lines->next(text);
        if (!kind) return kind.error();
        if (*kind == line_kind::end || !lines->terminated()) break;
        whole = lines->offset();
        if (check_line(text) != line_checksum::right) continue;
        auto const line = json::read<background_line>(without_checksum(text));
        auto const name = line ? parse_row_name(line->sent) : std::nullopt;
        if (!name) continue;
        if (line->id) ids_[name->sent] = *line->id;
        if (line->over) ids_.erase(name->sent);
    }
    return whole == file_.size() ? result<void>{} : file_.truncate(whole);
}

result<void> background_ledger::append(std::string line) {
    line = with_checksum(std::move(line));
    line += '\n';
    if (auto written = file_.append(line); !written) return written;
    return file_.sync();
}

std::string_view background_ledger::find(std::uint64_t sent) const {
    auto const found = ids_.find(sent);
    return found == ids_.end() ? std::string_view{} : std::string_view{found->second};
}

result<void> background_ledger::begun(std::uint64_t sent, std::string id) {
    std::string line;
    json::writer out{line};
    out.begin_object().member("sent", std::string_view{to_string(batch_row_name{sent, 0})});
    out.member("id", std::string_view{id}).end_object();
    ids_[sent] = std::move(id);
    return append(std::move(line));
}

result<void> background_ledger::over(std::uint64_t sent) {
    ids_.erase(sent);
    std::string line;
    json::writer out{line};
    out.begin_object().member("sent", std::string_view{to_string(batch_row_name{sent, 0})});
    out.member("over", true).end_object();
    return append(std::move(line));
}

void background_ledger::remove() noexcept {
    ::unlink(file_.path().c_str());
    file_.close();
}

}  // namespace coax::detail
