#include <coax/core/secret.hpp>

#include <openssl/crypto.h>

#include <ostream>

namespace coax {

secret::~secret() { OPENSSL_cleanse(value_.data(), value_.size()); }

std::ostream& operator<<(std::ostream& out, secret const& key) { return out << (key.empty() ? "[none]" : "[secret]"); }

std::string redact(std::string text, secret const& key) {
    if (key.empty()) return text;
    constexpr std::string_view mask{"[secret]"};
    for (auto at = text.find(key.reveal()); at != std::string::npos; at = text.find(key.reveal(), at + mask.size()))
        text.replace(at, key.reveal().size(), mask);
    return text;
}

}  // namespace coax
