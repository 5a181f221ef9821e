#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax {

namespace http::detail {
struct header_access;
}

/// Header fields in the order they were added. Names compare without regard to case (RFC 9110, section 5.1). All are
/// kept in one text, so that a list costs two allocations however long it is.
class header_list {
public:
    /// A field that is given: in options, and to a list that is made.
    struct field {
        std::string name;
        std::string value;
        [[nodiscard]] bool operator==(field const& other) const;
    };
    /// A field as the list has it. Valid until the list changes.
    struct field_view {
        std::string_view name;
        std::string_view value;
    };
    class iterator;

    header_list() = default;
    header_list(std::initializer_list<field> fields);

    void add(std::string_view name, std::string_view value);
    /// Replaces every field of that name by one, which comes last.
    void set(std::string_view name, std::string_view value);
    void erase(std::string_view name);

    /// The first value of that name; empty when there is none. Valid until the list changes.
    [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept;

    [[nodiscard]] iterator begin() const noexcept;
    [[nodiscard]] iterator end() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    /// Makes room for so many fields, whose names and values have so many bytes together.
    void reserve(std::size_t count, std::size_t text_bytes);
    void clear() noexcept;

    [[nodiscard]] bool operator==(header_list const& other) const;

private:
    friend struct http::detail::header_access;

    /// Where a field's name and value are in the text.
    struct place {
        std::size_t name;
        std::size_t name_size;
        std::size_t value;
        std::size_t value_size;
    };

    [[nodiscard]] field_view at(std::size_t index) const noexcept;
    /// Whether the text is a part of this list's.
    [[nodiscard]] bool holds(std::string_view text) const noexcept;

    std::string text_;
    std::vector<place> places_;
};

/// Goes over a list's fields. Valid until the list changes.
class header_list::iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = field_view;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = field_view;

    iterator() = default;
    [[nodiscard]] field_view operator*() const noexcept { return list_->at(index_); }
    iterator& operator++() noexcept {
        ++index_;
        return *this;
    }
    iterator operator++(int) noexcept {
        auto const before = *this;
        ++index_;
        return before;
    }
    [[nodiscard]] bool operator==(iterator const& other) const noexcept { return index_ == other.index_; }

private:
    friend class header_list;
    iterator(header_list const& list, std::size_t index) noexcept : list_{&list}, index_{index} {}

    header_list const* list_{nullptr};
    std::size_t index_{0};
};

inline header_list::iterator header_list::begin() const noexcept { return {*this, 0}; }
inline header_list::iterator header_list::end() const noexcept { return {*this, size()}; }

inline header_list::field_view header_list::at(std::size_t index) const noexcept {
    auto const& field = places_[index];
    return {{text_.data() + field.name, field.name_size}, {text_.data() + field.value, field.value_size}};
}

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
