#include "provider/anthropic_citations.hpp"

#include "provider/tolerant_read.hpp"

#include <cstdint>
#include <utility>

namespace coax::detail {

struct anthropic_citation {
    std::string type{};
    std::string cited_text{};
    std::int64_t document_index{-1};
    std::string document_title{};
    std::string file_id{};
    std::int64_t start_char_index{0};
    std::int64_t end_char_index{0};
    std::int64_t start_page_number{0};
    std::int64_t end_page_number{0};
    std::int64_t start_block_index{0};
    std::int64_t end_block_index{0};
    std::string url{};
    std::string title{};
    std::string source{};
};

namespace {

struct place {
    std::int64_t begin;
    std::int64_t end;
};

place place_of(anthropic_citation const& wire) {
    if (wire.type == "char_location") return {wire.start_char_index, wire.end_char_index};
    if (wire.type == "page_location") return {wire.start_page_number, wire.end_page_number};
    return {wire.start_block_index, wire.end_block_index};
}

}  // namespace

void add_anthropic_citations(std::vector<citation>& into, json_value const& citations, std::size_t text_begin,
                             std::size_t text_end) {
    auto list = json::read<std::vector<anthropic_citation>>(citations.text(), tolerant_options);
    if (!citations.is_array() || !list) return;
    for (auto& wire : *list) {
        auto const [begin, end] = place_of(wire);
        into.push_back({.kind = std::move(wire.type),
                        .text = std::move(wire.cited_text),
                        .title = std::move(wire.title.empty() ? wire.document_title : wire.title),
                        .url = std::move(wire.url.empty() ? wire.source : wire.url),
                        .file_id = std::move(wire.file_id),
                        .document = wire.document_index,
                        .begin = begin,
                        .end = end,
                        .text_begin = text_begin,
                        .text_end = text_end});
    }
}

}  // namespace coax::detail
