#include "json/internal/canonical.hpp"

#include "json/internal/number.hpp"
#include "json/internal/scanner.hpp"

#include <coax/json/writer.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace coax::json::detail {
namespace {

/// A member in the text that is written.
struct written_member {
    std::size_t begin;
    std::size_t name_end;
    std::size_t end;
};

/// Up to here each integer is a double of its own.
constexpr double exact_integers = 9'007'199'254'740'992.0;

class canonical_writer : scanner {
public:
    canonical_writer(std::string& out, std::string_view text, std::size_t max_depth,
                     bool (*leaves_out)(std::string_view))
        : scanner{text, max_depth, true}, out_{out}, leaves_out_{leaves_out} {}

    bool write() { return value() && expect_end(); }

private:
    bool value();
    bool word(std::string_view expected);
    bool number();
    bool string();
    bool array();
    bool object();
    bool member();
    void sort_members(std::size_t first);

    std::string& out_;
    bool (*leaves_out_)(std::string_view);
    std::vector<written_member> members_{};  ///< Of the open objects, the innermost's last.
    std::string sorted_{};
    std::string spare_{};
};

bool canonical_writer::value() {
    skip_space();
    switch (peek()) {
        case '"': return string();
        case '{': return object();
        case '[': return array();
        case 't': return word("true");
        case 'f': return word("false");
        case 'n': return word("null");
        default: return number();
    }
}

bool canonical_writer::word(std::string_view expected) {
    out_ += expected;
    return take_word(expected) || fail("a JSON value");
}

bool canonical_writer::number() {
    char const* const stop = find_number_end(at_, end_);
    if (stop == nullptr) return fail("a JSON value");
    std::string_view const text{at_, static_cast<std::size_t>(stop - at_)};
    at_ = stop;
    if (text.find_first_of(".eE") == text.npos && text != "-0") {
        out_ += text;
        return true;
    }
    auto const real = to_real(text.data(), stop);
    if (std::abs(real) < exact_integers && real == std::trunc(real))
        append_number(out_, static_cast<long long>(real));
    else if (std::isfinite(real))
        append_number(out_, real);
    else
        out_ += text;
    return true;
}

bool canonical_writer::string() {
    ++at_;
    std::string_view content;
    spare_.clear();
    if (!take_string(content, spare_)) return false;
    append_string(out_, content);
    return true;
}

bool canonical_writer::array() {
    ++at_;
    if (!enter()) return false;
    out_ += '[';
    skip_space();
    if (!take(']')) {
        do {
            if (!value()) return false;
            out_ += ',';
            skip_space();
        } while (take(','));
        if (!take(']')) return fail("',' or ']'");
    }
    out_ += ']';
    leave();
    return true;
}

bool canonical_writer::object() {
    ++at_;
    if (!enter()) return false;
    out_ += '{';
    auto const first = members_.size();
    skip_space();
    if (!take('}')) {
        do {
            if (!member()) return false;
            skip_space();
        } while (take(','));
        if (!take('}')) return fail("',' or '}'");
    }
    sort_members(first);
    members_.resize(first);
    out_ += '}';
    leave();
    return true;
}

bool canonical_writer::member() {
    skip_space();
    if (!take('"')) return fail("a member's name");
    std::string_view name;
    spare_.clear();
    if (!take_string(name, spare_)) return false;
    bool const left_out = depth() == 1 && leaves_out_ != nullptr && leaves_out_(name);
    auto const begin = out_.size();
    append_string(out_, name);
    auto const name_end = out_.size();
    out_ += ':';
    skip_space();
    if (!take(':')) return fail("':'");
    if (!value()) return false;
    out_ += ',';
    if (left_out)
        out_.resize(begin);
    else
        members_.push_back({begin, name_end, out_.size()});
    return true;
}

/// Puts the members from `first` on, which are the end of the text, in order. A name that is there twice keeps its own.
void canonical_writer::sort_members(std::size_t first) {
    auto const begin = members_.begin() + static_cast<std::ptrdiff_t>(first);
    auto const name = [&](written_member const& one) {
        return std::string_view{out_}.substr(one.begin + 1, one.name_end - one.begin - 2);  // without its quotes
    };
    auto const before = [&](written_member const& one, written_member const& other) {
        auto const order = name(one).compare(name(other));
        return order < 0 || (order == 0 && one.begin < other.begin);
    };
    if (std::is_sorted(begin, members_.end(), before)) return;
    auto const start = begin->begin;
    std::sort(begin, members_.end(), before);
    sorted_.clear();
    for (auto at = begin; at != members_.end(); ++at) sorted_.append(out_, at->begin, at->end - at->begin);
    out_.replace(start, sorted_.size(), sorted_);
}

}  // namespace

bool append_canonical(std::string& out, std::string_view text, std::size_t max_depth,
                      bool (*leaves_out)(std::string_view member)) {
    return canonical_writer{out, text, max_depth, leaves_out}.write();
}

}  // namespace coax::json::detail
