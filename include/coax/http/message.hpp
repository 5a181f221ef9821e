#pragma once

#include <coax/core/result.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax {

/// Header fields in the order they were added. Names compare without regard to case (RFC 9110, section 5.1).
class header_list {
public:
    struct field {
        std::string name;
        std::string value;
        [[nodiscard]] bool operator==(field const& other) const;
    };

    header_list() = default;
    header_list(std::initializer_list<field> fields);

    void add(std::string name, std::string value);
    /// Replaces every field of that name by one.
    void set(std::string_view name, std::string value);
    void erase(std::string_view name);

    /// The first value of that name; empty when there is none. Valid until the list changes.
    [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept;

    [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
    [[nodiscard]] auto end() const noexcept { return fields_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
    void reserve(std::size_t count);
    void clear() noexcept;

    [[nodiscard]] bool operator==(header_list const& other) const;

private:
    std::vector<field> fields_;
};

/// Whether two header names, or two values compared as tokens, are the same but for ASCII case.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Where a request goes: one origin is one group of pooled connections.
struct origin {
    bool tls{true};
    std::string host{};  ///< Name or address, lower case, IPv6 without brackets.
    std::uint16_t port{443};

    [[nodiscard]] bool operator==(origin const& other) const;
};

/// An http or https URL, split for use as the base of a service.
struct base_url {
    origin to{};
    std::string path{};   ///< "" or "/v1": no slash at the end.
    std::string query{};  ///< Without the question mark.
};

/// Reads "https://host[:port][/path][?query]". Refuses other schemes, user names in the URL and empty hosts
/// (`errc::invalid_argument`; the message never repeats a password).
[[nodiscard]] result<base_url> parse_base_url(std::string_view text);

/// "https://host:port", the port left out when it is the scheme's own.
[[nodiscard]] std::string to_string(origin const& where);

/// `text` percent-encoded so that it is one path segment or query value (RFC 3986: unreserved characters stay).
[[nodiscard]] std::string percent_encode(std::string_view text);

struct http_request {
    origin to{};
    std::string method{"POST"};
    std::string target{"/"};  ///< Path and query, as on the wire.
    header_list headers{};    ///< Without Host, Content-Length and Connection: the transport writes those.
    std::string body{};
    /// Whether it may go out once more when the kept connection that it went out on ends before a byte of the response:
    /// the service may have received the first one.
    bool repeatable{true};
};

struct http_response {
    int status{0};
    header_list headers{};
    std::string body{};
};

}  // namespace coax
