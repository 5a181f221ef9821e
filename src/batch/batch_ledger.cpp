#include "batch/batch_ledger.hpp"

#include "batch/checked_lines.hpp"

#include <coax/batch/service_batches.hpp>
#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <unistd.h>
#include <utility>

namespace coax {
namespace detail {

/// A line of a ledger.
struct ledger_line {
    std::string batch{};
    std::optional<std::string> service{};
    std::optional<std::int64_t> begun{};
    std::optional<std::vector<std::string>> rows{};
    std::optional<std::string> id{};
    std::optional<std::string> over{};
};

namespace {

constexpr std::size_t most_ledger_line = std::size_t{16} << 20U;
constexpr std::size_t digest_digits = 16;

/// Applies a line to what was kept so far.
void apply(ledger_line line, std::vector<kept_batch>& kept) {
    auto const found = std::ranges::find(kept, line.batch, &kept_batch::mark);
    if (line.rows) {
        kept_batch begun{.mark = std::move(line.batch), .service = line.service.value_or("")};
        begun.begun = std::chrono::sys_seconds{std::chrono::seconds{line.begun.value_or(0)}};
        for (auto const& text : *line.rows)
            if (auto const name = parse_row_name(text)) begun.rows.push_back(*name);
        kept.push_back(std::move(begun));
        return;
    }
    if (found == kept.end()) return;
    if (line.id) found->id = *std::move(line.id);
    if (line.over) kept.erase(found);
}

}  // namespace

std::string to_string(batch_row_name const& name) {
    std::array<char, digest_digits> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), name.sent, 16).ptr;
    auto const count = static_cast<std::size_t>(end - digits.data());
    std::string text(digest_digits - count, '0');
    return text.append(digits.data(), count).append("-").append(std::to_string(name.index));
}

std::optional<batch_row_name> parse_row_name(std::string_view text) noexcept {
    batch_row_name name;
    if (text.size() < digest_digits + 2 || text[digest_digits] != '-') return std::nullopt;
    auto const* const dash = text.data() + digest_digits;
    auto const* const end = text.data() + text.size();
    auto const sent = std::from_chars(text.data(), dash, name.sent, 16);
    auto const index = std::from_chars(dash + 1, end, name.index);
    if (sent.ec != std::errc{} || sent.ptr != dash || index.ec != std::errc{} || index.ptr != end) return std::nullopt;
    return name;
}

result<batch_ledger> batch_ledger::open(std::string path) {
    auto file = output_file::open(std::move(path));
    if (!file) return std::move(file).error();
    batch_ledger made{*std::move(file)};
    if (auto read = made.read(); !read) return std::move(read).error();
    return made;
}

result<void> batch_ledger::read() {
    return read_checked_lines(file_, most_ledger_line, [this](std::string const& text) {
        if (auto line = json::read<ledger_line>(text)) apply(*std::move(line), kept_);
    });
}

result<void> batch_ledger::begin(kept_batch const& batch) {
    std::string line;
    json::writer out{line};
    out.begin_object().member("batch", std::string_view{batch.mark}).member("service", std::string_view{batch.service});
    out.member("begun", batch.begun.time_since_epoch().count()).key("rows").begin_array();
    for (auto const& row : batch.rows) out.value(std::string_view{to_string(row)});
    out.end_array().end_object();
    return append_checked_line(file_, std::move(line));
}

result<void> batch_ledger::made(std::string_view mark, std::string_view id) {
    std::string line;
    json::writer{line}.begin_object().member("batch", mark).member("id", id).end_object();
    return append_checked_line(file_, std::move(line));
}

result<void> batch_ledger::over(std::string_view mark, std::string_view how) {
    std::string line;
    json::writer{line}.begin_object().member("batch", mark).member("over", how).end_object();
    return append_checked_line(file_, std::move(line));
}

void batch_ledger::remove() noexcept {
    ::unlink(file_.path().c_str());
    file_.close();
}

}  // namespace detail

bool has_open_batches(std::string const& ledger) {
    if (::access(ledger.c_str(), R_OK) != 0) return false;
    auto const opened = detail::batch_ledger::open(ledger);
    return !opened || !opened->kept().empty();
}

}  // namespace coax
