#include "sim/certificate.hpp"

#include "core/internal/deleter.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace coax::sim::detail {
namespace {

using core::detail::deleter;
using key_ptr = std::unique_ptr<EVP_PKEY, deleter<&EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, deleter<&X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, deleter<&X509_EXTENSION_free>>;
using bio_ptr = std::unique_ptr<BIO, deleter<&BIO_free_all>>;

constexpr long day = 86'400;

struct extension_text {
    int id;
    std::string value;
};

/// Sets the serial number, the validity (ten years from yesterday) and the names of a certificate.
bool describe(X509* made, EVP_PKEY* key, std::string const& name, X509_NAME const* issuer) {
    std::uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    auto* subject = X509_get_subject_name(made);
    auto const* text = reinterpret_cast<unsigned char const*>(name.c_str());
    return X509_set_version(made, 2) == 1 && ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial >> 1U) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(made), -day) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(made), 3650 * day) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(made, issuer != nullptr ? issuer : subject) == 1 && X509_set_pubkey(made, key) == 1;
}

bool extend(X509* made, X509* issuer, std::initializer_list<extension_text> extensions) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, made, nullptr, nullptr, 0);
    for (auto const& [id, value] : extensions) {
        extension_ptr const extension{X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str())};
        if (!extension || X509_add_ext(made, extension.get(), -1) != 1) return false;
    }
    return true;
}

certificate_ptr make_ca(EVP_PKEY* key) {
    certificate_ptr made{X509_new()};
    bool const good = made && describe(made.get(), key, "coax test CA", nullptr) &&
                      extend(made.get(), made.get(),
                             {{NID_basic_constraints, "critical,CA:TRUE"},
                              {NID_key_usage, "critical,keyCertSign,cRLSign"},
                              {NID_subject_key_identifier, "hash"}}) &&
                      X509_sign(made.get(), key, EVP_sha256()) > 0;
    return good ? std::move(made) : certificate_ptr{};
}

certificate_ptr make_leaf(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, std::string const& host) {
    certificate_ptr made{X509_new()};
    auto const names = "DNS:" + host + (host == "localhost" ? ",IP:127.0.0.1" : "");
    bool const good = made && describe(made.get(), key, "coax simulator", X509_get_subject_name(ca)) &&
                      extend(made.get(), ca,
                             {{NID_basic_constraints, "critical,CA:FALSE"},
                              {NID_key_usage, "critical,digitalSignature"},
                              {NID_ext_key_usage, "serverAuth"},
                              {NID_subject_alt_name, names},
                              {NID_subject_key_identifier, "hash"},
                              {NID_authority_key_identifier, "keyid"}}) &&
                      X509_sign(made.get(), ca_key, EVP_sha256()) > 0;
    return good ? std::move(made) : certificate_ptr{};
}

template <class Write>
std::string pem_of(Write write) {
    bio_ptr const memory{BIO_new(BIO_s_mem())};
    if (!memory || write(memory.get()) != 1) return {};
    char* text = nullptr;
    auto const size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace

result<certificate_set> make_certificates(std::string const& host) {
    auto const failed =
        error{.code = errc::tls_failed, .message = "the test certificate could not be made", .where = host};
    key_ptr const ca_key{EVP_EC_gen("P-256")};
    key_ptr const key{EVP_EC_gen("P-256")};
    if (!ca_key || !key) return failed;
    auto const ca = make_ca(ca_key.get());
    if (!ca) return failed;
    auto const leaf = make_leaf(key.get(), ca.get(), ca_key.get(), host);
    if (!leaf) return failed;
    return certificate_set{.ca = pem_of([&](BIO* out) { return PEM_write_bio_X509(out, ca.get()); }),
                           .certificate = pem_of([&](BIO* out) { return PEM_write_bio_X509(out, leaf.get()); }),
                           .key = pem_of([&](BIO* out) {
                               return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
                           })};
}

}  // namespace coax::sim::detail
