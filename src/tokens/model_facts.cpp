#include "tokens/model_facts_file.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace coax {

struct model_table::data {
    std::string as_of{};
    std::vector<model_facts> models{};
};

namespace {

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether what follows a model's name says which snapshot of it is meant: "-2025-08-07", "-20250929", "-0613",
/// "@20250929", "-latest", "-001", "-preview-05-20".
bool is_snapshot(std::string_view rest) {
    if (rest.empty()) return true;
    if (rest.front() != '-' && rest.front() != '@') return false;
    rest.remove_prefix(1);
    if (rest == "latest" || rest == "preview") return true;
    constexpr std::size_t fewest_digits = 3;  // a version, such as the 5 of "-5-1", has fewer
    bool const dated = rest.starts_with("preview-");
    if (dated) rest.remove_prefix(8);
    if (!dated && rest.find('-') < fewest_digits) return false;
    if (!dated && rest.size() < fewest_digits) return false;
    while (!rest.empty()) {
        auto const end = std::min(rest.find('-'), rest.size());
        if (!all_digits(rest.substr(0, end))) return false;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return true;
}

/// How much of a model's name an entry is about; nothing: it is about another model.
std::optional<std::size_t> match(model_facts const& facts, std::string_view model) {
    std::string_view id{facts.id};
    if (id.ends_with('*')) {
        id.remove_suffix(1);
        return model.starts_with(id) ? std::optional{id.size()} : std::nullopt;
    }
    bool const about = model.starts_with(id) && is_snapshot(model.substr(id.size()));
    return about ? std::optional{id.size()} : std::nullopt;
}

}  // namespace

model_table const& model_table::built_in() {
    static model_table const table = [] {
        auto made = std::make_shared<data>();
        made->models = value_or_throw(tokens::detail::read_models(tokens::detail::built_in_models, made->as_of));
        model_table whole;
        whole.data_ = std::move(made);
        return whole;
    }();
    return table;
}

result<model_table> model_table::parse(std::string_view text) {
    auto made = std::make_shared<data>();
    auto read = tokens::detail::read_models(text, made->as_of);
    if (!read) return std::move(read).error();
    made->models = *std::move(read);
    auto const& known = built_in().models();
    made->models.insert(made->models.end(), known.begin(), known.end());
    model_table whole;
    whole.data_ = std::move(made);
    return whole;
}

result<model_table> model_table::load(std::string const& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return error{.code = errc::io_failed, .message = "cannot be read", .where = path};
    auto table = parse(text.str());
    if (table) return table;
    auto why = std::move(table).error();
    why.where.insert(0, path + ' ');
    return why;
}

model_facts const* model_table::find(std::string_view model, std::string_view service) const noexcept {
    if (model.starts_with("models/")) model.remove_prefix(7);
    if (service == "vertex") service = "gemini";
    model_facts const* best = nullptr;
    std::size_t longest = 0;
    for (auto const& one : facts().models) {
        if (!service.empty() && !one.service.empty() && one.service != service) continue;
        if (auto const length = match(one, model); length && (best == nullptr || *length > longest)) {
            best = &one;
            longest = *length;
        }
    }
    return best;
}

model_table::data const& model_table::facts() const noexcept { return data_ ? *data_ : *built_in().data_; }
std::vector<model_facts> const& model_table::models() const noexcept { return facts().models; }
std::string const& model_table::as_of() const noexcept { return facts().as_of; }

error unknown_model(std::string_view model, std::string_view service) {
    return invalid_argument("model", "nobody told what \"" + std::string{model} + "\" of the service \"" +
                                         std::string{service} +
                                         "\" costs: give its prices in a file of facts (0, if it is free)");
}

}  // namespace coax
