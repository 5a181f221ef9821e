#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/provider/embedding.hpp>

#include <chrono>
#include <string>
#include <string_view>

/// `POST /embeddings`, which OpenAI, Azure and most compatible servers serve. Source: reference openai.md, section 7.
namespace coax::detail {

/// What a body depends on besides the request.
struct openai_embedding_options {
    std::string_view service{};
    std::string_view model{};  ///< Empty: not sent.
    bool base64{true};         ///< Asked for where the request leaves it open.
    bool input_type{false};    ///< It knows the parameter.
    bool choices{true};        ///< It knows `dimensions` and `encoding_format`.
};

/// The body for all texts of the request. Errors: `errc::invalid_argument` for what this service cannot express.
[[nodiscard]] result<std::string> encode_openai_embedding(openai_embedding_options const& options,
                                                          embedding_request const& request);

/// One result for each text, or the error of the whole response. Numbers and base64 are read, whatever was asked for;
/// vectors are put in the order that their `index` says, and in that of the response where none has one.
[[nodiscard]] result<embedding_response> decode_openai_embedding(std::string_view service,
                                                                 embedding_request const& request,
                                                                 http_response const& response,
                                                                 std::chrono::system_clock::time_point now);

/// The vectors of all texts, as they came in order. Errors: `errc::protocol_error`: as many there are not.
[[nodiscard]] result<std::vector<result<std::vector<float>>>> vectors_in_order(std::string_view service,
                                                                               embedding_request const& request,
                                                                               std::vector<json_value> const& came);

/// The numbers of one vector: a JSON array, or little-endian 32 bit floats as a string of base64.
/// Errors: `errc::protocol_error`: it is neither, is empty, or has what is no number.
[[nodiscard]] result<std::vector<float>> read_vector(std::string_view service, json_value const& value);

}  // namespace coax::detail
