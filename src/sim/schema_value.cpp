#include "sim/schema_value.hpp"

#include "sim/pattern_text.hpp"
#include "sim/sample_text.hpp"
#include "sim/schema_keywords.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

namespace coax::sim::detail {
namespace {

constexpr int minimal_depth = 5;  // deeper values have only what they must
constexpr std::size_t minimal_values = 4096;
constexpr std::size_t max_values = 32'768;  // larger values are left unfinished
constexpr std::size_t max_items = 10'000;
constexpr std::size_t max_padding = std::size_t{1} << 20U;

class value_generator {
public:
    value_generator(json::value const& root, prompt_words const& prompt, random_source& random, member_order order)
        : root_{root}, random_{random}, words_{prompt, random}, order_{order} {}

    json::value make(json::value const& schema, std::string_view name) {
        if (depth_ >= max_depth || exhausted()) return nullptr;
        ++depth_;
        ++made_;
        auto value = make_here(schema, name);
        --depth_;
        return value;
    }

private:
    [[nodiscard]] bool exhausted() const noexcept { return made_ > max_values; }
    [[nodiscard]] bool minimal() const noexcept { return depth_ > minimal_depth || made_ > minimal_values; }

    json::value make_here(json::value const& schema, std::string_view name) {
        if (!schema.is_object()) return json::value(words_.phrase(name));
        if (auto const ref = text_member(schema, "$ref"); !ref.empty()) {
            auto const* target = resolve_ref(root_, ref);
            return target != nullptr ? make(*target, name) : json::value{};
        }
        if (auto const* constant = member(schema, "const")) return *constant;
        if (auto const* values = array_of(schema, "enum"); values != nullptr && !values->empty())
            return words_.choose_label(*values);
        if (auto const* parts = array_of(schema, "allOf"); parts != nullptr)
            return make(merge_all_of(schema, root_), name);
        if (auto const* variants = variants_of(schema); variants != nullptr && !variants->empty())
            return make(choose_variant(*variants), name);
        return make_typed(schema, type_of(schema), name);
    }

    json::value make_typed(json::value const& schema, std::string_view type, std::string_view name) {
        if (type == "object") return make_object(schema);
        if (type == "array") return make_array(schema, name);
        if (type == "integer") return make_integer(schema);
        if (type == "number") return make_number(schema, name);
        if (type == "boolean") return random_.chance(0.5);
        if (type == "null") return nullptr;
        return json::value(make_string(schema, name));
    }

    std::string_view type_of(json::value const& schema) {
        auto const* type = member(schema, "type");
        if (type == nullptr) return inferred_type(schema);
        if (type->is_string()) return view(type->get_string());
        auto const* types = type->if_array();
        if (types == nullptr || types->empty()) return inferred_type(schema);
        std::vector<std::string_view> real;
        bool nullable = false;
        for (auto const& entry : *types) {
            if (!entry.is_string()) continue;
            if (view(entry.get_string()) == "null")
                nullable = true;
            else
                real.push_back(view(entry.get_string()));
        }
        if (real.empty() || (nullable && (minimal() || random_.chance(0.25)))) return "null";
        return real[random_.below(real.size())];
    }

    json::value const& choose_variant(json::array const& variants) {
        if (minimal()) return simplest_of(variants);
        auto const& first = variants[random_.below(variants.size())];
        if (text_member(first, "type") != "null" || random_.chance(0.5)) return first;
        return variants[random_.below(variants.size())];
    }

    json::value const& simplest_of(json::array const& variants) {
        auto const [known, is_new] = simplest_.try_emplace(&variants, nullptr);
        if (is_new)
            known->second = &*std::ranges::min_element(variants, {}, [this](json::value const& variant) {
                return text_member(variant, "type") == "null" ? -1 : min_depth(variant, root_);
            });
        return *known->second;
    }

    // -- objects and arrays --

    json::value make_object(json::value const& schema) {
        json::object made;
        if (auto const* properties = object_of(schema, "properties")) {
            bool const split = order_ == member_order::required_first;
            add_members(made, schema, *properties, true, !split);
            if (split) add_members(made, schema, *properties, false, true);
        }
        if (auto const* others = member(schema, "additionalProperties"); others != nullptr && others->is_object())
            add_free_members(made, schema, *others);
        return made;
    }

    void add_members(json::object& made, json::value const& schema, json::object const& properties, bool required,
                     bool optional) {
        for (auto const& [name, property] : properties) {
            auto const key = view(name);
            bool const wanted = is_required(schema, key) ? required : optional && !minimal() && random_.chance(0.75);
            if (wanted) made.emplace(key, make(property, key));
        }
    }

    void add_free_members(json::object& made, json::value const& schema, json::value const& others) {
        auto const least = size_of(schema, "minProperties", 0);
        auto const most = std::max(least, size_of(schema, "maxProperties", std::max<std::size_t>(least, 3)));
        auto const wanted =
            minimal() ? least : std::max<std::size_t>(least, std::min<std::size_t>(most, 1 + random_.below(3)));
        for (std::size_t tries = 0; made.size() < std::min(wanted, max_items) && !exhausted(); ++tries) {
            auto key = lower_ascii(words_.word());
            if (made.contains(key)) key += std::to_string(tries);
            made.emplace(key, make(others, key));
        }
    }

    json::value make_array(json::value const& schema, std::string_view name) {
        json::array made;
        if (auto const* prefix = array_of(schema, "prefixItems"))
            for (auto const& item : *prefix) made.push_back(make(item, name));
        auto const least = size_of(schema, "minItems", 0);
        auto const most = size_of(schema, "maxItems", std::max<std::size_t>(least, 3));
        auto wanted = minimal() ? least : std::max(least, std::min<std::size_t>(most, 1 + random_.below(3)));
        wanted = std::min(std::min(wanted, most), max_items);
        static json::value const anything = json::object{};
        auto const* items = member(schema, "items");
        if (items != nullptr && items->is_bool()) return made;
        auto const* unique = member(schema, "uniqueItems");
        bool const distinct = unique != nullptr && unique->is_bool() && unique->get_bool();
        for (std::size_t tries = 0; made.size() < wanted && tries < wanted * 4 + 32 && !exhausted(); ++tries) {
            auto item = make(items != nullptr ? *items : anything, name);
            if ((distinct || made.size() >= least) && std::ranges::find(made, item) != made.end()) continue;
            made.push_back(std::move(item));
        }
        return made;
    }

    // -- numbers --

    struct range {
        double low;
        double high;
    };

    static range range_of(json::value const& schema, double usual_low, double usual_high) {
        auto const low = number_of(schema, "minimum");
        auto const high = number_of(schema, "maximum");
        auto const above = number_of(schema, "exclusiveMinimum");
        auto const below = number_of(schema, "exclusiveMaximum");
        std::optional<double> from = low;
        std::optional<double> to = high;
        if (above) from = std::max(from.value_or(*above), *above);
        if (below) to = std::min(to.value_or(*below), *below);
        double const span = usual_high - usual_low;
        if (from && to) return {*from, *to};
        if (from) return {*from, std::max(usual_high, *from + span)};
        if (to) return {std::min(usual_low, *to - span), *to};
        return {usual_low, usual_high};
    }

    static bool excluded(json::value const& schema, double value) {
        auto const above = number_of(schema, "exclusiveMinimum");
        auto const below = number_of(schema, "exclusiveMaximum");
        return (above && value <= *above) || (below && value >= *below);
    }

    /// A whole multiple of `step` in the range, or nothing where there is none.
    std::optional<double> multiple_in(json::value const& schema, range limits, double step) {
        double first = std::ceil(limits.low / step);
        double last = std::floor(limits.high / step);
        if (excluded(schema, first * step)) first += 1;
        if (excluded(schema, last * step)) last -= 1;
        if (!(first <= last) || !std::isfinite(first) || !std::isfinite(last)) return std::nullopt;
        auto const count = std::min(last - first + 1, 1e6);
        return (first + static_cast<double>(random_.below(static_cast<std::size_t>(count)))) * step;
    }

    json::value make_integer(json::value const& schema) {
        auto limits = range_of(schema, 0, 100);
        limits.low = std::clamp(limits.low, -largest_exact, largest_exact);
        limits.high = std::clamp(limits.high, -largest_exact, largest_exact);
        auto const step = std::clamp(std::ceil(number_of(schema, "multipleOf").value_or(1)), 1.0, largest_exact);
        auto const found = multiple_in(schema, limits, step);
        return static_cast<std::int64_t>(found.value_or(std::ceil(limits.low)));
    }

    json::value make_number(json::value const& schema, std::string_view name) {
        auto limits = range_of(schema, 0, 100);
        if (auto const step = number_of(schema, "multipleOf"); step && *step > 0)
            return multiple_in(schema, limits, *step).value_or(limits.low);
        bool const sure =
            limits.low == 0 && limits.high == 1 && (contains(name, "confiden") || contains(name, "score"));
        double const share = sure ? 0.6 + 0.39 * random_.unit() : random_.unit();
        double const exact = limits.low + (limits.high - limits.low) * share;
        if (!std::isfinite(exact)) return limits.low;
        double const rounded = std::round(exact * 100) / 100;
        bool const fits = rounded >= limits.low && rounded <= limits.high && !excluded(schema, rounded);
        if (fits) return rounded;
        return excluded(schema, exact) ? limits.low + (limits.high - limits.low) / 2 : exact;
    }

    // -- strings --

    std::string make_string(json::value const& schema, std::string_view name) {
        if (auto const pattern = text_member(schema, "pattern"); !pattern.empty()) {
            for (int tries = 0; tries < 32; ++tries) {
                auto text = text_matching(pattern, random_);
                if (!text) break;
                if (fits_length(schema, *text)) return *text;
            }
        }
        if (auto const format = text_member(schema, "format"); !format.empty())
            if (auto text = words_.formatted(format); !text.empty()) return text;
        return fitted(schema, words_.phrase(name));
    }

    static bool fits_length(json::value const& schema, std::string_view text) {
        auto const length = utf8_length(text);
        return length >= size_of(schema, "minLength", 0) &&
               length <= size_of(schema, "maxLength", std::numeric_limits<std::size_t>::max());
    }

    std::string fitted(json::value const& schema, std::string text) {
        auto const least = std::min(size_of(schema, "minLength", 0), padding_left_);
        for (auto length = utf8_length(text); length < least;) {
            auto const more = " " + words_.word();
            length += utf8_length(more);
            padding_left_ -= std::min(padding_left_, more.size());
            text += more;
        }
        auto const most = size_of(schema, "maxLength", std::numeric_limits<std::size_t>::max());
        if (auto const cut = utf8_first(text, most); cut.size() < text.size()) {
            text.resize(cut.size());
            if (!text.empty() && text.back() == ' ') text.back() = '.';
        }
        return text;
    }

    json::value const& root_;
    random_source& random_;
    sample_text words_;
    member_order order_;
    int depth_{0};
    std::size_t made_{0};
    std::size_t padding_left_{max_padding};
    std::unordered_map<json::array const*, json::value const*> simplest_;
};

}  // namespace

json::value make_value(json::value const& schema, prompt_words const& prompt, random_source& random,
                       member_order order) {
    return value_generator{schema, prompt, random, order}.make(schema, {});
}

}  // namespace coax::sim::detail
