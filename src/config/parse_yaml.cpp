#include "config/parse_file.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#if defined(COAX_WITH_YAML_CPP)
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>
#endif

namespace coax::config::detail {

#if defined(COAX_WITH_YAML_CPP)
namespace {

/// How much a value adds to a file.
struct extent {
    std::size_t nodes{1};
    std::size_t levels{1};

    void add(extent inner) {
        nodes += inner.nodes;
        levels = std::max(levels, inner.levels + 1);
    }
};

extent extent_of(node const& value) {
    extent whole;
    for (auto const& item : value.items) whole.add(extent_of(item));
    return whole;
}

place place_of(YAML::Mark const& mark, std::string const& name) {
    return {name, static_cast<std::size_t>(std::max(mark.line, 0)) + 1,
            static_cast<std::size_t>(std::max(mark.column, 0)) + 1};
}

/// Whether a text in quotes ends: yaml-cpp takes the end of a file for a quote.
/// @param rest  From the text, or the anchor or tag before it; without quotes it is closed.
bool is_closed(std::string_view rest) {
    while (rest.starts_with('&') || rest.starts_with('!'))
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n", rest.find_first_of(" \t\r\n")), rest.size()));
    if (!rest.starts_with('"') && !rest.starts_with('\'')) return true;
    char const quote = rest.front();
    for (std::size_t i = 1; i < rest.size(); ++i) {
        bool const is_pair = quote == '\'' && rest.substr(i, 2) == "''";
        if (is_pair || (quote == '"' && rest[i] == '\\'))
            ++i;
        else if (rest[i] == quote)
            return true;
    }
    return false;
}

/// Builds a value from the events of one document.
class node_builder final : public YAML::EventHandler {
public:
    node_builder(std::string_view text, std::string const& name) : text_{text}, name_{name} {}

    [[nodiscard]] node take() && { return std::move(root_); }

    void OnDocumentStart(YAML::Mark const& mark) override {
        if (std::exchange(has_document_, true)) fail(mark, "a second document: a file holds one");
    }
    void OnDocumentEnd() override {}
    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        add({.kind = node_kind::null, .at = at(mark)}, anchor);
    }
    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override {
        bool const is_plain = tag == "?";
        if (!is_plain && tag != "!" && !tag.empty() && tag != "tag:yaml.org,2002:str") refuse_tag(mark, tag);
        if (!is_plain && !is_closed(text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()))))
            fail(mark, "a quote that is never closed");
        add({.kind = is_plain ? node_kind::plain : node_kind::quoted, .text = value, .at = at(mark)}, anchor);
    }
    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        auto const found = anchors_.find(anchor);
        if (found == anchors_.end()) fail(mark, "an alias inside of what it stands for");
        auto const whole = extent_of(found->second);
        if (open_.size() + whole.levels > most_levels) fail(mark, too_deep);
        if ((nodes_ += whole.nodes) > most_nodes) fail(mark, too_many);
        place_in(found->second, at(mark));
    }
    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open({.kind = node_kind::list, .at = at(mark)}, mark, tag, anchor);
    }
    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open({.kind = node_kind::map, .at = at(mark)}, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override {
        merge(open_.back());
        close();
    }

private:
    static constexpr char const* too_deep = "nested deeper than 64 levels";
    static constexpr char const* too_many = "more than 20,000 values, aliases counted as what they stand for";

    struct open_node {
        node value{};
        YAML::anchor_t anchor{0};
        bool has_key{false};
        std::string key{};
        place key_at{};
        std::vector<std::pair<place, node>> merged{};  ///< Values of "<<".
    };

    [[nodiscard]] place at(YAML::Mark const& mark) const { return place_of(mark, name_); }
    [[noreturn]] void fail(YAML::Mark const& mark, std::string message) const {
        throw problem{at(mark), std::move(message)};
    }
    [[noreturn]] void refuse_tag(YAML::Mark const& mark, std::string const& tag) const {
        fail(mark, "a tag (" + tag + "): leave it out, the setting says what type its value has");
    }

    void open(node value, YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor) {
        if (!tag.empty() && tag != "?" && tag != "!") refuse_tag(mark, tag);
        if (open_.size() + 1 >= most_levels) fail(mark, too_deep);
        if (is_key_next()) fail(mark, "a key that is no text");
        open_.push_back({.value = std::move(value), .anchor = anchor});
    }
    void close() {
        auto done = std::move(open_.back());
        open_.pop_back();
        add(std::move(done.value), done.anchor);
    }
    [[nodiscard]] bool is_key_next() const {
        return !open_.empty() && open_.back().value.kind == node_kind::map && !open_.back().has_key;
    }
    void add(node value, YAML::anchor_t anchor) {
        if (++nodes_ > most_nodes) throw problem{value.at, too_many};
        if (anchor != 0) anchors_[anchor] = value;
        auto const where = value.at;
        place_in(std::move(value), where);
    }
    /// Puts a value where it belongs. @param where  Of the alias, if it is one.
    void place_in(node value, place const& where) {
        if (open_.empty()) return static_cast<void>(root_ = std::move(value));
        auto& into = open_.back();
        if (into.value.kind == node_kind::list) return into.value.items.push_back(std::move(value));
        if (!into.has_key) return take_key(into, value, where);
        into.has_key = false;
        if (into.key == "<<")
            into.merged.emplace_back(where, std::move(value));
        else
            into.value.items.push_back(with_key(std::move(value), std::move(into.key), into.key_at));
    }
    static node with_key(node value, std::string key, place const& where) {
        value.key = std::move(key);
        value.key_at = where;
        return value;
    }
    static void take_key(open_node& into, node const& key, place const& where) {
        bool const is_text = key.kind == node_kind::plain || key.kind == node_kind::quoted;
        if (!is_text) throw problem{where, "a key that is no text"};
        if (into.value.find(key.text) != nullptr) throw problem{where, "\"" + key.text + "\" stands here twice"};
        into.has_key = true;
        into.key = key.text;
        into.key_at = where;
    }
    /// Adds what a map takes over from others: what it and those before do not have.
    static void merge(open_node& into) {
        for (auto& [where, value] : into.merged) {
            bool const is_list = value.kind == node_kind::list;
            auto const sources = is_list ? value.items : std::vector{value};
            for (auto const& source : sources) {
                if (source.kind != node_kind::map) throw problem{where, "\"<<\" takes maps"};
                for (auto const& item : source.items)
                    if (into.value.find(item.key) == nullptr) into.value.items.push_back(item);
            }
        }
    }

    std::string_view text_;
    std::string const& name_;
    node root_{};
    std::vector<open_node> open_{};
    std::map<YAML::anchor_t, node> anchors_{};
    std::size_t nodes_{0};
    bool has_document_{false};
};

}  // namespace

parsed_file parse_yaml(std::string_view text, std::string const& name) try {
    if (text.find('\0') != std::string_view::npos) return problem{{name}, "a zero byte: this is no text"};
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::istringstream in{std::string{text}};
    YAML::Parser parser{in};
    node_builder builder{text, name};
    while (parser.HandleNextDocument(builder)) {
    }
    return std::move(builder).take();
} catch (problem const& wrong) {
    return wrong;
} catch (YAML::Exception const& wrong) {
    bool const is_open = wrong.msg.find("map flow") != std::string::npos && text.find("${") != std::string_view::npos;
    return problem{place_of(wrong.mark, name),
                   wrong.msg + (is_open ? "; between braces write \"${NAME}\", in quotes" : "")};
}

#else

parsed_file parse_yaml(std::string_view, std::string const& name) {
    return problem{{name}, "this build reads JSON only: it was made without yaml-cpp; name the file .json"};
}

#endif

}  // namespace coax::config::detail
