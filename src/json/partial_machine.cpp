#include "reader.hpp"

#include <coax/json/partial_reader.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coax::json::detail {
namespace {

/// What a base class needs before its members are there.
struct kept_options {
    read_options kept_;
};

/// The reader of a text that arrives in pieces: objects, lists, maps and strings are read as far as they are there, all
/// else when it is whole, by the same code as in `read`. Whatever is not plain and right stops it: the whole text, kept
/// for this, is then read again at its end.
class machine : private kept_options, private reader {
public:
    machine(plan const& type, void* into, read_options const& options)
        : kept_options{options}, reader{{}, kept_}, root_type_{type}, type_{&type}, into_{into} {
        move_to(buffer_, 0);
        if (kept_.lenient.prose || kept_.lenient.code_fences) want_ = want::wrapping;
    }

    void feed(std::string_view bytes);
    [[nodiscard]] bool is_complete() const { return want_ == want::end; }
    [[nodiscard]] std::optional<error> problem() const;
    [[nodiscard]] arrival at(std::string_view pointer) const;
    [[nodiscard]] arrival of(void const* member) const;
    [[nodiscard]] std::size_t open_items(void const* member) const;
    [[nodiscard]] bool settle();
    [[nodiscard]] std::string_view text() const { return buffer_; }
    [[nodiscard]] read_options const& options() const { return kept_; }

private:
    /// What comes next in the text.
    enum class want { wrapping, value, string, first_key, key, colon, first_item, after_value, end };
    /// How a step ended: go on, wait for more bytes, or never go on.
    enum class step { on, wait, stop };

    /// An object, list or map that is open.
    struct frame {
        plan const* type{nullptr};
        void* into{nullptr};
        bool child_open{false};  ///< The value of `field`, of `key` or behind `count` is being read.
        std::size_t field{no_field};
        std::size_t next{0};                 ///< The field expected next.
        std::uint64_t seen[2]{0, 0};         ///< The fields that are complete.
        std::size_t count{0};                ///< Items that are complete.
        std::size_t opened_at{0};            ///< Where it begins in the text,
        std::size_t opened_with{0};          ///< and how many violations there were.
        std::size_t begin{0};                ///< Where the open child begins in the text.
        std::size_t violations_before{0};    ///< As many as before the open child.
        std::string key{};                   ///< Of a map's open child, or of one that nobody asked for.
        void* members[most_fields];
    };

    void run();
    void halt();
    [[nodiscard]] step advance();

    [[nodiscard]] step take_wrapping();
    [[nodiscard]] step begin_value();
    [[nodiscard]] step begin_string(std::string& text);
    [[nodiscard]] bool make_room();
    [[nodiscard]] bool note_key(std::string_view key, std::string message, std::size_t where);
    [[nodiscard]] step read_leaf(plan const& type);
    [[nodiscard]] step skip_leaf();
    [[nodiscard]] step grow_string();
    [[nodiscard]] step grow_escape();
    [[nodiscard]] step take_key_or_end(bool may_end);
    [[nodiscard]] step take_field_key(frame& top);
    [[nodiscard]] step take_map_key(frame& top);
    [[nodiscard]] step take_colon_of_key();
    [[nodiscard]] step take_first_item();
    [[nodiscard]] step begin_item(frame& top);
    [[nodiscard]] step take_separator();
    [[nodiscard]] step close_frame();
    [[nodiscard]] step end_value();
    [[nodiscard]] bool check_field(frame& top);
    [[nodiscard]] step take_rest();

    void push(plan const& type, void* into, want next);
    [[nodiscard]] frame& top() { return *top_; }
    /// Whether the token at hand is in the buffer to its end.
    [[nodiscard]] bool token_is_whole();
    [[nodiscard]] bool short_token_is_whole() const;
    [[nodiscard]] bool string_is_whole(char const*& at);
    [[nodiscard]] bool brackets_are_whole();
    [[nodiscard]] bool word_is_whole();
    /// Puts the way to the first `levels` open frames' children before the pointers of new violations.
    void place_violations(std::size_t from, std::size_t levels);
    [[nodiscard]] std::string pointer_to(std::size_t levels) const;
    [[nodiscard]] arrival at_child(std::size_t level, std::string_view rest) const;
    [[nodiscard]] arrival at_level(std::size_t level, std::string_view rest) const;
    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - buffer_.data()); }

    plan const& root_type_;
    std::string buffer_{};
    std::vector<std::unique_ptr<frame>> frames_{};  ///< Used ones are kept for the next child.
    std::size_t open_{0};
    frame* top_{nullptr};  ///< The last that is open.
    want want_{want::value};
    plan const* type_{nullptr};  ///< Of the value wanted; null: nobody asked for it.
    void* into_{nullptr};         ///< Null: an item or entry that is still to be made.
    std::string* growing_{nullptr};
    bool ends_{false};     ///< No more bytes will come.
    bool guessed_{false};  ///< Words came first, so this bracket need not begin the value.
    bool stopped_{false};  ///< The value grows no more.
    // How far the token at hand was looked through.
    std::size_t token_{static_cast<std::size_t>(-1)};
    std::size_t looked_{0};
    std::size_t nesting_{0};
};

void machine::feed(std::string_view bytes) {
    auto const at = offset();
    buffer_ += bytes;
    move_to(buffer_, at);
    retry_budget_ += bytes.size() * 16;
    if (options_.max_bytes != 0 && buffer_.size() > options_.max_bytes && !stopped_) {
        stopped_ = true;
        fail("at most " + std::to_string(options_.max_bytes) + " bytes");
    }
    run();
}

bool machine::settle() {
    ends_ = true;
    run();
    return want_ == want::end && !stopped_ && violations().empty() && take_end();
}

std::optional<error> machine::problem() const {
    if (violations().empty()) return std::nullopt;
    if (broken_ && is_lenient_) return std::nullopt;      // the whole text may yet be forgiven
    if (guessed_ && want_ != want::end) return std::nullopt;  // it may yet turn out to be words around the value
    return to_error(violations(), buffer_, options_.max_violations);
}

void machine::run() {
    while (!stopped_) {
        switch (advance()) {
            case step::on: break;
            case step::wait: return;
            case step::stop: halt(); return;
        }
    }
}

void machine::halt() {
    stopped_ = true;
    if (!broken_ || open_ == 0) return;
    bool const names_child = top().child_open || want_ == want::colon;
    place_violations(0, names_child ? open_ : open_ - 1);
}

machine::step machine::advance() {
    if (want_ != want::string) {
        skip_space();
        if (at_ == end_) return step::wait;
    }
    switch (want_) {
        case want::wrapping: return take_wrapping();
        case want::value: return begin_value();
        case want::string: return grow_string();
        case want::first_key: return take_key_or_end(true);
        case want::key: return take_key_or_end(options_.lenient.trailing_commas);
        case want::colon: return take_colon_of_key();
        case want::first_item: return take_first_item();
        case want::after_value: return take_separator();
        case want::end: return take_rest();
    }
    return step::stop;
}

machine::step machine::take_wrapping() {
    want_ = want::value;
    auto const bracket = bracket_of(root_type_);
    if (bracket == '\0' || peek() != bracket) {
        if (options_.lenient.prose && bracket != '\0') {
            auto const left = static_cast<std::size_t>(end_ - at_);
            auto const* const found = static_cast<char const*>(std::memchr(at_, bracket, left));
            at_ = found != nullptr ? found : end_;
            guessed_ = true;
            if (found == nullptr) want_ = want::wrapping;
        } else if (peek() == '`' && options_.lenient.code_fences) {
            auto const* const line_end = static_cast<char const*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
            if (line_end == nullptr) return want_ = want::wrapping, step::wait;
            fenced_ = skip_fence();
        }
    }
    return step::on;
}

// --- values ---

machine::step machine::begin_value() {
    if (open_ != 0) top().begin = offset();
    if (type_ == nullptr) return skip_leaf();
    char const first = peek();
    plan const* inner = type_;
    while (inner->what == kind::nullable && first != 'n' && first != 'N') inner = inner->inner;
    bool const opens = (first == '{' && (inner->what == kind::object || inner->what == kind::map)) ||
                       (first == '[' && inner->what == kind::sequence);
    bool const is_text = first == '"' && inner->what == kind::string && !forgives_text();
    if (!opens && !is_text) return read_leaf(*type_);
    if (into_ == nullptr && !make_room()) return step::stop;
    for (plan const* holder = type_; holder != inner; holder = holder->inner) into_ = holder->nullable->emplace(into_);
    if (is_text) return begin_string(*static_cast<std::string*>(into_));
    ++at_;
    if (!enter()) return step::stop;
    push(*inner, into_, first == '[' ? want::first_item : want::first_key);
    return step::on;
}

void machine::push(plan const& type, void* into, want next) {
    if (open_ == frames_.size()) frames_.push_back(std::make_unique_for_overwrite<frame>());
    top_ = frames_[open_++].get();
    auto& added = top();
    added.type = &type;
    added.into = into;
    added.child_open = false;
    added.field = no_field;
    added.next = 0;
    added.seen[0] = added.seen[1] = 0;
    added.count = 0;
    added.opened_at = offset() - 1;
    added.opened_with = violations().size();
    if (type.what == kind::object) type.structure->locate(into, added.members);
    if (type.what == kind::sequence) type.sequence->clear(into);
    if (type.what == kind::map) type.map->clear(into);
    want_ = next;
}

machine::step machine::begin_string(std::string& text) {
    auto const run = find_plain_end(at_ + 1, end_);
    if (run.end != end_ && *run.end == '"' &&
        (!run.wide || !options_.check_utf8 || find_invalid_utf8(at_ + 1, run.end) == run.end)) {
        text.assign(at_ + 1, run.end);
        at_ = run.end + 1;
        return end_value();
    }
    ++at_;
    auto const length = length_ahead();
    if (length != static_cast<std::size_t>(end_ - at_) && at_[length] == '"')
        return take_escaped_string(text, length) ? end_value() : step::stop;
    text.clear();
    text.reserve(length);
    growing_ = &text;
    want_ = want::string;
    return grow_string();
}

machine::step machine::grow_string() {
    for (;;) {
        auto const run = find_plain_end(at_, end_);
        char const* const whole = run.wide && options_.check_utf8 ? find_invalid_utf8(at_, run.end) : run.end;
        growing_->append(at_, whole);
        at_ = whole;
        if (whole != run.end) {
            if (run.end == end_ && end_ - whole < 4 && !ends_) return step::wait;  // perhaps cut inside a code point
            return expect_utf8(whole, run.end) ? step::on : step::stop;
        }
        if (at_ == end_) return step::wait;
        if (take('"')) return end_value();
        if (*at_ != '\\') {
            fail("an escape instead of a control character");
            return step::stop;
        }
        if (auto const grown = grow_escape(); grown != step::on) return grown;
    }
}

machine::step machine::grow_escape() {
    auto const left = static_cast<std::size_t>(end_ - at_);
    std::size_t needed = 2;
    if (left >= 2 && at_[1] == 'u') {
        needed = 6;
        // A first half of a pair is \\uD8.. to \\uDB..
        bool const leads = left >= 4 && (at_[2] | 0x20) == 'd' && std::memchr("89abAB", at_[3], 6) != nullptr;
        if (leads) needed = 12;
    }
    if (left < needed && !ends_) return step::wait;
    ++at_;
    char bytes[4];
    char* out = bytes;
    if (!write_escape(out)) return step::stop;
    growing_->append(bytes, out);
    return step::on;
}

/// The item or entry whose value begins: made only now, so that nobody sees it empty.
bool machine::make_room() {
    auto& parent = top();
    if (parent.type->what == kind::sequence) {
        into_ = parent.type->sequence->append(parent.into);
        return true;
    }
    auto const& map = *parent.type->map;
    auto const before = map.size(parent.into);
    into_ = map.slot(parent.into, parent.key);
    return map.size(parent.into) != before || !options_.refuse_duplicate_keys ||
           note_key(parent.key, "expected each key once, found it twice", parent.begin);
}

bool machine::note_key(std::string_view key, std::string message, std::size_t where) {
    auto const before = violations().size();
    bool const goes_on = note_member(key, std::move(message), buffer_.data() + where);
    place_violations(before, open_ - 1);
    return goes_on;
}

machine::step machine::read_leaf(plan const& type) {
    if (!short_token_is_whole() && !token_is_whole()) return step::wait;
    if (into_ == nullptr && !make_room()) return step::stop;
    auto const before = violations().size();
    bool const goes_on = read(type, into_);
    if (violations().size() != before && !broken_) place_violations(before, open_);
    return goes_on ? end_value() : step::stop;
}

machine::step machine::skip_leaf() {
    if (!token_is_whole()) return step::wait;
    return skip_value() ? end_value() : step::stop;
}

machine::step machine::end_value() {
    if (open_ == 0) {
        want_ = want::end;
        return step::on;
    }
    want_ = want::after_value;
    auto& parent = top();
    parent.child_open = false;
    ++parent.count;
    if (parent.type->what != kind::object || parent.field == no_field) return step::on;
    parent.seen[parent.field / 64] |= std::uint64_t{1} << (parent.field % 64);
    if (!parent.type->structure->fields[parent.field].checked || check_field(parent)) return step::on;
    return step::stop;
}

bool machine::check_field(frame& parent) {
    auto const& field = parent.type->structure->fields[parent.field];
    if (!options_.check_docs || violations().size() != parent.violations_before) return true;
    auto const before = violations().size();
    char const* const where = buffer_.data() + parent.begin;
    bool const goes_on =
        check_documentation(*field.documentation, *field.type, parent.members[parent.field],
                            [&](std::string_view below, std::string message) {
                                return below.empty() ? note(std::move(message), where)
                                                     : note_below(below, std::move(message), where);
                            });
    place_violations(before, open_);
    return goes_on;
}

// --- objects and maps ---

machine::step machine::take_key_or_end(bool may_end) {
    if (may_end && take('}')) return close_frame();
    if (peek() != '"') {
        fail("a key in quotes");
        return step::stop;
    }
    return top().type->what == kind::object ? take_field_key(top()) : take_map_key(top());
}

machine::step machine::take_field_key(frame& parent) {
    auto const& structure = *parent.type->structure;
    path_link here{};
    std::string spare;
    char const* const quote = at_++;
    parent.begin = static_cast<std::size_t>(at_ - buffer_.data());
    parent.field = parent.next;
    if (!take_expected_key(structure, parent.next, here)) {
        at_ = quote;
        if (!token_is_whole()) return step::wait;
        ++at_;
        parent.field = find_key(structure, here, spare);
        if (broken_) return step::stop;
    }
    parent.violations_before = violations().size();
    if (parent.field == no_field) {
        parent.key = here.key;
        type_ = nullptr;
        if (refuse_unknown_ && !note_key(here.key, "expected no such key", parent.begin)) return step::stop;
    } else {
        auto const& field = structure.fields[parent.field];
        bool const again = (parent.seen[parent.field / 64] >> (parent.field % 64) & 1U) != 0;
        if (again && options_.refuse_duplicate_keys &&
            !note_key(here.key, "expected each key once, found it twice", parent.begin))
            return step::stop;
        parent.next = parent.field + 1;
        type_ = field.type;
        into_ = parent.members[parent.field];
    }
    want_ = want::colon;
    if (at_ == end_) return step::wait;
    return *at_ == ':' ? take_colon_of_key() : step::on;
}

machine::step machine::take_map_key(frame& parent) {
    if (!token_is_whole()) return step::wait;
    ++at_;
    std::string spare;
    std::string_view key;
    if (!take_string(key, spare)) return step::stop;
    parent.key = key;
    parent.violations_before = violations().size();
    type_ = parent.type->inner;
    into_ = nullptr;
    want_ = want::colon;
    return step::on;
}

machine::step machine::take_colon_of_key() {
    if (!take(':')) {
        fail("':' after the key");
        return step::stop;
    }
    skip_space();
    want_ = want::value;
    top().child_open = true;
    return at_ == end_ ? step::wait : begin_value();
}

// --- lists ---

machine::step machine::take_first_item() {
    if (take(']')) return close_frame();
    return begin_item(top());
}

machine::step machine::begin_item(frame& parent) {
    type_ = parent.type->inner;
    into_ = nullptr;
    parent.child_open = true;
    parent.violations_before = violations().size();
    want_ = want::value;
    return step::on;
}

// --- between values ---

machine::step machine::take_separator() {
    auto& parent = top();
    bool const is_list = parent.type->what == kind::sequence;
    if (take(is_list ? ']' : '}')) return close_frame();
    if (!take(',')) {
        fail(is_list ? "',' or ']' in an array" : "',' or '}' in an object");
        return step::stop;
    }
    if (!is_list) {
        want_ = want::key;
        return at_ != end_ && *at_ == '"' ? take_key_or_end(false) : step::on;
    }
    if (options_.lenient.trailing_commas) {
        want_ = want::first_item;
        return step::on;
    }
    return begin_item(parent);
}

machine::step machine::close_frame() {
    auto& closing = top();
    leave();
    if (closing.type->what == kind::object) {
        auto const before = violations().size();
        read_members_of const all{closing.into, closing.members, buffer_.data() + closing.opened_at, closing.opened_with};
        bool const goes_on = end_object(*closing.type->structure, all, closing.seen);
        place_violations(before, open_ - 1);
        if (!goes_on) return step::stop;
    }
    --open_;
    top_ = open_ != 0 ? frames_[open_ - 1].get() : nullptr;
    return end_value();
}

machine::step machine::take_rest() {
    if (options_.lenient.prose || options_.lenient.code_fences) return step::wait;  // settle() looks at it
    fail("the end of the text");
    return step::stop;
}

// --- tokens ---

bool machine::token_is_whole() {
    if (token_ != offset()) {
        token_ = looked_ = offset();
        nesting_ = 0;
    }
    if (ends_) return true;
    if (peek() == '{' || peek() == '[') return brackets_are_whole();
    if (peek() != '"') return word_is_whole();
    char const* at = buffer_.data() + looked_;
    if (looked_ == token_) ++at;
    bool const whole = string_is_whole(at);
    looked_ = static_cast<std::size_t>(at - buffer_.data());
    return whole;
}

/// A quick look at tokens as most are: a number or literal of a few bytes, a string without escapes.
bool machine::short_token_is_whole() const {
    if (*at_ == '"') {
        auto const run = find_plain_end(at_ + 1, end_);
        return run.end != end_ && *run.end == '"';
    }
    if (*at_ == '{' || *at_ == '[') return false;
    constexpr std::ptrdiff_t longest = 24;
    char const* const stop = end_ - at_ > longest ? at_ + longest : end_;
    for (char const* at = at_; at != stop; ++at)
        if (*at == ',' || *at == '}' || *at == ']' || static_cast<unsigned char>(*at) <= ' ') return true;
    return false;
}

/// From inside a string to behind its closing quote, or as far as the buffer goes.
bool machine::string_is_whole(char const*& at) {
    for (;;) {
        at = find_plain_end(at, end_).end;
        if (at == end_) return false;
        if (*at == '"') return ++at, true;
        if (*at == '\\' && end_ - at < 2) return false;
        at += *at == '\\' ? 2 : 1;  // control characters are for the reader to refuse
    }
}

bool machine::brackets_are_whole() {
    // The lowest bit says that the place is inside a string, the others how many brackets are open.
    char const* at = buffer_.data() + looked_;
    bool whole = false;
    while (at != end_ && !whole) {
        if ((nesting_ & 1U) != 0) {
            if (!string_is_whole(at)) break;
            nesting_ &= ~std::size_t{1};
        } else {
            char const c = *at++;
            if (c == '"') nesting_ |= 1U;
            if (c == '{' || c == '[') nesting_ += 2;
            if (c == '}' || c == ']') nesting_ -= 2;
            whole = nesting_ == 0;
        }
    }
    looked_ = static_cast<std::size_t>(at - buffer_.data());
    return whole || (nesting_ == 0 && looked_ != token_);
}

bool machine::word_is_whole() {
    char const* at = buffer_.data() + looked_;
    while (at != end_ && *at != ',' && *at != '}' && *at != ']' && static_cast<unsigned char>(*at) > ' ') ++at;
    looked_ = static_cast<std::size_t>(at - buffer_.data());
    if (at != end_) return true;
    std::string_view const word{at_, static_cast<std::size_t>(end_ - at_)};
    return word == "null" || word == "true" || word == "false";
}

// --- where things are ---

std::string machine::pointer_to(std::size_t levels) const {
    std::string pointer;
    for (std::size_t i = 0; i < levels; ++i) {
        auto const& each = *frames_[i];
        if (each.type->what == kind::sequence)
            pointer += '/' + std::to_string(each.count);
        else if (each.type->what == kind::map || each.field == no_field)
            append_pointer(pointer, each.key);
        else
            append_pointer(pointer, each.type->structure->fields[each.field].name);
    }
    return pointer;
}

void machine::place_violations(std::size_t from, std::size_t levels) {
    if (violations_.size() <= from) return;
    auto const prefix = pointer_to(levels);
    for (auto i = from; i < violations_.size(); ++i) violations_[i].pointer.insert(0, prefix);
}

arrival machine::at(std::string_view pointer) const {
    if (want_ == want::end) return arrival::complete;
    if (open_ != 0) return at_level(0, pointer);
    return want_ == want::string && pointer.empty() ? arrival::growing : arrival::absent;
}

/// Of what `rest` names below the frame `level`.
arrival machine::at_level(std::size_t level, std::string_view rest) const {
    if (rest.empty()) return arrival::growing;
    if (rest.front() != '/') return arrival::absent;
    rest.remove_prefix(1);
    auto const length = std::min(rest.find('/'), rest.size());
    std::string key;
    for (std::size_t i = 0; i < length; ++i) {
        if (rest[i] == '~' && i + 1 < length) {
            ++i;
            key += rest[i] == '0' ? '~' : '/';
        } else {
            key += rest[i];
        }
    }
    auto const& here = *frames_[level];
    auto const below = rest.substr(length);
    if (here.type->what == kind::sequence) {
        std::size_t index = 0;
        for (char const c : key) {
            if (c < '0' || c > '9' || index > buffer_.size()) return arrival::absent;
            index = index * 10 + static_cast<std::size_t>(c - '0');
        }
        if (key.empty() || index > here.count) return arrival::absent;
        return index < here.count ? arrival::complete : at_child(level, below);
    }
    if (here.type->what == kind::map) {
        if (here.child_open && key == here.key) return at_child(level, below);
        struct search {
            std::string const& key;
            bool found;
        } wanted{key, false};
        here.type->map->visit(here.into, &wanted, [](void* opaque, std::string_view name, void const*) {
            auto& [looked_for, found] = *static_cast<search*>(opaque);
            found = found || name == looked_for;
        });
        return wanted.found ? arrival::complete : arrival::absent;
    }
    auto const& structure = *here.type->structure;
    for (std::size_t i = 0; i < structure.field_count; ++i) {
        if (structure.fields[i].type == nullptr || structure.fields[i].name != key) continue;
        if (here.child_open && here.field == i) return at_child(level, below);
        return (here.seen[i / 64] >> (i % 64) & 1U) != 0 ? arrival::complete : arrival::absent;
    }
    return arrival::absent;
}

/// Of what `rest` names in the open child of the frame `level`.
arrival machine::at_child(std::size_t level, std::string_view rest) const {
    if (level + 1 < open_) return at_level(level + 1, rest);
    bool const grows = frames_[level]->child_open && want_ == want::string;
    return grows && rest.empty() ? arrival::growing : arrival::absent;
}

arrival machine::of(void const* member) const {
    if (want_ == want::end) return arrival::complete;
    if (open_ == 0 || frames_[0]->type->what != kind::object) return arrival::absent;
    auto const& here = *frames_[0];
    for (std::size_t i = 0; i < here.type->structure->field_count; ++i) {
        if (here.members[i] != member || here.type->structure->fields[i].type == nullptr) continue;
        if (here.child_open && here.field == i) return at_child(0, {});
        return (here.seen[i / 64] >> (i % 64) & 1U) != 0 ? arrival::complete : arrival::absent;
    }
    return arrival::absent;
}

std::size_t machine::open_items(void const* member) const {
    std::size_t const level = member == nullptr ? 0 : 1;
    if (open_ <= level || frames_[level]->type->what != kind::sequence) return 0;
    if (member != nullptr && frames_[level]->into != member) return 0;
    return frames_[level]->count;
}

}  // namespace

// --- the part that users' templates see ---

class partial_machine : public machine {
public:
    using machine::machine;
};

partial_core::partial_core(plan const& type, void* into, read_options const& options)
    : machine_{std::make_unique<partial_machine>(type, into, options)} {}
partial_core::partial_core(partial_core&&) noexcept = default;
partial_core& partial_core::operator=(partial_core&&) noexcept = default;
partial_core::~partial_core() = default;

void partial_core::feed(std::string_view bytes) { machine_->feed(bytes); }
bool partial_core::is_complete() const noexcept { return machine_->is_complete(); }
std::optional<error> partial_core::problem() const { return machine_->problem(); }
arrival partial_core::at(std::string_view pointer) const { return machine_->at(pointer); }
arrival partial_core::of(void const* member) const { return machine_->of(member); }
std::size_t partial_core::open_items(void const* member) const { return machine_->open_items(member); }
bool partial_core::settle() { return machine_->settle(); }
std::string_view partial_core::text() const noexcept { return machine_->text(); }
read_options const& partial_core::options() const noexcept { return machine_->options(); }

}  // namespace coax::json::detail
