#include "http/url_port.hpp"

#include <coax/http/message.hpp>

#include <boost/url/parse.hpp>

#include <algorithm>
#include <functional>

namespace coax {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_alnum(char c) noexcept { return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9'); }

/// RFC 3986, section 2.3.
constexpr bool is_unreserved(char c) noexcept { return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

/// What a host may hold besides an IPv6 address; names beyond ASCII come in their xn-- form.
constexpr bool is_host_char(char c) noexcept { return is_alnum(c) || c == '-' || c == '.' || c == '_'; }

std::string host_of(boost::urls::url_view url) {
    std::string host = url.host_type() == boost::urls::host_type::ipv6
                           ? std::string{url.host_ipv6_address().to_string()}
                           : std::string{url.encoded_host()};
    std::transform(host.begin(), host.end(), host.begin(), lower);
    return host;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || lower(x) == lower(y); });
}

bool header_list::field::operator==(field const& other) const = default;

header_list::header_list(std::initializer_list<field> fields) {
    for (auto const& each : fields) add(each.name, each.value);
}

void header_list::add(std::string_view name, std::string_view value) {
    if (holds(name) || holds(value)) return add(std::string{name}, std::string{value});
    auto const begin = text_.size();
    text_.append(name).append(value);
    places_.push_back({begin, name.size(), begin + name.size(), value.size()});
}

bool header_list::holds(std::string_view text) const noexcept {
    std::less<> const before;
    return !before(text.data(), text_.data()) && before(text.data(), text_.data() + text_.size());
}

void header_list::reserve(std::size_t count, std::size_t text_bytes) {
    places_.reserve(count);
    text_.reserve(text_bytes);
}

void header_list::clear() noexcept {
    text_.clear();
    places_.clear();
}

bool header_list::operator==(header_list const& other) const {
    return std::equal(begin(), end(), other.begin(), other.end(),
                      [](field_view const& a, field_view const& b) { return a.name == b.name && a.value == b.value; });
}

bool origin::operator==(origin const& other) const = default;

void header_list::set(std::string_view name, std::string_view value) {
    if (!contains(name)) return add(name, value);
    std::string const kept_name{name};  // both may be in this list
    std::string const kept_value{value};
    erase(kept_name);
    add(kept_name, kept_value);
}

void header_list::erase(std::string_view name) {
    if (!contains(name)) return;
    header_list kept;
    kept.reserve(places_.size(), text_.size());
    for (auto const& each : *this)
        if (!equal_ignoring_case(each.name, name)) kept.add(each.name, each.value);
    *this = std::move(kept);
}

std::string_view header_list::find(std::string_view name) const noexcept {
    for (auto const& each : *this)
        if (equal_ignoring_case(each.name, name)) return each.value;
    return {};
}

bool header_list::contains(std::string_view name) const noexcept {
    return std::any_of(begin(), end(), [name](field_view each) { return equal_ignoring_case(each.name, name); });
}

result<base_url> parse_base_url(std::string_view text) {
    auto const parsed = boost::urls::parse_uri(text);
    if (!parsed) return invalid_argument("base_url", "not a URL of the form https://host[:port][/path][?query]");
    auto const& url = *parsed;

    auto const scheme = url.scheme();
    bool const tls = equal_ignoring_case({scheme.data(), scheme.size()}, "https");
    if (!tls && !equal_ignoring_case({scheme.data(), scheme.size()}, "http"))
        return invalid_argument("base_url", "the scheme of a service's URL is https or http");
    if (url.has_userinfo())
        return invalid_argument("base_url", "a service's URL holds no user name: give the key as an option");
    if (url.has_fragment()) return invalid_argument("base_url", "a service's URL has no fragment");

    base_url out{.to = {.tls = tls, .host = host_of(url), .port = static_cast<std::uint16_t>(tls ? 443 : 80)}};
    bool const is_name = url.host_type() == boost::urls::host_type::name;
    if (out.to.host.empty()) return invalid_argument("base_url", "the URL names no host");
    if (out.to.host.size() > 253 || url.host_type() == boost::urls::host_type::ipvfuture ||
        (is_name && !std::all_of(out.to.host.begin(), out.to.host.end(), is_host_char)))
        return invalid_argument("base_url", "the URL's host is neither a name nor an address");
    if (auto const port = http::detail::port_of(url)) {
        if (*port == 0) return invalid_argument("base_url", "the URL's port is not within [1, 65535]");
        out.to.port = *port;
    }

    out.path = std::string{url.encoded_path()};
    while (out.path.ends_with('/')) out.path.pop_back();
    out.query = std::string{url.encoded_query()};
    return out;
}

std::string to_string(origin const& where) {
    std::string text{where.tls ? "https://" : "http://"};
    bool const bracketed = where.host.find(':') != std::string::npos;
    if (bracketed) text += '[';
    text += where.host;
    if (bracketed) text += ']';
    if (where.port != (where.tls ? 443 : 80)) text.append(":").append(std::to_string(where.port));
    return text;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits{"0123456789ABCDEF"};
    std::string encoded;
    encoded.reserve(text.size());
    for (char const c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        encoded.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
    return encoded;
}

}  // namespace coax
