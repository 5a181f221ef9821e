#include "http/proxy.hpp"

#include "http/internal/basic_credentials.hpp"
#include "http/url_port.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>
#include <charconv>

namespace coax::http::detail {
namespace {

namespace ip = boost::asio::ip;

std::string_view trim(std::string_view text) {
    auto const first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes ":port" off the end of an entry; an IPv6 address may stand in brackets.
std::optional<std::uint16_t> take_port(std::string_view& entry) {
    auto const colon = entry.rfind(':');
    bool const bracketed = entry.starts_with('[');
    auto const close = entry.find(']');
    bool const has_port =
        colon != std::string_view::npos &&
        (bracketed ? close != std::string_view::npos && colon == close + 1 : entry.find(':') == colon);
    std::optional<std::uint16_t> port;
    if (has_port) {
        std::uint16_t number = 0;
        auto const digits = entry.substr(colon + 1);
        auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        port =
            ec == std::errc{} && end == digits.data() + digits.size() ? number : std::uint16_t{0};  // 0 matches nothing
        entry = entry.substr(0, colon);
    }
    if (bracketed && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
    return port;
}

bool matches_address(std::string const& entry, ip::address const& host) {
    boost::system::error_code ec;
    if (auto const address = ip::make_address(entry, ec); !ec) return address == host;
    if (auto const network = ip::make_network_v4(entry, ec); !ec)
        return host.is_v4() &&
               ip::make_network_v4(host.to_v4(), network.prefix_length()).canonical() == network.canonical();
    if (auto const network = ip::make_network_v6(entry, ec); !ec)
        return host.is_v6() &&
               ip::make_network_v6(host.to_v6(), network.prefix_length()).canonical() == network.canonical();
    return false;
}

bool matches_name(std::string_view entry, std::string_view host) {
    if (!entry.starts_with('.') && equal_ignoring_case(entry, host)) return true;
    if (entry.starts_with('.')) entry.remove_prefix(1);
    return !entry.empty() && host.size() > entry.size() && host[host.size() - entry.size() - 1] == '.' &&
           equal_ignoring_case(host.substr(host.size() - entry.size()), entry);
}

bool matches(std::string_view entry, origin const& to) {
    entry = trim(entry);
    if (entry == "*") return true;
    if (entry.starts_with("*.")) entry.remove_prefix(1);
    if (auto const port = take_port(entry); port && *port != to.port) return false;
    boost::system::error_code ec;
    auto const address = ip::make_address(to.host, ec);
    return ec ? matches_name(entry, to.host) : matches_address(std::string{entry}, address);
}

/// host:port, an IPv6 address in brackets.
std::string authority(origin const& to) {
    bool const bracketed = to.host.find(':') != std::string::npos;
    return (bracketed ? '[' + to.host + ']' : to.host) + ':' + std::to_string(to.port);
}

}  // namespace

result<proxy> parse_proxy(secret const& text) {
    auto const refused = [](std::string const& what) {
        return invalid_argument("https_proxy", what +
                                                   ": HTTPS_PROXY is http://[user:password@]host:port, and NO_PROXY "
                                                   "names the hosts that are reached without it");
    };
    bool const has_scheme = text.reveal().find("://") != std::string::npos;
    std::string const whole = has_scheme ? text.reveal() : "http://" + text.reveal();
    auto const parsed = boost::urls::parse_uri(whole);
    if (!parsed) return refused("the proxy's address is no URL");
    auto const& url = *parsed;
    if (url.scheme_id() != boost::urls::scheme::http)
        return refused("a proxy of the kind " + std::string{url.scheme()} + ":// is not supported");
    if (url.encoded_host().empty()) return refused("the proxy's URL names no host");
    if (!url.encoded_path().empty() && url.encoded_path() != "/") return refused("a proxy's URL has no path");

    proxy out;
    out.host = url.host_type() == boost::urls::host_type::ipv6 ? std::string{url.host_ipv6_address().to_string()}
                                                               : std::string{url.encoded_host()};
    if (auto const port = port_of(url)) {
        if (*port == 0) return refused("the proxy's port is not within [1, 65535]");
        out.port = *port;
    }
    if (url.has_userinfo()) out.authorization = basic_credentials(url.user(), url.password());
    return out;
}

bool bypasses_proxy(std::vector<std::string> const& no_proxy, origin const& to) {
    return std::any_of(no_proxy.begin(), no_proxy.end(), [&](std::string const& entry) { return matches(entry, to); });
}

result<std::optional<proxy>> proxy_for(http_options const& options, origin const& to) {
    if (!to.tls || options.https_proxy.empty() || bypasses_proxy(options.no_proxy, to)) return std::nullopt;
    auto parsed = parse_proxy(options.https_proxy);
    if (!parsed) return std::move(parsed).error();
    return std::optional{*std::move(parsed)};
}

std::vector<std::string> split_no_proxy(std::string_view text) {
    std::vector<std::string> entries;
    while (!text.empty()) {
        auto const comma = std::min(text.find(','), text.size());
        if (auto const entry = trim(text.substr(0, comma)); !entry.empty()) entries.emplace_back(entry);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return entries;
}

secret connect_request(proxy const& via, origin const& to) {
    auto const target = authority(to);
    std::string text = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
    if (!via.authorization.empty()) text += "Proxy-Authorization: " + via.authorization.reveal() + "\r\n";
    return text + "\r\n";
}

}  // namespace coax::http::detail
