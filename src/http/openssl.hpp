#pragma once

#include "core/internal/deleter.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/system/error_code.hpp>
#include <climits>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <string>

/// Owners of what OpenSSL makes, and its errors as error codes.
namespace coax::http::detail {

using core::detail::deleter;

using x509_ptr = std::unique_ptr<X509, deleter<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>>;
using bio_ptr = std::unique_ptr<BIO, deleter<BIO_free_all>>;

/// @param pem  Must outlive the reader. What is beyond 2 GiB is not read.
inline bio_ptr pem_reader(std::string const& pem) {
    return bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), INT_MAX)))};
}

/// The oldest error of this thread, which is forgotten with all others.
inline boost::system::error_code openssl_error() {
    auto const code = ERR_get_error();
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(code)) return {ERR_GET_REASON(code), boost::system::system_category()};
    return {static_cast<int>(code), boost::asio::error::get_ssl_category()};
}

}  // namespace coax::http::detail
