#include "sim/decision.hpp"
#include "sim/openai_reader.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <set>

namespace coax::sim::detail {
namespace {

constexpr std::size_t most_options = 255;

bool is_entry(json::value const* value) {  // System One's text, JSON or null
    return value == nullptr || value->is_string() || value->is_object() || value->is_array() || value->is_null();
}

std::string words_of(json::value const* value) {
    if (value == nullptr || value->is_null()) return {};
    return value->is_string() ? std::string{view(value->get_string())} : to_json(*value);
}

/// What is between two limits.
bool holds_between(std::size_t count, std::size_t low, std::size_t high) { return count >= low && count <= high; }

class decision_reader {
public:
    decision_reader(json::value const& body, decision_form form, decision_request& out)
        : body_{body}, form_{form}, out_{out} {
        out_.form = form;
    }

    rejection read() {
        if (!body_.is_object()) return refuse("", "Input should be an object");
        if (auto wrong = only(body_, members(), "")) return wrong;
        out_.model = text_member(body_, "model");
        if (out_.model.empty()) return refuse("model", "Field required");
        if (auto wrong = check_model()) return wrong;
        if (auto wrong = form_ == decision_form::system_one ? read_state() : read_input()) return wrong;
        if (auto wrong = read_questions()) return wrong;
        out_.tokens = token_count(to_json(body_).size());
        return std::nullopt;
    }

private:
    [[nodiscard]] rejection refuse(std::string where, std::string message) const {
        if (form_ == decision_form::system_one)
            return api_error{.status = 422, .message = std::move(message), .param = std::move(where)};
        if (form_ == decision_form::openai) {
            auto told = "Invalid " + quoted(where) + ": " + message;
            return bad_request(std::move(told), std::move(where), "invalid_value");
        }
        return bad_request("Invalid value at " + quoted(where) + ": " + message);
    }
    [[nodiscard]] rejection only(json::value const& object, std::vector<std::string_view> const& known,
                                 std::string const& where) const {
        if (!object.is_object()) return refuse(where, "Input should be an object");
        auto const foreign = foreign_member(object, known);
        if (foreign.empty()) return std::nullopt;
        return refuse(where.empty() ? std::string{foreign} : where + '.' + std::string{foreign},
                      "Extra inputs are not permitted");
    }

    [[nodiscard]] std::vector<std::string_view> members() const {
        switch (form_) {
            case decision_form::openai:
                return {"model", "input", "questions", "prompt_cache_key", "prompt_cache_options", "safety_identifier"};
            case decision_form::gemini: return {"model", "input", "questions"};
            case decision_form::system_one: break;
        }
        return {"model", "state", "questions"};
    }

    /// The names that only one service demands. Source: reference openai-since-08.md, A1; gemini-since-08.md, A1.
    rejection check_model() {
        if (form_ == decision_form::openai && !out_.model.starts_with("gpt-6-luna"))
            return refuse("model", "only gpt-6-luna is supported");
        if (form_ != decision_form::gemini) return std::nullopt;
        if (!out_.model.starts_with("models/")) return refuse("model", "must have the form models/{model}");
        out_.model.remove_prefix(7);
        return std::nullopt;
    }

    rejection read_state() {
        auto const* const state = member(body_, "state");
        if (state == nullptr) return refuse("state", "Field required");
        if (!is_entry(state)) return refuse("state", "Input should be a string, an object, an array or null");
        out_.text = words_of(state);
        return std::nullopt;
    }

    rejection read_input() {
        auto const* const input = member(body_, "input");
        if (input == nullptr) return refuse("input", "Field required");
        if (input->is_string()) {
            out_.text = view(input->get_string());
            return out_.text.empty() ? refuse("input", "must not be empty") : std::nullopt;
        }
        if (form_ == decision_form::gemini && input->is_object()) return read_part(*input, "input");
        if (!input->is_array() || input->get_array().empty()) return refuse("input", "must be a string or a list");
        std::size_t at = 0;
        for (auto const& each : input->get_array()) {
            auto const where = "input[" + std::to_string(at++) + ']';
            if (auto wrong = form_ == decision_form::gemini ? read_part(each, where) : read_message(each, where))
                return wrong;
        }
        return std::nullopt;
    }

    rejection read_message(json::value const& one, std::string const& where) {
        if (auto wrong = only(one, {"role", "content", "type"}, where)) return wrong;
        auto const speaker = text_member(one, "role");
        if (speaker != "user" && speaker != "developer" && speaker != "system" && speaker != "assistant")
            return refuse(where + ".role", "is no role");
        auto const* const content = member(one, "content");
        if (content == nullptr) return refuse(where + ".content", "Field required");
        if (content->is_string()) {
            add_text(view(content->get_string()));
            return std::nullopt;
        }
        if (!content->is_array()) return refuse(where + ".content", "must be a string or a list of parts");
        for (auto const& part : content->get_array())
            if (auto wrong = read_openai_part(part, speaker, where + ".content")) return wrong;
        return std::nullopt;
    }

    rejection read_openai_part(json::value const& part, std::string_view speaker, std::string const& where) {
        auto const type = text_member(part, "type");
        if (type == "input_text") {
            add_text(text_member(part, "text"));
            return only(part, {"type", "text", "prompt_cache_breakpoint"}, where);
        }
        if (type == "input_json" && speaker == "user") {
            add_text(words_of(member(part, "data")));
            return only(part, {"type", "data"}, where);
        }
        if (type != "input_image" || speaker != "user") return refuse(where, "is no part of this message");
        auto const url = text_member(part, "image_url");
        if (!url.starts_with("data:") && !url.starts_with("http")) return refuse(where + ".image_url", "is no address");
        return only(part, {"type", "image_url", "detail", "prompt_cache_breakpoint"}, where);
    }

    rejection read_part(json::value const& part, std::string const& where) {
        auto const type = text_member(part, "type");
        if (type == "text") {
            add_text(text_member(part, "text"));
            return only(part, {"type", "text", "annotations"}, where);
        }
        if (type != "image" && type != "audio" && type != "video" && type != "document")
            return refuse(where + ".type", "is no kind of content");
        if (text_member(part, "data").empty() == text_member(part, "uri").empty())
            return refuse(where, "has either data or a uri");
        return only(part, {"type", "data", "mime_type", "uri", "resolution"}, where);
    }

    void add_text(std::string_view text) { out_.text.append(out_.text.empty() ? "" : "\n").append(text); }

    // ---- the questions ----

    rejection read_questions() {
        auto const* const all = member(body_, "questions");
        if (all == nullptr) return refuse("questions", "Field required");
        if (form_ == decision_form::openai) return read_list(*all);
        if (!all->is_object() || all->get_object().empty())
            return refuse("questions", "Dictionary should have at least 1 item");
        for (auto const& [name, question] : all->get_object()) {
            out_.questions.push_back({.name = std::string{view(name)}});
            if (auto wrong = read_question(question, "questions." + std::string{view(name)})) return wrong;
        }
        return std::nullopt;
    }

    rejection read_list(json::value const& all) {
        if (!all.is_array() || !holds_between(all.get_array().size(), 1, 400))
            return refuse("questions", "must be a list of 1 to 400 questions");
        std::size_t at = 0;
        for (auto const& question : all.get_array()) {
            out_.questions.push_back({.name = std::string{text_member(question, "name")}});
            if (auto wrong = read_question(question, "questions[" + std::to_string(at++) + ']')) return wrong;
        }
        return std::nullopt;
    }

    rejection read_question(json::value const& question, std::string const& where) {
        auto& out = out_.questions.back();
        auto const type = text_member(question, "type");
        std::string_view const yes_no = form_ == decision_form::openai ? "predicate" : "noul";
        if (type != yes_no && type != "choice" && type != "score")
            return refuse(where + ".type", "is no kind of question");
        out.kind = type == yes_no    ? question_kind::predicate
                   : type == "score" ? question_kind::score
                                     : question_kind::choice;
        if (auto wrong = read_instructions(question, where)) return wrong;
        if (form_ == decision_form::openai) return read_openai_options(question, where);
        if (auto wrong = only(question, {"type", "instructions", "criteria"}, where)) return wrong;
        return read_criteria(member(question, "criteria"), where + ".criteria");
    }

    rejection read_instructions(json::value const& question, std::string const& where) {
        auto const* const words = member(question, "instructions");
        out_.questions.back().instructions = words_of(words);
        if (form_ == decision_form::system_one)
            return is_entry(words) ? std::nullopt : refuse(where + ".instructions", "is neither text nor JSON");
        bool const is_given = words != nullptr && (words->is_string() || words->is_array()) &&
                              !out_.questions.back().instructions.empty();
        return is_given ? std::nullopt : refuse(where + ".instructions", "Field required");
    }

    rejection read_criteria(json::value const* criteria, std::string const& where) {
        auto& out = out_.questions.back();
        bool const is_gemini = form_ == decision_form::gemini;
        if (out.kind == question_kind::predicate) {
            if (criteria == nullptr || criteria->is_null()) return std::nullopt;
            if (is_gemini) return only(*criteria, {"true_description", "false_description"}, where);
            return only(*criteria, {"true", "false"}, where);
        }
        if (criteria == nullptr) return refuse(where, "Field required");
        if (out.kind == question_kind::score) return read_levels(*criteria, where);
        if (!criteria->is_object() || !holds_between(criteria->get_object().size(), is_gemini ? 2 : 1, most_options))
            return refuse(where, "must have " + std::string{is_gemini ? "2" : "1"} + " to 255 options");
        for (auto const& [label, words] : criteria->get_object()) {
            if (is_gemini ? !words.is_string() : !is_entry(&words))
                return refuse(where, "has a description that is none");
            out.options.push_back({std::string{view(label)}, words_of(&words)});
        }
        return std::nullopt;
    }

    rejection read_levels(json::value const& levels, std::string const& where) {
        bool const is_gemini = form_ == decision_form::gemini;
        if (!levels.is_array() || !holds_between(levels.get_array().size(), 2, is_gemini ? most_options : 10))
            return refuse(where, is_gemini ? "must have 2 to 255 levels" : "must have 2 to 10 levels");
        for (auto const& level : levels.get_array()) {
            auto& options = out_.questions.back().options;
            auto words = words_of(&level);
            if (is_gemini ? !level.is_string() || words.empty() : !is_entry(&level))
                return refuse(where, "has a level that is none");
            options.push_back({std::to_string(options.size()), std::move(words)});
        }
        return std::nullopt;
    }

    rejection read_openai_options(json::value const& question, std::string const& where) {
        auto& out = out_.questions.back();
        if (out.kind == question_kind::predicate) return only(question, {"type", "instructions", "name"}, where);
        bool const is_choice = out.kind == question_kind::choice;
        std::string const list = is_choice ? "choices" : "levels";
        std::string const label = is_choice ? "value" : "label";
        if (auto wrong = only(question, {"type", "instructions", "name", list}, where)) return wrong;
        auto const* const options = member(question, list);
        if (options == nullptr || !options->is_array() || !holds_between(options->get_array().size(), 2, most_options))
            return refuse(where + '.' + list, "must have 2 to 255 entries");
        std::set<std::string> seen;
        for (auto const& option : options->get_array()) {
            if (auto wrong = only(option, {label, "description"}, where + '.' + list)) return wrong;
            auto const text = text_member(option, label);
            if (text.empty()) return refuse(where + '.' + list, "has an entry without a " + label);
            if (!seen.emplace(text).second) return refuse(where + '.' + list, "must be unique");
            out.options.push_back({std::string{text}, std::string{text_member(option, "description")}});
        }
        return std::nullopt;
    }

    json::value const& body_;
    decision_form form_;
    decision_request& out_;
};

}  // namespace

decision_form decision_form_of(request_route const& route, json::value const& body) noexcept {
    if (route.dialect == dialect::gemini) return decision_form::gemini;
    bool const has_state = member(body, "state") != nullptr;
    return route.dialect == dialect::system_one || has_state ? decision_form::system_one : decision_form::openai;
}

rejection read_decision_request(json::value const& body, decision_form form, decision_request& out) {
    return decision_reader{body, form, out}.read();
}

}  // namespace coax::sim::detail
