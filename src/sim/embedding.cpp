#include "sim/embedding.hpp"

#include "sim/openai_wire.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <coax/bind/write.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace coax::sim::detail {
namespace {

constexpr std::int64_t max_dimensions = 8192;
constexpr std::size_t max_inputs = 2048;

/// One text, or token numbers in the place of one.
std::optional<std::string> input_text(json::value const& input) {
    if (input.is_string() && !input.get_string().empty()) return std::string{view(input.get_string())};
    auto const* tokens = input.if_array();
    if (tokens == nullptr || tokens->empty() ||
        !std::ranges::all_of(*tokens, [](auto const& token) { return token.is_number(); }))
        return std::nullopt;
    return to_json(input);
}

/// Little-endian, as the services send them in base64.
std::vector<std::byte> bytes_of(std::vector<float> const& values) {
    std::vector<std::byte> bytes;
    bytes.reserve(values.size() * 4);
    for (float const value : values)
        for (unsigned shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<std::byte>(std::bit_cast<std::uint32_t>(value) >> shift));
    return bytes;
}

}  // namespace

rejection read_embedding_request(json::value const& body, request_route const& route, embedding_request& out) {
    out.model = route.dialect == dialect::azure_classic ? route.name : text_member(body, "model");
    if (out.model.empty()) return bad_request("you must provide a model parameter");
    auto const* input = member(body, "input");
    if (input == nullptr) return bad_request("Missing required parameter: 'input'.", "input");
    bool const several = input->is_array() && !input->get_array().empty() && !input->get_array().front().is_number();
    if (several && input->get_array().size() > max_inputs)
        return bad_request("Invalid 'input': more than 2048 entries.", "input");
    auto const add = [&](json::value const& entry) {
        auto text = input_text(entry);
        if (text) out.bytes += text->size(), out.inputs.push_back(std::move(*text));
        return text.has_value();
    };
    bool const good = several ? std::ranges::all_of(input->get_array(), add) : add(*input);
    if (!good) return bad_request("'$.input' is invalid. Please check the API reference.", "input");
    auto const format = text_member(body, "encoding_format");
    if (!format.empty() && format != "float" && format != "base64")
        return bad_request("Invalid value for 'encoding_format'.", "encoding_format");
    out.base64 = format == "base64";
    if (auto const* wanted = member(body, "dimensions"); wanted != nullptr && !wanted->is_null()) {
        auto const* count = wanted->if_int64();
        if (count == nullptr || *count < 1 || *count > max_dimensions)
            return bad_request("Invalid 'dimensions'.", "dimensions");
        out.dimensions = static_cast<std::size_t>(*count);
    }
    return std::nullopt;
}

std::vector<float> embedding_of(std::string_view text, std::size_t dimensions, std::uint64_t seed) {
    std::vector<double> sum(dimensions, 0.0);
    auto const add = [&](std::string_view word, double weight) {
        random_source random{hash_bytes(word, seed)};
        for (double& value : sum) value += weight * (random.unit() - 0.5);
    };
    add(text, 0.1);
    prompt_words const reading{text};
    for (auto const word : reading.words()) add(lower_ascii(word), 1.0);
    double squares = 0;
    for (double const value : sum) squares += value * value;
    std::vector<float> vector;
    vector.reserve(dimensions);
    for (double const value : sum) vector.push_back(static_cast<float>(squares > 0 ? value / std::sqrt(squares) : 0));
    return vector;
}

void write_embeddings(response& out, embedding_request const& request, std::uint64_t seed) {
    writer body{out.body};
    body.begin_object().member("object", "list").key("data").begin_array();
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
        body.begin_object().member("object", "embedding").member("index", i).key("embedding");
        auto const values = embedding_of(request.inputs[i], request.dimensions, seed);
        if (request.base64)
            body.write(bytes_of(values));
        else
            body.write(values);
        body.end_object();
    }
    body.end_array().member("model", request.model).key("usage").begin_object();
    body.member("prompt_tokens", out.prompt_tokens).member("total_tokens", out.prompt_tokens);
    body.end_object().end_object();
}

}  // namespace coax::sim::detail
