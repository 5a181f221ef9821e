#include "sim/embedding.hpp"

#include "sim/openai_reader.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <coax/bind/write.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>

namespace coax::sim::detail {
namespace {

constexpr std::size_t max_inputs = 2048;
constexpr std::size_t max_input_tokens = 8192;
constexpr std::size_t max_request_tokens = 300'000;

/// The vectors of a model. Any other name is a local model, which takes any number.
struct embedding_model {
    std::string_view name;
    std::size_t dimensions;
    std::int64_t most;  ///< 0: it takes no number.
};
constexpr std::array embedding_models{
    embedding_model{"text-embedding-3-large", 3072, 3072},
    embedding_model{"text-embedding-3-small", 1536, 1536},
    embedding_model{"text-embedding-ada-002", 1536, 0},
};
constexpr embedding_model local_model{"", 1536, 8192};

embedding_model const& model_of(std::string_view name) noexcept {
    auto const found = std::ranges::find(embedding_models, name, &embedding_model::name);
    return found != embedding_models.end() ? *found : local_model;
}

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

rejection refuse_unrecognized(json::value const& body) {
    constexpr std::array<std::string_view, 5> known{"model", "input", "encoding_format", "dimensions", "user"};
    auto const foreign = foreign_member(body, known);
    return foreign.empty() ? std::nullopt
                           : rejection{bad_request("Unrecognized request argument supplied: " + std::string{foreign})};
}

rejection read_inputs(json::value const* input, embedding_request& out) {
    if (input == nullptr) return bad_request("Missing required parameter: 'input'.", "input");
    bool const several = input->is_array() && !input->get_array().empty() && !input->get_array().front().is_number();
    if (several && input->get_array().size() > max_inputs)
        return bad_request(
            "Invalid 'input': array too long. Expected an array with maximum length 2048, but got an "
            "array with length " +
                std::to_string(input->get_array().size()) + " instead.",
            "input", "array_above_max_length");
    auto const add = [&](json::value const& entry) {
        auto text = input_text(entry);
        if (text) out.inputs.push_back(std::move(*text));
        return text.has_value();
    };
    bool const good = several ? std::ranges::all_of(input->get_array(), add) : add(*input);
    if (!good) return bad_request("'$.input' is invalid. Please check the API reference.", "input");
    return std::nullopt;
}

/// Source: reference openai.md, section 7.
rejection check_tokens(embedding_request& out) {
    for (std::size_t i = 0; i < out.inputs.size(); ++i) {
        auto const tokens = token_count(out.inputs[i].size());
        if (tokens > max_input_tokens)
            return bad_request("Invalid 'input[" + std::to_string(i) + "]': maximum input length is 8192 tokens.");
        out.tokens += tokens;
    }
    if (out.tokens <= max_request_tokens) return std::nullopt;
    auto why = bad_request("Requested " + std::to_string(out.tokens) + " tokens, max 300000 tokens per request", {},
                           "max_tokens_per_request");
    why.type = "max_tokens_per_request";
    return why;
}

rejection read_dimensions(json::value const* wanted, embedding_request& out) {
    auto const& model = model_of(out.model);
    out.dimensions = model.dimensions;
    if (wanted == nullptr || wanted->is_null()) return std::nullopt;
    if (model.most == 0) return bad_request("This model does not support specifying dimensions.", "dimensions");
    auto const* count = wanted->if_int64();
    if (count == nullptr || *count < 1)
        return bad_request("Invalid value for 'dimensions'. Must be a whole number of at least 1.", "dimensions");
    if (*count > model.most)
        return bad_request("Invalid value for 'dimensions' = " + std::to_string(*count) +
                               ". Must be less than or equal to " + std::to_string(model.most) + ".",
                           "dimensions");
    out.dimensions = static_cast<std::size_t>(*count);
    return std::nullopt;
}

rejection read_format(json::value const* format, embedding_request& out) {
    if (format == nullptr || format->is_null()) return std::nullopt;
    if (!format->is_string()) return invalid_type("encoding_format", "one of 'float' or 'base64'");
    auto const name = view(format->get_string());
    if (name != "float" && name != "base64") return unsupported_value(name, "'float' and 'base64'", "encoding_format");
    out.base64 = name == "base64";
    return std::nullopt;
}

}  // namespace

rejection read_embedding_request(json::value const& body, request_route const& route, embedding_request& out) {
    if (!body.is_object()) return bad_request("The request body must be a JSON object.");
    out.model = route.dialect == dialect::azure_classic ? route.name : text_member(body, "model");
    if (out.model.empty()) return bad_request("you must provide a model parameter");
    if (auto wrong = refuse_unrecognized(body)) return wrong;
    if (auto const* user = member(body, "user"); user != nullptr && !user->is_string())
        return invalid_type("user", "a string");
    return read_embedding_inputs(body, out);
}

rejection read_embedding_inputs(json::value const& body, embedding_request& out) {
    if (auto wrong = read_inputs(member(body, "input"), out)) return wrong;
    if (auto wrong = read_format(member(body, "encoding_format"), out)) return wrong;
    if (auto wrong = read_dimensions(member(body, "dimensions"), out)) return wrong;
    return check_tokens(out);
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
