#include "sim/batch_api.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace coax::sim::detail {
namespace {

std::string_view state_word(batch_phase phase) noexcept {
    constexpr std::array<std::string_view, 7> words{
        "BATCH_STATE_PENDING", "BATCH_STATE_RUNNING", "BATCH_STATE_SUCCEEDED", "BATCH_STATE_FAILED",
        "BATCH_STATE_EXPIRED", "BATCH_STATE_RUNNING", "BATCH_STATE_CANCELLED"};
    return words.at(static_cast<std::size_t>(phase));
}

/// Source: reference gemini.md, "Batch mode".
class gemini_batch_api final : public batch_api {
public:
    rejection read(json::value const& body, request_context const& context, file_service& files,
                   stored_batch& made) const override {
        auto const* batch = member(body, "batch");
        if (batch == nullptr || !batch->is_object()) return bad_request("batch: must be set.");
        for (auto const& each : body.get_object())
            if (each.key() != "batch") return unknown_name(view(each.key()), "");
        for (auto const& each : batch->get_object())
            if (each.key() != "displayName" && each.key() != "inputConfig" && each.key() != "priority")
                return unknown_name(view(each.key()), "batch");
        made.metadata = text_member(*batch, "displayName");
        auto const* input = member(*batch, "inputConfig");
        if (input == nullptr || !input->is_object()) return bad_request("batch.input_config: must be set.");
        made.endpoint = "models/" + std::string{context.route.name};
        made.input_file = text_member(*input, "fileName");
        if (!made.input_file.empty()) return read_file(files, context, made);
        auto const* wrapped = member(*input, "requests");
        auto const* requests = wrapped == nullptr ? nullptr : member(*wrapped, "requests");
        if (requests == nullptr || !requests->is_array() || requests->get_array().empty())
            return bad_request("batch.input_config: must have a file_name or requests.");
        for (auto const& one : requests->get_array()) {
            auto const* metadata = member(one, "metadata");
            std::string key{metadata == nullptr ? "" : text_member(*metadata, "key")};
            if (auto wrong = add(member(one, "request"), std::move(key), made)) return wrong;
        }
        return std::nullopt;
    }

    std::string id(std::uint64_t seed) const override { return make_id(seed, 32); }
    batch_phase first_phase() const noexcept override { return batch_phase::validating; }

    void write(writer& out, stored_batch const& batch, batch_phase phase,
               request_context const& context) const override {
        bool const over = batch.settled;
        out.begin_object().member("name", "batches/" + batch.id).key("metadata").begin_object();
        out.member("@type", "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch");
        out.member("model", batch.endpoint).member("displayName", batch.metadata).member("state", state_word(phase));
        out.member("createTime", rfc3339_ms(batch.created.system));
        out.member("updateTime", rfc3339_ms(context.now.system));
        if (over) out.member("endTime", rfc3339_ms(context.now.system));
        write_counts(out, batch);
        out.member("name", "batches/" + batch.id);
        bool const has_output = over && !batch.output.empty();
        if (has_output) write_output(out.key("output"), batch);
        out.end_object();
        if (over) out.member("done", true);
        if (phase == batch_phase::failed) {
            out.key("error").begin_object().member("code", 3).member("message", batch.errors.front().message);
            out.end_object();
        } else if (has_output) {
            write_output(out.key("response"), batch);
        }
        out.end_object();
    }

    void write_cancelled(writer& out, stored_batch const& /*batch*/, batch_phase /*phase*/,
                         request_context const& /*context*/) const override {
        out.begin_object().end_object();
    }

    rejection take_page(std::string_view query, batch_page& page) const override {
        std::size_t size = 50;
        if (!read_count(query_value(query, "pageSize"), size) || size > 1'000)
            return bad_request("Page size must be at most 1000.");
        return take_batches(page, query_value(query, "pageToken"), std::max<std::size_t>(size, 1), *this);
    }

    api_error unknown(std::string_view /*id*/) const override {
        return {.status = 404, .message = "Requested entity was not found."};
    }

    rejection refuse_cancel(batch_phase /*phase*/) const override { return std::nullopt; }

    void add_row(stored_batch& batch, row_outcome const& outcome, batch_phase /*end*/) const override {
        if (outcome.answer == nullptr) return;
        writer out{batch.output};
        out.begin_object().member("key", outcome.row.id);
        if (outcome.answer->status == 200) {
            out.key("response").raw(outcome.answer->body);
        } else {
            auto const body = json::parse(outcome.answer->body);
            out.key("error");
            if (auto const* why = member(body, "error"))
                write_json(out, *why);
            else
                out.begin_object().member("code", 13).member("message", "Internal error.").end_object();
        }
        out.end_object();
        batch.output += '\n';
    }

    void keep(stored_batch& batch, file_service& files, request_context const& context) const override {
        if (batch.output.empty() || batch.input_file.empty()) return;
        stored_file file{.id = "batch-" + make_id(mix(context.id_seed, batch.number), 12),
                         .purpose = "batch_output",
                         .media_type = "application/jsonl",
                         .bytes = batch.output,
                         .created = context.now.system};
        batch.output_file = file.id;
        files.put(std::move(file));
    }

    void begin_list(writer& out) const override { out.begin_object().key("operations").begin_array(); }

    void end_list(writer& out, batch_page const& page) const override {
        out.end_array();
        if (page.has_more) out.member("nextPageToken", page.batches.back()->id);
        out.end_object();
    }

private:
    static api_error unknown_name(std::string_view name, std::string_view at) {
        return bad_request("Invalid JSON payload received. Unknown name \"" + std::string{name} + "\" at '" +
                           std::string{at} + "': Cannot find field.");
    }

    static rejection read_file(file_service& files, request_context const& context, stored_batch& made) {
        std::string_view id = made.input_file;
        if (!id.starts_with("files/")) return bad_request("batch.input_config.file_name: must begin with 'files/'.");
        id.remove_prefix(6);
        auto const* file = files.find(id, context.now);
        if (file == nullptr) return api_error{.status = 404, .message = "Requested entity was not found."};
        std::set<std::string> keys;
        for (auto const& [number, text] : lines_of(file->bytes)) {
            boost::system::error_code failure;
            auto const line = json::parse(json::string_view{text.data(), text.size()}, failure);
            std::string key{failure ? "" : text_member(line, "key")};
            auto const* request = failure ? nullptr : member(line, "request");
            bool const good = request != nullptr && line.get_object().size() == 2 && keys.insert(key).second;
            if (!good || key.empty() || add(request, std::move(key), made)) {
                made.errors.push_back({"INVALID_ARGUMENT", "Failed to parse the input file.", {}, number});
                return std::nullopt;
            }
        }
        if (made.rows.empty()) made.errors.push_back({"INVALID_ARGUMENT", "The input file is empty.", {}, 0});
        return std::nullopt;
    }

    static rejection add(json::value const* request, std::string key, stored_batch& made) {
        if (request == nullptr || !request->is_object()) return bad_request("request: must be set.");
        made.rows.push_back({std::move(key), "/v1beta/" + made.endpoint + ":generateContent", to_json(*request)});
        return std::nullopt;
    }

    static void write_counts(writer& out, stored_batch const& batch) {
        auto const done = batch.succeeded + batch.failed;
        out.key("batchStats").begin_object().member("requestCount", std::to_string(batch.rows.size()));
        if (batch.succeeded > 0) out.member("successfulRequestCount", std::to_string(batch.succeeded));
        if (batch.failed > 0) out.member("failedRequestCount", std::to_string(batch.failed));
        if (done < batch.rows.size()) out.member("pendingRequestCount", std::to_string(batch.rows.size() - done));
        out.end_object();
    }

    static void write_output(writer& out, stored_batch const& batch) {
        if (!batch.input_file.empty()) {
            out.begin_object().member("responsesFile", "files/" + batch.output_file).end_object();
            return;
        }
        out.begin_object().key("inlinedResponses").begin_object().key("inlinedResponses").begin_array();
        for (auto const& [number, text] : lines_of(batch.output)) {
            auto const line = json::parse(json::string_view{text.data(), text.size()});
            out.begin_object();
            for (std::string_view const name : {"response", "error"})
                if (auto const* value = member(line, name)) write_json(out.key(name), *value);
            out.key("metadata").begin_object().member("key", text_member(line, "key")).end_object().end_object();
        }
        out.end_array().end_object().end_object();
    }
};

}  // namespace

batch_api const& gemini_batches() noexcept {
    static gemini_batch_api const api;
    return api;
}

}  // namespace coax::sim::detail
