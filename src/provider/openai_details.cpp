#include "provider/openai_details.hpp"

#include "provider/tolerant_read.hpp"

#include <cstdint>
#include <utility>

namespace coax::detail {

struct openai_alternative {
    std::string token{};
    double logprob{0};
    json_value bytes{};
};

struct openai_logprob {
    std::string token{};
    double logprob{0};
    json_value bytes{};
    std::vector<openai_alternative> top_logprobs{};
};

struct openai_logprobs {
    std::vector<openai_logprob> content{};
    std::vector<openai_logprob> refusal{};
};

struct openai_url_citation {
    std::int64_t start_index{0};
    std::int64_t end_index{0};
    std::string url{};
    std::string title{};
};

struct openai_annotation {
    std::string type{};
    openai_url_citation url_citation{};
};

/// An annotation of the Responses API, which has no object in it.
struct responses_annotation {
    std::string type{};
    std::int64_t start_index{0};
    std::int64_t end_index{0};
    std::string url{};
    std::string title{};
    std::string filename{};
    std::string file_id{};
};

namespace {

/// The bytes that the numbers of an array are; empty where they are none.
std::string to_bytes(json_value const& numbers) {
    auto const list = json::read<std::vector<int>>(numbers.text(), json::wire_options);
    if (!numbers.is_array() || !list) return {};
    std::string bytes;
    for (auto const number : *list) bytes += static_cast<char>(number);
    return bytes;
}

template <class Wire>
token_probability to_probability(Wire& wire) {
    return {.token = std::move(wire.token), .bytes = to_bytes(wire.bytes), .logprob = wire.logprob};
}

void add(std::vector<token_logprob>& into, std::vector<openai_logprob>& tokens) {
    for (auto& wire : tokens) {
        token_logprob known{to_probability(wire)};
        for (auto& other : wire.top_logprobs) known.top.push_back(to_probability(other));
        into.push_back(std::move(known));
    }
}

/// Where in UTF-8 a character begins; the end of the text for those after it.
std::size_t byte_of(std::string_view text, std::int64_t character) {
    std::size_t at = 0;
    for (std::int64_t seen = 0; at < text.size(); ++at)
        if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80 && seen++ == character) break;
    return at;
}

}  // namespace

void add_openai_logprobs(std::vector<token_logprob>& into, json_value const& logprobs) {
    openai_logprobs wire;
    if (!logprobs.is_object() || !read_tolerantly(wire, logprobs.text())) return;
    add(into, wire.content);
    add(into, wire.refusal);
}

void add_openai_citations(std::vector<citation>& into, json_value const& annotations, std::string_view text) {
    auto list = json::read<std::vector<openai_annotation>>(annotations.text(), tolerant_options);
    if (!has_elements(annotations) || !list) return;
    for (auto& [type, page] : *list)
        into.push_back({.kind = std::move(type),
                        .title = std::move(page.title),
                        .url = std::move(page.url),
                        .text_begin = byte_of(text, page.start_index),
                        .text_end = byte_of(text, page.end_index)});
}

void add_responses_citations(std::vector<citation>& into, json_value const& annotations, std::string_view text,
                             std::size_t offset) {
    auto list = json::read<std::vector<responses_annotation>>(annotations.text(), tolerant_options);
    if (!has_elements(annotations) || !list) return;
    for (auto& each : *list)
        into.push_back({.kind = std::move(each.type),
                        .title = std::move(each.title.empty() ? each.filename : each.title),
                        .url = std::move(each.url),
                        .file_id = std::move(each.file_id),
                        .text_begin = offset + byte_of(text, each.start_index),
                        .text_end = offset + byte_of(text, each.end_index)});
}

}  // namespace coax::detail
