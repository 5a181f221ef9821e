#pragma once

#include <coax/core/error.hpp>
#include <coax/core/result.hpp>
#include <coax/http/cassette.hpp>
#include <coax/http/message.hpp>
#include <coax/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the lines of a cassette are. A request has the form of `coax serve-sim --record`.
namespace coax::http::detail {

/// Names that are hidden.
struct hidden_names {
    std::vector<std::string> headers{};
    std::vector<std::string> query{};
    std::vector<std::string> members{};
};

struct cassette_head {
    int coax_cassette{0};  ///< The version of the form: 1.
    hidden_names hidden{};
};

/// By name in lower case; those of one name joined by commas.
using recorded_headers = std::map<std::string, std::string>;

struct recorded_request {
    std::string method{};
    std::string origin{};
    std::string path{};
    recorded_headers headers{};
    json_value body{};
};

struct recorded_piece {
    std::int64_t ms{0};  ///< From the request on.
    json_value data{};
};

struct recorded_response {
    std::int64_t ms{0};  ///< From the request on: of a whole response its end, of a stream its head.
    int status{0};
    recorded_headers headers{};
    std::optional<json_value> body{};
    std::optional<std::vector<recorded_piece>> events{};  ///< In place of a body.
};

struct recorded_failure {
    std::int64_t ms{0};
    errc code{errc::internal};
    std::string message{};
    std::string where{};
};

/// A response, a failure, or a stream that ended in one.
struct recorded_exchange {
    recorded_request request{};
    std::optional<recorded_response> response{};
    std::optional<recorded_failure> failure{};
};

/// A body as it stands in a cassette: an object or array as such, another text as a string, other bytes as
/// `{"base64":"…"}`.
[[nodiscard]] json_value to_recorded(std::string_view body);
[[nodiscard]] result<std::string> from_recorded(json_value const& body);

[[nodiscard]] std::string line_of(cassette_head const& head);
[[nodiscard]] std::string line_of(recorded_exchange const& exchange);

/// An exchange, and where it stands.
struct numbered_exchange {
    std::size_t line{0};
    recorded_exchange exchange{};
};
struct loaded_cassette {
    hidden_names hidden{};
    std::vector<numbered_exchange> exchanges{};
};

/// Errors: `errc::io_failed`, `errc::too_large`, `errc::invalid_json`.
[[nodiscard]] result<loaded_cassette> load_cassette(std::string const& path, std::size_t max_bytes);
/// Replaces the file in one step.
[[nodiscard]] result<void> save_cassette(std::string const& path, std::string_view text);

}  // namespace coax::http::detail
