#include "batch/renumber.hpp"

#include "batch/line_checksum.hpp"

#include <charconv>
#include <string_view>

namespace coax::detail {

namespace {

/// Replaces a part of `line` at `at` if it stands there. @returns Whether it does.
bool replace_at(std::string& line, std::size_t at, std::string const& before, std::string const& after) {
    if (line.compare(at, before.size(), before) != 0) return false;
    line.replace(at, before.size(), after);
    return true;
}

void renumber_same_as(std::string& line, std::function<std::optional<std::uint64_t>(std::uint64_t)> const& new_index) {
    constexpr std::string_view name = R"(,"same_as":)";
    auto const at = line.rfind(name);
    if (at == std::string::npos) return;
    std::uint64_t index = 0;
    auto const* const begin = line.data() + at + name.size();
    auto const read = std::from_chars(begin, line.data() + line.size(), index);
    auto const digits = static_cast<std::size_t>(read.ptr - begin);
    auto const next = at + name.size() + digits;
    bool const is_last = next < line.size() && (line[next] == '}' || line.compare(next, 7, R"(,"run":)") == 0);
    if (read.ec != std::errc{} || !is_last) return;
    if (auto const to = new_index(index)) line.replace(at + name.size(), digits, std::to_string(*to));
}

}  // namespace

std::string renumbered(std::string const& line, std::uint64_t from, std::uint64_t to,
                       std::function<std::optional<std::uint64_t>(std::uint64_t)> const& new_index) {
    auto fresh = without_checksum(line);
    auto const head = [](std::uint64_t index) { return R"({"index":)" + std::to_string(index) + ','; };
    auto const key = [](std::uint64_t index) { return R"("key":")" + std::to_string(index) + R"(",)"; };
    if (!replace_at(fresh, 0, head(from), head(to))) return line;
    (void)replace_at(fresh, head(to).size(), key(from), key(to));
    renumber_same_as(fresh, new_index);
    return with_checksum(std::move(fresh));
}

std::string with_run(std::string const& line, std::string const& run) {
    auto fresh = without_checksum(line);
    fresh.pop_back();
    return with_checksum(std::move(fresh.append(R"(,"run":)").append(run).append("}")));
}

}  // namespace coax::detail
