#pragma once

#include <boost/url/url_view.hpp>

#include <charconv>
#include <cstdint>
#include <optional>

namespace coax::http::detail {

/// The port that a URL states; 0 for one that is not within [1, 65535], nothing where it states none. Boost.URL's own
/// number wraps around.
[[nodiscard]] inline std::optional<std::uint16_t> port_of(boost::urls::url_view url) {
    if (!url.has_port() || url.port().empty()) return std::nullopt;
    auto const digits = url.port();
    std::uint16_t port = 0;
    auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return ec == std::errc{} && end == digits.data() + digits.size() ? port : std::uint16_t{0};
}

}  // namespace coax::http::detail
