#include "bind/reader.hpp"
#include "bind/roots.hpp"
#include "bind/type_names.hpp"

#include <algorithm>
#include <utility>

namespace coax::bind::detail {

// --- the value alone, or in a code fence ---

void reader::read_alone(type_descriptor const& type, void* into) {
    skip_space();
    if (options_.leniency.code_fences) in_code_fence_ = skip_code_fence();
    if (read(type, into)) static_cast<void>(expect_document_end());
}

bool reader::skip_code_fence() {
    if (!take_word("```")) return false;
    char const* const begin = at_;
    while (at_ != end_ && json::detail::is_letter(*at_)) ++at_;
    bool const is_language = at_ == end_ || std::string_view{" \t\r\n{[\""}.find(*at_) != std::string_view::npos;
    if (!is_language) at_ = begin;
    return true;
}

bool reader::expect_document_end() {
    skip_space();
    if (options_.leniency.code_fences && (in_code_fence_ || peek() == '`')) static_cast<void>(take_word("```"));
    return expect_end();
}

// --- the value in a response of more ---

/// Reads the last object or array of the type's kind that fits the type and stands for itself. A value of any other
/// kind has to be all that there is behind the thoughts.
void reader::read_among_prose(type_descriptor const& type, void* into) {
    auto const begin = offset();
    skip_space();
    bool const is_begun = has_bracket(type, peek());
    read_alone(type, into);
    if (violations_.empty() || is_one_value(begin)) return;
    root_finder finder{text().substr(begin), options_.leniency};
    auto const& roots = finder.find();
    if (is_begun) reset_value(type, into);
    if (read_last_fitting(roots, begin, type, into)) return;
    if (finder.answer_begin() != 0 && read_again(begin + finder.answer_begin(), type, into)) return;
    report_root(roots, begin, begin + finder.answer_begin(), type, into);
}

/// Whether the text is one JSON value: then nothing inside of it is meant. The violations stay.
bool reader::is_one_value(std::size_t begin) {
    auto found = std::exchange(violations_, {});
    bool const was_malformed = is_malformed_;
    go_to(begin);
    skip_space();
    if (options_.leniency.code_fences) static_cast<void>(skip_code_fence());
    bool const is_one = skip_value() && expect_document_end();
    violations_ = std::move(found);
    is_malformed_ = was_malformed;
    return is_one;
}

bool reader::read_last_fitting(std::vector<root_span> const& roots, std::size_t begin, type_descriptor const& type,
                               void* into) {
    if (!roots.empty() && !roots.back().is_closed) return false;
    for (auto each = roots.rbegin(); each != roots.rend(); ++each) {
        go_to(begin + each->begin);
        if (!each->is_whole || !has_bracket(type, peek())) continue;
        if (read(type, into) && violations_.empty()) return true;
        reset_value(type, into);
    }
    return false;
}

bool reader::read_again(std::size_t at, type_descriptor const& type, void* into) {
    go_to(at);
    read_alone(type, into);
    if (violations_.empty()) return true;
    reset_value(type, into);
    return false;
}

/// Reports what is wrong with the value that was most likely meant.
void reader::report_root(std::vector<root_span> const& roots, std::size_t begin, std::size_t answer_begin,
                         type_descriptor const& type, void* into) {
    if (roots.empty()) {
        go_to(answer_begin);
        return read_alone(type, into);
    }
    root_span const* shown = &roots.back();
    for (bool const wants_whole : {false, true})
        for (auto const& each : roots)
            if ((each.is_whole || !wants_whole) && has_bracket(type, text()[begin + each.begin])) shown = &each;
    if (!roots.back().is_closed) shown = &roots.back();
    go_to(begin + shown->begin);
    if (read(type, into) && violations_.empty()) fail("one whole value");
}

void reader::go_to(std::size_t at) {
    at_ = text().data() + at;
    path_ = nullptr;
    violations_.clear();
    is_malformed_ = in_code_fence_ = false;
    restore_depth(0);
}

void reader::reset_value(type_descriptor const& type, void* into) {
    if (type.structure != nullptr && type.structure->reset != nullptr) type.structure->reset(into);
    if (type.nullable != nullptr) type.nullable->reset(into);
}

}  // namespace coax::bind::detail
