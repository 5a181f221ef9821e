#include "batch/background_ledger.hpp"

#include "batch/batch_ledger.hpp"
#include "batch/checked_lines.hpp"

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
    return read_checked_lines(file_, most_bytes, [this](std::string const& text) {
        auto const line = json::read<background_line>(text);
        auto const name = line ? parse_row_name(line->sent) : std::nullopt;
        if (!name) return;
        if (line->id) ids_[name->sent] = *line->id;
        if (line->over) ids_.erase(name->sent);
    });
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
    return append_checked_line(file_, std::move(line));
}

result<void> background_ledger::over(std::uint64_t sent) {
    ids_.erase(sent);
    std::string line;
    json::writer out{line};
    out.begin_object().member("sent", std::string_view{to_string(batch_row_name{sent, 0})});
    out.member("over", true).end_object();
    return append_checked_line(file_, std::move(line));
}

void background_ledger::remove() noexcept {
    ::unlink(file_.path().c_str());
    file_.close();
}

}  // namespace coax::detail
