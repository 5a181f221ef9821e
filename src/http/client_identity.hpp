#pragma once

#include <coax/core/result.hpp>
#include <coax/http/client_certificate.hpp>

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace coax::http::detail {

/// What tells whether a file is still the one that was read.
struct file_version {
    std::uint64_t device{0};
    std::uint64_t number{0};
    std::int64_t size{0};
    std::int64_t changed_ns{0};

    friend bool operator==(file_version const&, file_version const&) = default;
};

/// The client's certificate and key as OpenSSL has them. Thread safety: one thread at a time.
class client_identity {
public:
    /// @param given  Must outlive it.
    explicit client_identity(tls_client_certificate const& given) : given_{given} {}

    [[nodiscard]] bool empty() const noexcept { return given_.file.empty() && given_.pem.empty(); }
    /// Reads what was not read yet or has changed since; says whether another pair serves from now on. Errors:
    /// `errc::io_failed` (a file), `errc::tls_failed` (not PEM, a passphrase, a key of another certificate); none once
    /// a pair was read.
    [[nodiscard]] result<bool> refresh();
    /// Gives the pair that was read to a connection.
    void attach_to(SSL* ssl) const;

private:
    struct pair;
    using versions = std::array<file_version, 2>;

    [[nodiscard]] static result<std::shared_ptr<pair const>> read(tls_client_certificate const& given);

    tls_client_certificate const& given_;
    std::shared_ptr<pair const> read_{};
    std::optional<versions> read_at_{};
};

}  // namespace coax::http::detail
