#include "cache/internal/redis_url.hpp"

#include <coax/cache/redis_cache.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <charconv>

namespace coax {
namespace cache::detail {
namespace {

constexpr std::uint16_t redis_port = 6'379;

error wrong_url(std::string message) { return invalid_argument("url", std::move(message)); }

/// The number in a path such as "/3"; -1: it is something else.
int database_of(std::string_view path) {
    if (path.empty() || path == "/") return 0;
    int number = -1;
    auto const* const end = path.data() + path.size();
    auto const read = std::from_chars(path.data() + 1, end, number);
    return read.ec == std::errc{} && read.ptr == end && number >= 0 ? number : -1;
}

/// The files that an address over TLS names, as other clients of Redis have them there.
result<void> read_parameters(boost::urls::url_view const& url, redis_address& address) {
    if (url.has_fragment()) return wrong_url("has nothing after the database but parameters");
    if (url.has_query() && !address.to.tls) return wrong_url("has parameters over TLS alone: rediss://");
    for (auto const parameter : url.params()) {
        if (parameter.key == "ssl_ca_certs")
            address.ca_file = parameter.value;
        else if (parameter.key == "ssl_certfile")
            address.client_certificate.file = parameter.value;
        else if (parameter.key == "ssl_keyfile")
            address.client_certificate.key_file = parameter.value;
        else
            return wrong_url("has a parameter that is none of ssl_ca_certs, ssl_certfile and ssl_keyfile");
    }
    if (!validate(address.client_certificate)) return wrong_url("ssl_keyfile needs ssl_certfile");
    return {};
}

}  // namespace

bool is_redis_url(secret const& text) {
    return text.reveal().starts_with("redis://") || text.reveal().starts_with("rediss://");
}

result<redis_address> parse_redis_url(secret const& url) {
    auto const parsed = boost::urls::parse_uri(url.reveal());
    if (!parsed || (parsed->scheme() != "redis" && parsed->scheme() != "rediss"))
        return wrong_url("must have the form redis://[user:password@]host[:port][/database] or rediss://…");
    redis_address address{.to = {.tls = parsed->scheme() == "rediss", .port = redis_port}};
    // The rules of hosts and ports are those of the services' addresses.
    std::string plain{"http://"};
    plain.append(parsed->encoded_host());
    if (parsed->has_port()) plain.append(":").append(parsed->port());
    auto const base = parse_base_url(plain);
    if (!base) return wrong_url(base.error().message);
    address.to.host = base->to.host;
    if (parsed->has_port()) address.to.port = base->to.port;
    if (auto read = read_parameters(*parsed, address); !read) return std::move(read).error();
    address.database = database_of({parsed->encoded_path().data(), parsed->encoded_path().size()});
    if (address.database < 0) return wrong_url("the database is a number, as in redis://host/3");
    address.user = parsed->user();
    address.password = parsed->password();
    if (!address.user.empty() && address.password.empty()) return wrong_url("a user needs a password");
    return address;
}

std::string to_string(redis_address const& address) {
    auto text = coax::to_string(address.to);
    text.replace(0, text.find("://"), address.to.tls ? "rediss" : "redis");
    return text;
}

}  // namespace cache::detail

result<void> validate(redis_cache_options const& options) {
    if (auto address = cache::detail::parse_redis_url(options.url); !address) return std::move(address).error();
    if (options.prefix.size() > 256) return invalid_argument("prefix", "must have at most 256 bytes");
    if (options.connect_timeout.count() <= 0) return invalid_argument("connect_timeout", "must be greater than 0");
    if (options.command_timeout.count() <= 0) return invalid_argument("command_timeout", "must be greater than 0");
    if (options.retry_interval.count() < 0) return invalid_argument("retry_interval", "must not be negative");
    if (options.max_waiting_bytes == 0) return invalid_argument("max_waiting_bytes", "must be greater than 0");
    if (options.max_reply_bytes == 0) return invalid_argument("max_reply_bytes", "must be greater than 0");
    if (auto checked = validate(options.client_certificate); !checked) return checked;
    return validate(options.fallback);
}

}  // namespace coax
