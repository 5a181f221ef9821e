#pragma once

#include <string>
#include <string_view>

namespace coax::telemetry::detail {

/// `plain` as a gzip member. Source: RFC 1952. @throws coax::exception  `errc::internal`: zlib has no memory.
[[nodiscard]] std::string gzip(std::string_view plain);

}  // namespace coax::telemetry::detail
