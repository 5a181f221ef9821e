#include "sim/batch_api.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <set>

namespace coax::sim::detail {
namespace {

bool is_custom_id(std::string_view id) noexcept { return is_tool_name(id, 64); }

/// Source: reference anthropic.md, "Message Batches".
class anthropic_batch_api final : public batch_api {
public:
    rejection read(json::value const& body, request_context const& /*context*/, file_service& /*files*/,
                   stored_batch& made) const override {
        constexpr std::size_t most = 100'000;
        for (auto const& each : body.get_object())
            if (each.key() != "requests")
                return bad_request(std::string{view(each.key())} + ": Extra inputs are not permitted");
        auto const* requests = member(body, "requests");
        if (requests == nullptr || !requests->is_array()) return bad_request("requests: Field required");
        auto const& list = requests->get_array();
        if (list.empty()) return bad_request("requests: List should have at least 1 item after validation, not 0");
        if (list.size() > most) return bad_request("requests: List should have at most 100000 items");
        std::set<std::string> ids;
        for (std::size_t i = 0; i < list.size(); ++i)
            if (auto wrong = read_request(list[i], "requests." + std::to_string(i) + '.', ids, made)) return wrong;
        return std::nullopt;
    }

    std::string id(std::uint64_t seed) const override { return "msgbatch_01" + make_id(seed, 22); }

    void write(writer& out, stored_batch const& batch, batch_phase phase,
               request_context const& context) const override {
        bool const over = batch.settled;
        bool const cancelling = batch.cancelled && !over;
        out.begin_object().member("id", batch.id).member("type", "message_batch");
        out.member("processing_status", over ? "ended" : cancelling ? "canceling" : "in_progress");
        bool const expired = phase == batch_phase::expired;
        out.key("request_counts").begin_object();
        out.member("processing", over ? 0 : batch.rows.size()).member("succeeded", over ? batch.succeeded : 0);
        out.member("errored", over ? batch.failed : 0).member("canceled", over && !expired ? batch.undone : 0);
        out.member("expired", over && expired ? batch.undone : 0).end_object();
        out.member("created_at", rfc3339(batch.created.system));
        out.member("expires_at", rfc3339(batch.created.system + std::chrono::hours{24}));
        write_text_or_null(out, "ended_at", rfc3339(context.now.system), !over);
        write_text_or_null(out, "cancel_initiated_at",
                           batch.cancelled ? rfc3339(batch.cancelled->system) : std::string{}, !batch.cancelled);
        out.key("archived_at").null();
        write_text_or_null(out, "results_url", context.origin + "/v1/messages/batches/" + batch.id + "/results", !over);
        out.end_object();
    }

    rejection take_page(std::string_view query, batch_page& page) const override {
        std::size_t limit = 20;
        if (!read_count(query_value(query, "limit"), limit) || limit < 1 || limit > 1'000)
            return bad_request("limit: Input should be a valid integer from 1 to 1000");
        return take_batches(page, query_value(query, "after_id"), limit, *this);
    }

    api_error unknown(std::string_view id) const override {
        return {.status = 404, .message = "Message batch not found: " + std::string{id}};
    }

    /// One that has ended stays as it is.
    rejection refuse_cancel(batch_phase phase) const override {
        if (phase == batch_phase::validating || phase == batch_phase::in_progress || phase == batch_phase::cancelling)
            return std::nullopt;
        return bad_request("The batch has already ended.");
    }

    void add_row(stored_batch& batch, row_outcome const& outcome, batch_phase end) const override {
        writer out{batch.output};
        out.begin_object().member("custom_id", outcome.row.id).key("result").begin_object();
        if (outcome.answer == nullptr)
            out.member("type", end == batch_phase::expired ? "expired" : "canceled");
        else if (outcome.answer->status == 200)
            out.member("type", "succeeded").key("message").raw(outcome.answer->body);
        else
            out.member("type", "errored").key("error").raw(outcome.answer->body);
        out.end_object().end_object();
        batch.output += '\n';
    }

    void begin_list(writer& out) const override { out.begin_object().key("data").begin_array(); }

    void end_list(writer& out, batch_page const& page) const override {
        bool const none = page.batches.empty();
        out.end_array().member("has_more", page.has_more);
        write_text_or_null(out, "first_id", none ? "" : page.batches.front()->id, none);
        write_text_or_null(out, "last_id", none ? "" : page.batches.back()->id, none);
        out.end_object();
    }

private:
    static rejection read_request(json::value const& one, std::string const& where, std::set<std::string>& ids,
                                  stored_batch& made) {
        if (!one.is_object()) return bad_request(where + "custom_id: Field required");
        for (auto const& each : one.get_object())
            if (each.key() != "custom_id" && each.key() != "params")
                return bad_request(where + std::string{view(each.key())} + ": Extra inputs are not permitted");
        std::string id{text_member(one, "custom_id")};
        if (!is_custom_id(id))
            return bad_request(where + "custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
        if (!ids.insert(id).second) return bad_request(where + "custom_id: not unique in the batch");
        auto const* params = member(one, "params");
        if (params == nullptr || !params->is_object()) return bad_request(where + "params: Field required");
        if (is_bool(member(*params, "stream"), true))
            return bad_request(where + "params.stream: not supported in a batch");
        made.rows.push_back({std::move(id), "/v1/messages", to_json(*params)});
        return std::nullopt;
    }
};

}  // namespace

batch_api const& anthropic_batches() noexcept {
    static anthropic_batch_api const api;
    return api;
}

}  // namespace coax::sim::detail
