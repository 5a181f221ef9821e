#include "client/decision_fallback.hpp"
#include "client/run_on_shard.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/decide.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <utility>

namespace coax {
namespace detail {
namespace {

using bind::detail::field_descriptor;
using bind::detail::kind;
using bind::detail::type_descriptor;

/// What is decided of a member: that within an optional.
type_descriptor const& decided_part(type_descriptor const& type) {
    return type.what == kind::nullable ? *type.inner : type;
}

std::string name_of(std::string_view prefix, std::string_view name) {
    std::string whole{prefix};
    if (!prefix.empty()) whole += '.';
    return whole.append(name);
}

/// The enumerators as options; those of an ordered enum by value.
std::vector<decision_option> options_of(type_descriptor const& type, decided_member const& more) {
    auto const& all = *type.enumeration;
    std::vector<std::size_t> places(all.count);
    for (std::size_t i = 0; i < all.count; ++i) places[i] = i;
    if (more.ordered) std::ranges::sort(places, {}, [&](std::size_t i) { return all.values[i]; });
    std::vector<decision_option> options;
    options.reserve(places.size());
    for (auto const i : places) options.push_back({std::string{all.names[i]}, std::string{more.descriptions[i]}});
    return options;
}

std::vector<decision_option> levels_of(doc const& rules) {
    auto const low = rules.minimum.is_set() ? rules.minimum.integer : rules.exclusive_minimum.integer + 1;
    auto const high = rules.maximum.is_set() ? rules.maximum.integer : rules.exclusive_maximum.integer - 1;
    std::vector<decision_option> levels;
    for (auto level = low; level <= high; ++level) levels.push_back({.label = std::to_string(level)});
    return levels;
}

decision_question question_of(field_descriptor const& field, decided_member const& more, std::string name) {
    auto const& type = decided_part(*field.type);
    decision_question question{.name = std::move(name), .may_abstain = field.nullable};
    if (field.documentation != nullptr) question.instructions = field.documentation->description.view();
    if (type.what == kind::boolean) return question;
    bool const is_choice = type.what == kind::enumeration && !more.ordered;
    question.kind = is_choice ? decision_kind::choice : decision_kind::score;
    question.options = type.what == kind::enumeration ? options_of(type, more) : levels_of(*field.documentation);
    return question;
}

/// Calls `see(field, more, name)` for each member that is asked about, and `enter(field)` and `leave()` around those
/// of a struct.
template <class Walker>
void walk(decided_type const& type, std::string_view prefix, Walker& walker) {
    auto const& structure = *type.type->structure;
    for (std::size_t i = 0; i < structure.field_count; ++i) {
        auto const& field = structure.fields[i];
        if (field.type == nullptr) continue;
        auto const& more = type.members[i];
        auto name = name_of(prefix, field.name);
        if (field.type->what == kind::object) {
            walker.enter(field);
            walk({.type = field.type, .members = more.members}, name, walker);
            walker.leave();
        } else {
            walker.see(field, more, std::move(name));
        }
    }
}

struct question_collector {
    std::vector<decision_question> questions{};

    void enter(field_descriptor const& /*field*/) {}
    void leave() {}
    void see(field_descriptor const& field, decided_member const& more, std::string name) {
        questions.push_back(question_of(field, more, std::move(name)));
    }
};

/// Writes the answers as the JSON that the struct is read from.
class answer_writer {
public:
    answer_writer(std::string& text, decision_response const& response, decide_options const& options)
        : out_{text}, response_{response}, options_{options} {
        out_.begin_object();
    }

    void enter(field_descriptor const& field) { out_.key(field.name).begin_object(); }
    void leave() { out_.end_object(); }
    void see(field_descriptor const& field, decided_member const& /*more*/, std::string name) {
        auto const& answer = answer_of(response_, name);
        out_.key(field.name);
        if (answer.label.empty() || (field.nullable && is_below_threshold(answer, options_)))
            out_.null();
        else if (decided_part(*field.type).what == kind::enumeration)
            out_.value(answer.label);
        else
            out_.raw(answer.label);
    }

private:
    json::writer out_;
    decision_response const& response_;
    decide_options const& options_;
};

result<void> check_thresholds(std::vector<decision_question> const& questions, decide_options const& options) {
    auto const is_share = [](double value) { return value >= 0 && value <= 1; };
    if (!is_share(options.threshold)) return invalid_argument("threshold", "must be in [0, 1]");
    for (auto const& own : options.thresholds) {
        if (!is_share(own.probability)) return invalid_argument("thresholds", own.member + ": must be in [0, 1]");
        auto const found = std::ranges::find(questions, own.member, &decision_question::name);
        if (found == questions.end() || !found->may_abstain)
            return invalid_argument("thresholds", "'" + own.member + "' is no member that is optional");
    }
    return {};
}

/// An error after answers that were paid for.
error unusable(errc code, std::string message, std::string where, decision_response const& response) {
    return {.code = code,
            .message = std::move(message),
            .where = std::move(where),
            .http_status = 200,
            .request_id = response.request_id,
            .attempts = response.attempts,
            .input_tokens = response.usage.input_tokens,
            .output_tokens = response.usage.output_tokens};
}

}  // namespace

std::vector<decision_question> questions_of(decided_type const& type) {
    question_collector all;
    walk(type, {}, all);
    return std::move(all.questions);
}

decision_request to_decision_request(decided_type const& type, chat_request input, decide_options const& options) {
    decision_request request{.input = std::move(input), .questions = questions_of(type), .form = options.form};
    value_or_throw(check_thresholds(request.questions, options));
    return request;
}

void read_decided(decided_type const& type, void* value, decision_response const& response,
                  decide_options const& options) {
    value_or_throw(check_answered(questions_of(type), response));
    std::string text;
    answer_writer answers{text, response, options};
    walk(type, {}, answers);
    answers.leave();
    auto read = bind::detail::read_text(text, *type.type, value, {});
    if (!read) throw_error(unusable(errc::invalid_output, read.error().message, read.error().where, response));
}

decision_answer const& answer_of(decision_response const& response, std::string_view name) {
    auto const* const answer = response.find(name);
    if (answer == nullptr) throw_error(invalid_argument("name", "no member '" + std::string{name} + "' was decided"));
    return *answer;
}

std::string_view name_of_field(decided_type const& type, void const* object, void const* field) {
    auto const& structure = *type.type->structure;
    std::vector<void*> members(structure.field_count);
    structure.locate(const_cast<void*>(object), members.data());
    for (std::size_t i = 0; i < members.size(); ++i)
        if (members[i] == field && structure.fields[i].type != nullptr) return structure.fields[i].name;
    return {};
}

namespace {

/// By the service's own endpoint.
asio::awaitable<result<decision_response>> measure(shared_impl self, shard& at, decision_request request,
                                                   call_scope scope) {
    auto encoded = self->provider->encode_decision(request);
    if (!encoded) co_return std::move(encoded).error();
    decision_response got;
    auto decode = [&](http_response const& response, std::chrono::system_clock::time_point when) {
        return self->provider->decode_decision(request, response, when);
    };
    auto const bytes = static_cast<std::int64_t>(encoded->body.size());
    service_call call{.request = *std::move(encoded),
                      .decode = read_into(got, std::move(decode)),
                      .estimated_tokens = bytes / 4,
                      .kind = operation_kind::decision,
                      .model = request.input.model};
    auto const reply = co_await self->ask(at, std::move(call), scope);
    if (!reply) co_return reply.error();
    got.usage = reply->usage;
    got.attempts = reply->attempts;
    got.latency = reply->latency;
    co_return got;
}

/// By a chat whose response has the answers.
asio::awaitable<result<decision_response>> ask_by_chat(shared_impl self, shard& at, decision_request request,
                                                       call_scope scope) {
    if (auto valid = validate(request); !valid) co_return std::move(valid).error();
    auto format = answer_format(request.questions, self->options.output.leniency);
    if (!format) co_return std::move(format).error();
    auto asked = to_chat(std::move(request.input));
    auto work = observed_if_wanted(self, at, operation_kind::parse, std::move(scope), asked, [&](auto inner) {
        return self->parse(at, asked, *std::move(format), std::move(inner), self);
    });
    auto response = co_await std::move(work);
    if (!response) co_return std::move(response).error();
    co_return from_chat(request.questions, **response, self->options.output.leniency);
}

asio::awaitable<result<decision_response>> decide_at(shared_impl self, shard& at, decision_request request,
                                                     call_scope scope) {
    self->complete(request.input);
    auto const support = self->provider->decisions_of(request.input.model);
    bool const is_measured =
        request.form == decision_form::measured || (request.form == decision_form::automatic && support.standard);
    if (is_measured) return measure(std::move(self), at, std::move(request), std::move(scope));
    return ask_by_chat(std::move(self), at, std::move(request), std::move(scope));
}

}  // namespace
}  // namespace detail

bool is_below_threshold(decision_answer const& answer, decide_options const& options) {
    auto const own = std::ranges::find(options.thresholds, answer.name, &decision_threshold::member);
    auto const least = own == options.thresholds.end() ? options.threshold : own->probability;
    return answer.probability && *answer.probability < least;
}

result<void> check_answered(std::vector<decision_question> const& questions, decision_response const& response) {
    for (auto const& question : questions) {
        auto const* const answer = response.find(question.name);
        if (question.may_abstain || (answer != nullptr && !answer->label.empty())) continue;
        return detail::unusable(errc::refused, "the model declined to answer; an optional member would stay empty",
                                question.name, response);
    }
    return {};
}

asio::awaitable<decision_response> client::decide(decision_request request) const {
    auto const hint = impl_->routes ? detail::hint_of(request.input) : detail::route_hint{};
    return detail::run_on_shard<decision_response>(
        impl_,
        [request = std::move(request)](detail::shared_impl self, detail::shard& at, detail::call_scope scope) mutable {
            return detail::decide_at(std::move(self), at, std::move(request), std::move(scope));
        },
        hint);
}

}  // namespace coax
