#pragma once

#include <coax/core/result.hpp>

#include <string>

namespace coax::sim::detail {

/// A test CA and a server certificate signed by it, all in PEM.
struct certificate_set {
    std::string ca{};
    std::string certificate{};
    std::string key{};
};

/// Makes fresh keys and certificates, good for ten years. "localhost" also has the address 127.0.0.1.
[[nodiscard]] result<certificate_set> make_certificates(std::string const& host);

}  // namespace coax::sim::detail
