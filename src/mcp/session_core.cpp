#include "mcp/session_core.hpp"

#include "mcp/agreement.hpp"
#include "mcp/http_link.hpp"
#include "mcp/stdio_link.hpp"
#include "mcp/tool_output.hpp"
#include "runtime/internal/context_service.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/json/writer.hpp>
#include <coax/policy/timeout.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace coax::mcp::detail {

session_core::session_core(asio::any_io_executor executor, session_options options)
    : executor_{std::move(executor)},
      life_{coax::detail::context_service::of(executor_).life},
      options_{std::make_shared<session_options const>(std::move(options))} {}

session_core::~session_core() {
    if (!current_.way) return;
    life_->while_alive([this] { asio::post(executor_, [way = current_.way] { way->abandon(); }); });
}

// --- connecting ---

asio::awaitable<result<server_info>> session_core::connect() {
    auto const made = co_await connected();
    if (!made) co_return made.error();
    co_return made->agreed->server;
}

asio::awaitable<result<session_core::connection>> session_core::connected() {
    auto const lock = co_await starting_.lock();
    if (closed_) co_return error{.code = errc::closed, .message = "the session was closed"};
    if (current_.agreed && current_.way->alive()) co_return current_;
    if (failed_starts_ >= options_->max_failed_starts && !options_->command.empty()) {
        auto why = last_failure_;
        why.message += "; it was started " + std::to_string(failed_starts_) + " times without a response to a call";
        co_return why;
    }
    ++failed_starts_;
    if (current_.way) current_.way->abandon();
    auto begun = co_await with_timeout(coax::detail::to_duration(options_->start_timeout), start());
    if (begun) co_return current_;
    if (std::exchange(current_, {}).way) list_.reset();
    last_failure_ = of_this(std::move(begun).error());
    co_return last_failure_;
}

asio::awaitable<result<void>> session_core::start() {
    auto begun = co_await try_start(true);
    // One of the older protocol may take its first request amiss.
    if (!begun && begun.error().code == errc::connection_lost && !options_->command.empty())
        begun = co_await try_start(false);
    co_return begun;
}

asio::awaitable<result<void>> session_core::try_start(bool probes) {
    auto made = open(probes);
    if (!made) co_return std::move(made).error();
    list_changed_ = true;
    current_ = {.way = *std::move(made)};
    auto const way = current_.way;
    auto agreed = co_await way->agree();
    if (!agreed) {
        way->abandon();
        co_return std::move(agreed).error();
    }
    current_.agreed = *std::move(agreed);
    co_return result<void>{};
}

result<std::shared_ptr<link>> session_core::open(bool probes) {
    ++starts_;
    auto changed = [self = weak_from_this()] {
        if (auto const there = self.lock()) there->list_changed_ = true;
    };
    if (!options_->url.empty())
        return std::shared_ptr<link>{
            std::make_shared<http_link>(executor_, http_link::options{options_, transport(), std::move(changed)})};
    auto made =
        stdio_link::start(executor_, {.session = options_, .tools_changed = std::move(changed), .probes = probes});
    if (!made) return std::move(made).error();
    return std::shared_ptr<link>{*std::move(made)};
}

std::shared_ptr<coax::transport> const& session_core::transport() {
    if (!transport_) transport_ = options_->transport;
    if (!transport_) transport_ = std::make_shared<http_transport>(executor_, options_->http);
    return transport_;
}

asio::awaitable<void> session_core::close() {
    closed_ = true;
    if (auto const way = current_.way) co_await way->stop();
}

// --- requests ---

error session_core::of_this(error why) const {
    auto const& name = options_->name;
    if (why.where.empty())
        why.where = !name.empty() ? name : !options_->url.empty() ? options_->url : options_->command.front();
    return why;
}

asio::awaitable<result<reply>> session_core::ask_once(outgoing request, bool& lost) {
    auto made = co_await connected();
    if (!made) co_return std::move(made).error();
    if (made->agreed->era == era::modern) request.params = with_meta(request.params);
    auto got =
        co_await with_timeout(coax::detail::to_duration(options_->call_timeout), made->way->ask(std::move(request)));
    lost = !got && got.error().code == errc::connection_lost;
    if (got) failed_starts_ = 0;
    co_return got;
}

asio::awaitable<result<json_value>> session_core::ask(outgoing request) {
    bool lost = false;
    auto got = co_await ask_once(request, lost);
    bool const again = request.repeatable || (!got && got.error().should_retry.value_or(false));
    if (lost && again) got = co_await ask_once(request, lost);
    if (!got) co_return of_this(std::move(got).error());
    bool const is_call = !request.name.empty();
    auto const what = is_call ? "the call of " + request.name : request.method;
    if (got->error) co_return of_this(refusal(is_call ? errc::tool_failed : errc::bad_request, what, *got->error));
    if (!got->result || !got->result->is_object())
        co_return of_this({.code = errc::protocol_error, .message = "the result of " + what + " is no object"});
    co_return *std::move(got->result);
}

asio::awaitable<result<std::shared_ptr<catalog const>>> session_core::list() {
    bool const fresh = list_ && !list_changed_ && now(executor_) < list_until_ && current_.way->alive();
    if (fresh) co_return list_;
    co_return co_await fetch_list();
}

asio::awaitable<result<std::shared_ptr<catalog const>>> session_core::fetch_list() {
    if (auto const ready = co_await connected(); !ready) co_return ready.error();
    auto const made = std::make_shared<catalog>(options_->limits);
    list_changed_ = false;  // from here on; a start in between sets it again
    std::string params{"{}"};
    for (;;) {
        auto page = co_await ask({.method = "tools/list", .params = params});
        if (!page) co_return std::move(page).error();
        auto next = made->add_page(*page);
        if (!next) co_return of_this(std::move(next).error());
        if (!*next) break;
        params.clear();
        json::writer{params}.begin_object().member("cursor", **next).end_object();
    }
    list_ = made;
    bool const told = current_.agreed && current_.agreed->era == era::legacy && !options_->command.empty();
    list_until_ = told ? clock::time_point::max() : coax::detail::later(now(executor_), made->lifetime());
    co_return list_;
}

namespace {

/// @param known  Null: the server has no such tool, as far as is known.
outgoing request_of(std::string const& name, json_value const& arguments, known_tool const* known) {
    outgoing made{.method = "tools/call", .params = {}, .name = name, .repeatable = false};
    json::writer{made.params}.begin_object().member("name", name).key("arguments").raw(arguments.text()).end_object();
    if (known == nullptr) return made;
    made.mirrored = mirrored_fields(known->mirrored, arguments);
    made.repeatable = known->described.read_only || known->described.idempotent;
    return made;
}

}  // namespace

asio::awaitable<result<tool_result>> session_core::call(std::string name, std::string arguments) {
    if (!list_)
        if (auto listed = co_await fetch_list(); !listed) co_return std::move(listed).error();
    auto known_here = list_;
    auto const* known = known_here->find(name);
    auto const given = json_value::parse(arguments);
    if (!given || !given->is_object()) co_return invalid_argument("arguments", "must be a JSON object");
    if (known != nullptr)
        if (auto valid = known->input.validate(arguments); !valid) co_return std::move(valid).error();

    auto got = co_await ask(request_of(name, *given, known));
    if (!got && got.error().service_code == std::to_string(rpc_code::header_mismatch)) {
        // What HTTP shows in its header has changed, so nothing was done.
        if (auto listed = co_await fetch_list(); !listed) co_return std::move(listed).error();
        known_here = list_;
        known = known_here->find(name);
        got = co_await ask(request_of(name, *given, known));
    }
    if (!got) co_return got.error();
    auto made = parse_tool_result(*got);
    if (!made) co_return of_this(std::move(made).error());
    if (known == nullptr || !known->output || made->failed) co_return made;
    if (auto valid = known->output->validate(made->structured.text()); !valid)
        co_return of_this(
            {.code = errc::protocol_error,
             .message = "the structured result of " + name + " does not fit its schema: " + to_string(valid.error())});
    co_return made;
}

}  // namespace coax::mcp::detail
