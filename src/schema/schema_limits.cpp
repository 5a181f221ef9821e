#include "schema/schema_problem.hpp"
#include "schema/schema_tree.hpp"

#include <map>
#include <set>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

class limit_checker {
public:
    limit_checker(bj::value const& root, dialect_limits const& most) : root_{root}, most_{most}, tally_{most} {}

    std::optional<error> check() {
        count(root_, {});
        if (most_.levels != no_limit) descend(root_, {}, 0);
        if (tally_.problem() == schema_problem::none) return std::nullopt;
        return error{
            .code = errc::invalid_argument, .message = std::string{explain(tally_.problem())}, .where = where_};
    }

private:
    /// Keeps the place where the first limit is passed.
    void note(std::string const& where) {
        if (tally_.problem() == schema_problem::none || is_noted_) return;
        is_noted_ = true;
        where_ = where;
    }

    template <class Visitor>
    static void visit_children(bj::object const& schema, std::string const& where, Visitor visitor) {
        for (std::string_view const key : {"properties", "$defs", "definitions"})
            if (auto const* const named = member(schema, key))
                for (auto const& each : named->get_object())
                    visitor(each.value(), below(below(where, key), each.key()), key != "properties");
        for (std::string_view const key : {"items", "additionalProperties"})
            if (auto const* const one = member(schema, key)) visitor(*one, below(where, key), false);
        for (std::string_view const key : {"anyOf", "prefixItems"})
            if (auto const* const list = member(schema, key))
                for (std::size_t i = 0; i < list->get_array().size(); ++i)
                    visitor(list->get_array()[i], below(below(where, key), std::to_string(i)), false);
    }

    // --- what is counted once, wherever it stands ---

    void count(bj::value const& schema, std::string const& where) {
        if (!schema.is_object()) return;
        auto const& object = schema.get_object();
        auto const* const type = member(object, "type");
        if (member(object, "anyOf") != nullptr || (type != nullptr && type->is_array())) tally_.add_union();
        if (auto const* const choices = member(object, "enum")) count_values(choices->get_array());
        if (auto const* const only = member(object, "const")) tally_.add_characters(size_of(*only));
        if (auto const* const properties = member(object, "properties"))
            for (auto const& each : properties->get_object())
                tally_.add_property(each.key(), is_required(object, each.key()));
        for (std::string_view const key : {"$defs", "definitions"})
            if (auto const* const named = member(object, key))
                for (auto const& each : named->get_object()) tally_.add_characters(each.key().size());
        note(where);
        visit_children(object, where,
                       [this](bj::value const& each, std::string const& place, bool) { count(each, place); });
    }

    void count_values(bj::array const& values) {
        std::size_t characters = 0;
        std::size_t count = 0;
        for (auto const& each : values) {
            characters += size_of(each);
            count += each.is_null() ? 0 : 1;
        }
        tally_.add_enum(count, characters);
    }

    static std::size_t size_of(bj::value const& value) { return value.is_string() ? value.get_string().size() : 0; }

    // --- levels, also through references ---

    void descend(bj::value const& schema, std::string const& where, std::size_t level) {
        if (!schema.is_object() || is_noted_) return;
        auto& deepest = deepest_[&schema];
        if (deepest > level) return;
        deepest = level + 1;
        auto const& object = schema.get_object();
        if (auto const* const reference = member(object, "$ref")) return follow(reference->get_string(), where, level);
        bool const nests = member(object, "properties") || member(object, "items") || member(object, "prefixItems") ||
                           member(object, "additionalProperties");
        if (nests && ++level > most_.levels) tally_.fail(schema_problem::too_deep);
        note(where);
        visit_children(object, where, [&](bj::value const& each, std::string const& place, bool is_definition) {
            if (!is_definition) descend(each, place, level);
        });
    }

    /// What contains itself is looked at once on each way.
    void follow(std::string_view reference, std::string const& where, std::size_t level) {
        auto const* const named = resolve(root_, reference);
        if (named == nullptr || named == &root_ || !open_.insert(named).second) return;
        descend(*named, where, level);
        open_.erase(named);
    }

    bj::value const& root_;
    dialect_limits const& most_;
    schema_limit_counter tally_;
    bool is_noted_{false};
    std::string where_{};
    std::map<bj::value const*, std::size_t> deepest_{};
    std::set<bj::value const*> open_{};
};

}  // namespace

std::optional<error> check_limits(bj::value const& schema, dialect_limits const& most) {
    return limit_checker{schema, most}.check();
}

}  // namespace coax::schema::detail
