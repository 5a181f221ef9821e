#include "http/internal/basic_credentials.hpp"

#include <openssl/evp.h>

namespace coax::http::detail {

secret basic_credentials(std::string const& user, std::string const& password) {
    std::string const plain = user + ':' + password;
    std::string coded(4 * ((plain.size() + 2) / 3) + 1, '\0');
    auto const length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                        reinterpret_cast<unsigned char const*>(plain.data()), static_cast<int>(plain.size()));
    coded.resize(static_cast<std::size_t>(length));
    return "Basic " + coded;
}

}  // namespace coax::http::detail
