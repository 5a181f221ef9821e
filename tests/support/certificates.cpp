#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace coax::test {
namespace {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* it) const noexcept {
        Free(it);
    }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;

void check(bool good) {
    if (!good) throw std::runtime_error{"OpenSSL refused to make a test certificate"};
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    auto const size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    bio_ptr const out{BIO_new(BIO_s_mem())};
    check(PEM_write_bio_X509(out.get(), certificate) == 1);
    return text_of(out.get());
}

std::string pem_of(EVP_PKEY* key) {
    bio_ptr const out{BIO_new(BIO_s_mem())};
    check(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(out.get());
}

bio_ptr reader(std::string const& text) { return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))}; }

void extend(X509* certificate, X509* issuer, int kind, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/// A certificate without extensions and signature.
x509_ptr draft(EVP_PKEY* key, char const* name, std::chrono::seconds good_for) {
    static long serial = 1;
    x509_ptr out{X509_new()};
    check(out != nullptr && X509_set_version(out.get(), 2) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(out.get()), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), static_cast<long>(good_for.count()));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>(name), -1, -1, 0);
    check(X509_set_pubkey(out.get(), key) == 1);
    return out;
}

x509_ptr authority_draft(EVP_PKEY* key, char const* name) {
    auto self = draft(key, name, std::chrono::hours{1});
    extend(self.get(), self.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(self.get(), self.get(), NID_key_usage, "critical,keyCertSign");
    extend(self.get(), self.get(), NID_subject_key_identifier, "hash");
    return self;
}

x509_ptr certificate_in(certificate const& from) {
    return x509_ptr{PEM_read_bio_X509(reader(from.chain).get(), nullptr, nullptr, nullptr)};
}

key_ptr key_of(certificate const& from) {
    return key_ptr{PEM_read_bio_PrivateKey(reader(from.key).get(), nullptr, nullptr, nullptr)};
}

bool is_address(std::string const& host) {
    return host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
}

}  // namespace

certificate_authority::certificate_authority(char const* name) {
    key_ptr const key{EVP_EC_gen("P-256")};
    auto const self = authority_draft(key.get(), name);
    X509_set_issuer_name(self.get(), X509_get_subject_name(self.get()));
    check(X509_sign(self.get(), key.get(), EVP_sha256()) > 0);
    self_ = {.chain = pem_of(self.get()), .key = pem_of(key.get())};
}

certificate_authority::certificate_authority(certificate_authority const& issuer) : is_intermediate_{true} {
    key_ptr const key{EVP_EC_gen("P-256")};
    auto const self = authority_draft(key.get(), "coax test intermediate");
    auto const above = certificate_in(issuer.self_);
    X509_set_issuer_name(self.get(), X509_get_subject_name(above.get()));
    check(X509_sign(self.get(), key_of(issuer.self_).get(), EVP_sha256()) > 0);
    self_ = {.chain = pem_of(self.get()), .key = pem_of(key.get())};
}

std::string encrypted(std::string const& key, std::string passphrase) {
    bio_ptr const out{BIO_new(BIO_s_mem())};
    check(PEM_write_bio_PKCS8PrivateKey(out.get(), key_of({.key = key}).get(), EVP_aes_128_cbc(), passphrase.data(),
                                        static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
    return text_of(out.get());
}

certificate certificate_authority::issue(std::string const& host, std::chrono::seconds good_for,
                                         bool in_common_name) const {
    auto const issuer = certificate_in(self_);
    auto const issuer_key = key_of(self_);
    key_ptr const key{EVP_EC_gen("P-256")};
    auto const leaf = draft(key.get(), in_common_name ? host.c_str() : "coax test server", good_for);
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer.get()));
    if (!in_common_name)
        extend(leaf.get(), issuer.get(), NID_subject_alt_name, (is_address(host) ? "IP:" : "DNS:") + host);
    check(X509_sign(leaf.get(), issuer_key.get(), EVP_sha256()) > 0);
    return {.chain = pem_of(leaf.get()) + (is_intermediate_ ? self_.chain : ""), .key = pem_of(key.get())};
}

}  // namespace coax::test
