#include "batch/internal/process_requests.hpp"

#include "batch/internal/service_text.hpp"

#include <utility>

namespace coax::detail {

process_requests::process_requests(process_plan const& plan)
    : plan_{plan}, shared_{plan.options.request}, service_{make_provider(plan.llm.options().service.provider).value()} {
    if (plan.prompt.empty()) return;
    template_ = prompt_template::parse(plan.prompt).value();
    if (template_->fields().empty())
        throw_error(invalid_argument("prompt", "no {{field}} in it: every row would be asked the same"));
}

result<chat_request> process_requests::make(batch_record const& record) {
    if (auto kept = kept_.extract(record.index)) return std::move(kept.mapped());
    if (!template_) return plan_.to_request(record);
    auto prompt = template_->render(record.fields, true);
    if (!prompt) return std::move(prompt).error();
    return to_request(*std::move(prompt));
}

result<std::vector<message>> process_requests::make_messages(batch_record const& record) {
    auto request = make(record);
    if (!request) return std::move(request).error();
    auto messages = std::exchange(request->messages, {});
    if (!template_ && !is_as_all(*std::move(request)))
        return invalid_argument("request",
                                "it has parameters of its own, and only messages go to others: set those of "
                                "all in process_options::request");
    return messages;
}

/// Whether a request without its messages is what all requests share.
bool process_requests::is_as_all(chat_request request) const {
    if (request.model.empty()) request.model = model();
    auto shared = shared_;
    shared.messages.clear();
    return request.model == model() && parameters_of(std::move(request)) == parameters_of(std::move(shared));
}

std::string const& process_requests::model() const noexcept {
    auto const& service = plan_.llm.options().service;
    if (plan_.embeds) return service.embedding_model;
    return shared_.model.empty() ? service.model : shared_.model;
}

std::string process_requests::sent(batch_record const& record, bool keeps) {
    if (record.problem) return {};
    if (!template_) {
        auto request = plan_.to_request(record);
        auto text = request ? body_of(*request) : std::string{};
        if (request && keeps) kept_.insert_or_assign(record.index, *std::move(request));
        return text;
    }
    auto prompt = template_->render(record.fields, true);
    if (!prompt) return {};
    auto text = std::string{prompt->system}.append(1, '\0').append(prompt->user);
    if (keeps) kept_.insert_or_assign(record.index, to_request(*std::move(prompt)));
    return text;
}

chat_request process_requests::to_request(rendered_prompt prompt) const {
    auto request = shared_;
    if (!prompt.system.empty()) request.messages.push_back(system(std::move(prompt.system)));
    request.messages.push_back(user(std::move(prompt.user)));
    return request;
}

std::string process_requests::body_of(chat_request request) const {
    if (request.model.empty()) request.model = plan_.llm.options().service.model;
    auto encoded = service_->encode(request, false);
    // What cannot be sent is told when it is: here its texts are enough.
    if (encoded) return std::move(encoded->body);
    std::string text;
    for (auto const& each : request.messages) text.append(each.text).append(1, '\0');
    return text;
}

std::string process_requests::parameters_of(chat_request request) const {
    request.model = "-";
    request.messages.push_back(user("-"));
    return body_of(std::move(request));
}

run_identity run_of(process_plan const& plan, process_requests const& requests) {
    run_identity run{.prompt = plan.prompt.empty() ? "made by a function" : plan.prompt,
                     .model = requests.model(),
                     .schema = plan.schema,
                     .service = service_text(plan.llm.options().service.provider)};
    if (plan.options.shard.count > 1) run.shard = to_string(plan.options.shard);
    run.digests = {.prompt = digest_of(run.prompt),
                   .model = digest_of(run.model),
                   .schema = digest_of(run.schema),
                   .service = digest_of(run.service),
                   .parameters = digest_of(requests.parameters())};
    return run;
}

}  // namespace coax::detail
