#include "auth/signed_assertion.hpp"

#include <coax/json/writer.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstddef>

namespace coax::auth::detail {
namespace {

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and the zero that OpenSSL adds
    auto const size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<unsigned char const*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    text.resize(text.find_last_not_of('=') + 1);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::string signature_of(evp_pkey_st* key, std::string_view text) {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
    std::size_t size = 0;
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
        return {};
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size()) !=
        1)
        return {};
    signature.resize(size);
    return signature;
}

}  // namespace

signing_key read_signing_key(secret const& pem) {
    auto const& text = pem.reveal();
    std::unique_ptr<BIO, decltype(&BIO_free_all)> const from{
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all};
    auto const no_password = [](char*, int, int, void*) { return 0; };
    signing_key key{from ? PEM_read_bio_PrivateKey(from.get(), nullptr, no_password, nullptr) : nullptr,
                    &EVP_PKEY_free};
    ERR_clear_error();
    return key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA ? key : nullptr;
}

result<secret> sign_assertion(signing_key const& key, std::string_view key_id, std::string_view claims) {
    std::string header;
    json::writer out{header};
    out.begin_object().member("alg", "RS256").member("typ", "JWT");
    if (!key_id.empty()) out.member("kid", key_id);
    out.end_object();
    auto token = base64url(header) + "." + base64url(claims);
    auto const signature = signature_of(key.get(), token);
    if (signature.empty()) {
        ERR_clear_error();
        return error{.code = errc::internal, .message = "the key cannot sign", .where = "private_key"};
    }
    return secret{token.append(".").append(base64url(signature))};
}

}  // namespace coax::auth::detail
