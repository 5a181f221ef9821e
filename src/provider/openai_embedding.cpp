#include "provider/openai_embedding.hpp"

#include "provider/encode.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_decode.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <utility>

namespace coax::detail {

struct openai_embedding_entry {
    std::optional<std::int64_t> index{};
    json_value embedding{};
};

struct openai_embedding_list {
    std::vector<openai_embedding_entry> data{};
    std::string model{};
    openai_usage usage{};
    json_value error{};
};

namespace {

constexpr std::string_view wanted = "a list of embeddings";

/// A vector is whole or none: no null is taken for a number.
constexpr json::read_options vector_options{.check_docs = false};

error bad_vector(std::string_view service, std::string_view what) {
    return make_protocol_error(service, what, {.where = "/data"}, {});
}

std::vector<float> to_floats(std::vector<std::byte> const& bytes) {
    std::vector<float> numbers;
    numbers.reserve(bytes.size() / 4);
    for (std::size_t at = 0; at < bytes.size(); at += 4) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 4; ++i) bits |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8U * i);
        numbers.push_back(std::bit_cast<float>(bits));
    }
    return numbers;
}

result<std::vector<float>> read_base64(std::string_view service, json_value const& value) {
    auto const bytes = json::read<std::vector<std::byte>>(value, vector_options);
    if (!bytes || bytes->size() % 4 != 0)
        return bad_vector(service, "the text in place of a vector is not base64 of 32 bit floats");
    return to_floats(*bytes);
}

result<std::vector<float>> read_numbers(std::string_view service, json_value const& value) {
    auto numbers = json::read<std::vector<float>>(value, vector_options);
    if (!numbers) return bad_vector(service, "a vector holds what is no number");
    return numbers;
}

/// Whether each text has a place of its own in the list: by index, or by order where no entry has an index.
bool is_in_order(std::vector<openai_embedding_entry> const& entries) {
    return std::ranges::none_of(entries, [](auto const& entry) { return entry.index.has_value(); });
}

/// Where a text's vector is put; each place once.
class placed_vectors {
public:
    placed_vectors(std::string_view service, embedding_request const& request) : service_{service}, request_{request} {
        vectors_.assign(request.texts.size(), bad_vector(service, "no vector came for this text"));
        taken_.assign(request.texts.size(), false);
    }

    /// Errors: `errc::protocol_error`: nobody can tell which text a vector is of.
    result<void> put(std::int64_t index, json_value const& value) {
        if (index < 0 || static_cast<std::size_t>(index) >= vectors_.size())
            return bad_vector(service_, "a vector came for a text that was not sent");
        auto const place = static_cast<std::size_t>(index);
        if (taken_[place]) return bad_vector(service_, "two vectors came for one text");
        taken_[place] = true;
        vectors_[place] = checked(read_vector(service_, value));
        return {};
    }

    [[nodiscard]] std::vector<result<std::vector<float>>> take() { return std::move(vectors_); }

private:
    [[nodiscard]] result<std::vector<float>> checked(result<std::vector<float>> one) const {
        auto const& asked = request_.dimensions;
        if (!one || !asked || static_cast<std::int64_t>(one->size()) == *asked) return one;
        return bad_vector(service_, "a vector has " + std::to_string(one->size()) + " dimensions instead of " +
                                        std::to_string(*asked));
    }

    std::string_view service_;
    embedding_request const& request_;
    std::vector<result<std::vector<float>>> vectors_{};
    std::vector<bool> taken_{};
};

result<std::vector<result<std::vector<float>>>> place(std::string_view service, embedding_request const& request,
                                                      std::vector<openai_embedding_entry> const& entries) {
    bool const in_order = is_in_order(entries);
    if (in_order && entries.size() != request.texts.size())
        return bad_vector(service, std::to_string(entries.size()) + " vectors came for " +
                                       std::to_string(request.texts.size()) + " texts");
    placed_vectors places{service, request};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        auto const index = in_order ? static_cast<std::int64_t>(i) : entries[i].index.value_or(-1);
        if (auto put = places.put(index, entries[i].embedding); !put) return std::move(put).error();
    }
    return places.take();
}

}  // namespace

result<std::vector<result<std::vector<float>>>> vectors_in_order(std::string_view service,
                                                                 embedding_request const& request,
                                                                 std::vector<json_value> const& came) {
    std::vector<openai_embedding_entry> entries;
    entries.reserve(came.size());
    for (auto const& value : came) entries.push_back({.embedding = value});
    return place(service, request, entries);
}

result<std::vector<float>> read_vector(std::string_view service, json_value const& value) {
    if (!value.is_array() && !value.is_string()) return bad_vector(service, "a vector is missing");
    auto numbers = value.is_string() ? read_base64(service, value) : read_numbers(service, value);
    if (!numbers) return numbers;
    if (numbers->empty()) return bad_vector(service, "a vector is empty");
    if (!std::ranges::all_of(*numbers, [](float number) { return std::isfinite(number); }))
        return bad_vector(service, "a vector holds what is no number");
    return numbers;
}

result<std::string> encode_openai_embedding(openai_embedding_options const& options, embedding_request const& request) {
    if (auto valid = validate(request); !valid) return std::move(valid).error();
    std::string const service{options.service};
    if (!request.input_type.empty() && !options.input_type)
        return invalid_argument("input_type", service + " has no such parameter");
    if (!options.choices && (request.dimensions || request.encoding == embedding_encoding::base64))
        return invalid_argument(request.dimensions ? "dimensions" : "encoding",
                                service + " does not know it; Azure does from api-version 2024-03-01-preview on");
    std::string body;
    json::writer out{body};
    out.begin_object();
    if (!options.model.empty()) out.member("model", options.model);
    write_strings(out, "input", request.texts);
    if (options.choices && request.encoding != embedding_encoding::numbers)
        if (options.base64 || request.encoding == embedding_encoding::base64) out.member("encoding_format", "base64");
    if (request.dimensions) out.member("dimensions", *request.dimensions);
    if (!request.input_type.empty()) out.member("input_type", request.input_type);
    if (!request.user.empty()) out.member("user", request.user);
    out.end_object();
    return with_extra(std::move(body), request.extra);
}

result<embedding_response> decode_openai_embedding(std::string_view service, embedding_request const& request,
                                                   http_response const& response,
                                                   std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    openai_embedding_list wire;
    if (!json::read_into(wire, response.body, json::wire_options)) {
        wire = {};
        if (auto read = read_tolerantly(wire, response.body); !read)
            return make_unreadable_error(service, wanted, response, read.error());
    }
    auto const spent = to_usage(wire.usage);
    auto const id = request_id(response.headers);
    if (is_truthy(wire.error)) return with_tokens(make_reported_error(service, response.body, id), spent);
    if (wire.data.empty()) return make_unreadable_error(service, wanted, response, {.where = "/data"});
    auto placed = place(service, request, wire.data);
    if (!placed) {
        auto why = with_tokens(std::move(placed).error(), spent);
        why.request_id = id;
        return why;
    }
    return embedding_response{.vectors = *std::move(placed), .usage = spent, .model = std::move(wire.model)};
}

}  // namespace coax::detail
