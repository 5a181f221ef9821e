#include "http/client_identity.hpp"

#include "http/openssl.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace coax::http::detail {

struct client_identity::pair {
    x509_ptr certificate{};
    std::vector<x509_ptr> issuers{};
    key_ptr key{};
};

namespace {

constexpr std::size_t most_pem_bytes = 1U << 20U;

/// All zero where there is no such file.
file_version version_of(std::string const& path) {
    struct stat about{};
    if (path.empty() || ::stat(path.c_str(), &about) != 0) return {};
    return {.device = static_cast<std::uint64_t>(about.st_dev),
            .number = static_cast<std::uint64_t>(about.st_ino),
            .size = static_cast<std::int64_t>(about.st_size),
            .changed_ns = std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000 + about.st_mtim.tv_nsec};
}

/// A text and how an error names it.
struct pem_text {
    secret text{};
    std::string name{};
};

result<pem_text> text_of(std::string const& file, secret const& pem, char const* pem_name) {
    if (file.empty()) return pem_text{pem, pem_name};
    std::ifstream in{file, std::ios::binary};
    std::string text;
    char piece[4'096];
    while (in && text.size() <= most_pem_bytes) {
        in.read(piece, sizeof piece);
        text.append(piece, static_cast<std::size_t>(in.gcount()));
    }
    OPENSSL_cleanse(piece, sizeof piece);
    if (in.eof() && text.size() <= most_pem_bytes) return pem_text{secret{std::move(text)}, file};
    bool const is_large = text.size() > most_pem_bytes;
    OPENSSL_cleanse(text.data(), text.size());
    return error{.code = errc::io_failed,
                 .message = is_large ? "a file of more than a mebibyte is no certificate or key"
                                     : "cannot read the file of the client certificate or its key",
                 .where = file,
                 .cause = {is_large ? 0 : errno, boost::system::generic_category()}};
}

/// OpenSSL would ask on the terminal otherwise.
int give_passphrase(char* into, int size, int, void* passphrase) {
    auto const& text = static_cast<secret const*>(passphrase)->reveal();
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(into, text.data(), text.size());
    return static_cast<int>(text.size());
}

error not_usable(std::string message, std::string where) {
    return {
        .code = errc::tls_failed, .message = std::move(message), .where = std::move(where), .cause = openssl_error()};
}

/// The first certificate and those after it.
result<std::vector<x509_ptr>> certificates_in(pem_text const& from) {
    auto const text = pem_reader(from.text.reveal());
    std::vector<x509_ptr> all;
    while (auto* const one = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) all.emplace_back(one);
    bool const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (all.empty() || !at_end) return not_usable("no certificate in PEM form", from.name);
    ERR_clear_error();
    return all;
}

result<key_ptr> key_in(pem_text const& from, secret passphrase) {
    auto const text = pem_reader(from.text.reveal());
    key_ptr key{PEM_read_bio_PrivateKey(text.get(), nullptr, give_passphrase, &passphrase)};
    if (key != nullptr) return key;
    if (from.text.reveal().find("PRIVATE KEY-----") == std::string::npos)
        return not_usable("no private key in PEM form", from.name);
    return not_usable(passphrase.empty()
                          ? "the private key cannot be read: if it is encrypted, its passphrase is missing"
                          : "the private key cannot be read with this passphrase",
                      from.name);
}

}  // namespace

result<std::shared_ptr<client_identity::pair const>> client_identity::read(tls_client_certificate const& given) {
    ERR_clear_error();
    auto const certificate_text = text_of(given.file, secret{given.pem}, "client_certificate.pem");
    if (!certificate_text) return certificate_text.error();
    bool const has_key_of_its_own = !given.key_file.empty() || !given.key_pem.empty();
    auto const key_text =
        has_key_of_its_own ? text_of(given.key_file, given.key_pem, "client_certificate.key_pem") : certificate_text;
    if (!key_text) return key_text.error();

    auto certificates = certificates_in(*certificate_text);
    if (!certificates) return certificates.error();
    auto key = key_in(*key_text, given.passphrase);
    if (!key) return key.error();
    if (X509_check_private_key(certificates->front().get(), key->get()) != 1)
        return not_usable("the private key is not that of the client certificate", key_text->name);

    auto out = std::make_shared<pair>();
    out->certificate = std::move(certificates->front());
    out->issuers.assign(std::make_move_iterator(certificates->begin() + 1),
                        std::make_move_iterator(certificates->end()));
    out->key = *std::move(key);
    return std::shared_ptr<pair const>{std::move(out)};
}

result<bool> client_identity::refresh() {
    if (empty()) return false;
    versions const now{version_of(given_.file), version_of(given_.key_file)};
    if (read_at_ == now) return false;
    auto made = read(given_);
    if (!made && read_ == nullptr) return made.error();
    if (!made) return false;  // the next connection looks at it again
    read_ = *std::move(made);
    read_at_ = now;
    return true;
}

void client_identity::attach_to(SSL* ssl) const {
    if (read_ == nullptr) return;
    bool good =
        SSL_use_certificate(ssl, read_->certificate.get()) == 1 && SSL_use_PrivateKey(ssl, read_->key.get()) == 1;
    for (auto const& issuer : read_->issuers) good = good && SSL_add1_chain_cert(ssl, issuer.get()) == 1;
    if (!good) throw std::bad_alloc{};
}

}  // namespace coax::http::detail

namespace coax {

result<void> validate(tls_client_certificate const& given) {
    auto const wrong = [](char const* member, char const* message) {
        return invalid_argument(std::string{"client_certificate."} + member, message);
    };
    bool const has_certificate = !given.file.empty() || !given.pem.empty();
    bool const has_key = !given.key_file.empty() || !given.key_pem.empty();
    if (!given.file.empty() && !given.pem.empty()) return wrong("pem", "is given besides client_certificate.file");
    if (!given.key_file.empty() && !given.key_pem.empty())
        return wrong("key_pem", "is given besides client_certificate.key_file");
    if (has_key && !has_certificate) return wrong("file", "is missing: there is a private key without a certificate");
    if (!given.passphrase.empty() && !has_certificate)
        return wrong("file", "is missing: there is a passphrase without a certificate");
    return {};
}

}  // namespace coax
