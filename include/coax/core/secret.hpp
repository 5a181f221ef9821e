#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace coax {

/// A key or token. Never prints itself; only `reveal()` gives it out, so a search for that word finds every use.
/// Thread safety: as std::string.
class secret {
public:
    secret() = default;
    explicit(false) secret(std::string value) noexcept : value_{std::move(value)} {}
    explicit(false) secret(char const* value) : value_{value} {}
    secret(secret const&) = default;
    secret(secret&&) noexcept = default;
    secret& operator=(secret const&) = default;
    secret& operator=(secret&&) noexcept = default;
    ~secret();  ///< Overwrites the memory before giving it back.

    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
    [[nodiscard]] std::string const& reveal() const noexcept { return value_; }

    friend bool operator==(secret const&, secret const&) = default;

private:
    std::string value_;
};

/// Writes "[secret]" or "[none]".
std::ostream& operator<<(std::ostream& out, secret const& key);

/// `text` with every occurrence of `key` replaced by "[secret]". A key of less than 8 characters is replaced only where
/// it stands as a word, one of less than 4 nowhere: it is a placeholder ("a", "none") rather than a secret.
[[nodiscard]] std::string redact(std::string text, secret const& key);

}  // namespace coax
