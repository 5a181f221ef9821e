#pragma once

#include "core/internal/deleter.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string_view>

namespace coax::core::detail {

/// The SHA-256 of a text; all 0 where OpenSSL has none to give. Its algorithm and context are kept, since to look for
/// them takes longer than to digest a prompt. Source: FIPS 180-4. Thread safety: may be called from any thread.
[[nodiscard]] inline std::array<unsigned char, 32> sha256(std::string_view text) noexcept {
    static EVP_MD const* const algorithm = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
    thread_local std::unique_ptr<EVP_MD_CTX, deleter<EVP_MD_CTX_free>> const context{::EVP_MD_CTX_new()};
    std::array<unsigned char, 32> digest{};
    bool const done = algorithm != nullptr && context && ::EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1 &&
                      ::EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
                      ::EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
    return done ? digest : std::array<unsigned char, 32>{};
}

}  // namespace coax::core::detail
