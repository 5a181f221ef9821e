#include "http/plain_head.hpp"

#include "http/char_sets.hpp"

#include <charconv>

namespace coax::http::detail {

/// How the fields of a head come into a list at once.
struct header_access {
    static void add(header_list& to, std::string_view head, std::string_view name, std::string_view value) {
        auto const offset = [head](std::string_view part) {
            return static_cast<std::size_t>(part.data() - head.data());
        };
        to.places_.push_back({offset(name), name.size(), offset(value), value.size()});
    }
    static void finish(header_list& to, std::string_view head) { to.text_ = head; }
};

namespace {

constexpr std::size_t most_length_digits = 18;

/// Takes the rest of a line, without its end and the blanks around it. Nothing: it is not there, or not plain.
std::optional<std::string_view> take_line(std::string_view& rest) {
    auto const length = count_value(rest);  // a tab is looked at by Beast's parser
    auto line = rest.substr(0, length);
    if (!rest.substr(length).starts_with("\r\n")) return std::nullopt;
    rest.remove_prefix(length + 2);
    while (line.starts_with(' ')) line.remove_prefix(1);
    while (line.ends_with(' ')) line.remove_suffix(1);
    return line;
}

/// The status of "HTTP/1.1 200 OK"; 0: it is another line, or the response has no body or is not final.
int take_status(std::string_view& rest) {
    constexpr std::string_view version{"HTTP/1.1 "};
    if (!rest.starts_with(version) || rest.size() < version.size() + 4 || rest[version.size() + 3] != ' ') return 0;
    int status = 0;
    auto const* const digits = rest.data() + version.size();
    if (std::from_chars(digits, digits + 3, status).ptr != digits + 3 || !take_line(rest)) return 0;
    return status < 200 || status == 204 || status == 304 ? 0 : status;
}

bool take_length(std::string_view value, std::optional<std::uint64_t>& length) {
    std::uint64_t number = 0;
    auto const* const end = value.data() + value.size();
    if (length || value.size() > most_length_digits || std::from_chars(value.data(), end, number).ptr != end ||
        value.empty())
        return false;
    length = number;
    return true;
}

/// Whether the field leaves the framing as it is, or states the length.
bool is_plain(std::string_view name, std::string_view value, std::optional<std::uint64_t>& length) {
    switch (name.size()) {
        case 7: return !equal_ignoring_case(name, "upgrade");
        case 10: return !equal_ignoring_case(name, "connection") || equal_ignoring_case(value, "keep-alive");
        case 14: return !equal_ignoring_case(name, "content-length") || take_length(value, length);
        case 16:
            return !equal_ignoring_case(name, "content-encoding") && !equal_ignoring_case(name, "proxy-connection");
        case 17: return !equal_ignoring_case(name, "transfer-encoding");
        default: return true;
    }
}

}  // namespace

std::optional<plain_head> parse_plain_head(std::string_view input, header_list& fields) {
    auto rest = input;
    auto const status = take_status(rest);
    if (status == 0) return std::nullopt;
    std::optional<std::uint64_t> length;
    while (!rest.starts_with("\r\n")) {
        auto const name = rest.substr(0, count_token(rest));
        if (name.empty() || !rest.substr(name.size()).starts_with(':')) return std::nullopt;
        rest.remove_prefix(name.size() + 1);
        auto const value = take_line(rest);
        if (!value || !is_plain(name, *value, length)) return std::nullopt;
        header_access::add(fields, input, name, *value);
    }
    if (!length) return std::nullopt;
    auto const head_bytes = input.size() - rest.size() + 2;
    header_access::finish(fields, input.substr(0, head_bytes));
    return plain_head{.status = status, .head_bytes = head_bytes, .body_bytes = *length};
}

}  // namespace coax::http::detail
