#include "sim/batch_api.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace coax::sim::detail {
namespace {

constexpr std::array<std::string_view, 8> batch_endpoints{
    "/v1/responses",   "/v1/chat/completions",   "/v1/embeddings",   "/v1/completions",
    "/v1/moderations", "/v1/images/generations", "/v1/images/edits", "/v1/videos"};

bool is_azure(request_context const& context) noexcept {
    return context.route.dialect == dialect::azure_classic || context.route.dialect == dialect::azure_v1;
}

/// Source: reference openai.md, section 8.
std::string_view status_word(batch_phase phase) noexcept {
    constexpr std::array<std::string_view, 7> words{"validating", "in_progress", "completed", "failed",
                                                    "expired",    "cancelling",  "cancelled"};
    return words.at(static_cast<std::size_t>(phase));
}

/// One line of the file. @returns What is wrong with it.
std::optional<batch_error> read_line(std::string_view text, std::size_t number, stored_batch& made,
                                     std::set<std::string>& ids, std::string& model) {
    auto const wrong = [number](std::string code, std::string message, std::string param = {}) {
        return batch_error{std::move(code), std::move(message), std::move(param), number};
    };
    boost::system::error_code failure;
    auto const line = json::parse(json::string_view{text.data(), text.size()}, failure);
    if (failure || !line.is_object()) return wrong("invalid_json_line", "This line is not parseable as valid JSON.");
    for (auto const& each : line.get_object())
        if (each.key() != "custom_id" && each.key() != "method" && each.key() != "url" && each.key() != "body")
            return wrong("invalid_request", "Unknown parameter: " + quoted(view(each.key())) + ".",
                         std::string{view(each.key())});
    std::string id{text_member(line, "custom_id")};
    if (id.empty()) return wrong("missing_required_parameter", "Missing required parameter.", "custom_id");
    if (!ids.insert(id).second) return wrong("duplicate_custom_id", "The custom_id is not unique.", "custom_id");
    if (text_member(line, "method") != "POST") return wrong("invalid_method", "The method must be POST.", "method");
    if (text_member(line, "url") != made.endpoint)
        return wrong("url_mismatch", "The URL provided for this request does not match the batch endpoint.", "url");
    auto const* body = member(line, "body");
    if (body == nullptr || !body->is_object()) return wrong("invalid_request", "Missing body.", "body");
    if (is_bool(member(*body, "stream"), true))
        return wrong("invalid_request", "Streaming is not supported in batches.", "body.stream");
    std::string named{text_member(*body, "model")};
    if (named.empty()) return wrong("missing_required_parameter", "Missing required parameter.", "body.model");
    if (model.empty()) model = named;
    if (named != model) return wrong("mismatched_model", "All requests must have the same model.", "body.model");
    made.rows.push_back({std::move(id), made.endpoint, to_json(*body)});
    return std::nullopt;
}

class openai_batch_api final : public batch_api {
public:
    rejection read(json::value const& body, request_context const& context, file_service& files,
                   stored_batch& made) const override {
        constexpr std::array<std::string_view, 5> known{"input_file_id", "endpoint", "completion_window", "metadata",
                                                        "output_expires_after"};
        for (auto const& each : body.get_object())
            if (std::ranges::find(known, view(each.key())) == known.end())
                return bad_request("Unknown parameter: " + quoted(view(each.key())) + ".",
                                   std::string{view(each.key())}, "unknown_parameter");
        made.endpoint = text_member(body, "endpoint");
        auto const with_version = is_azure(context) ? "/v1" + made.endpoint : made.endpoint;
        if (std::ranges::find(batch_endpoints, made.endpoint) == batch_endpoints.end() &&
            std::ranges::find(batch_endpoints, with_version) == batch_endpoints.end())
            return bad_request("Invalid value: " + quoted(made.endpoint) + ".", "endpoint", "invalid_value");
        if (text_member(body, "completion_window") != "24h")
            return bad_request("Invalid value for 'completion_window': supported values are '24h'.",
                               "completion_window", "invalid_value");
        if (auto wrong = read_metadata(body, made)) return wrong;
        made.input_file = text_member(body, "input_file_id");
        auto const* file = files.find(made.input_file, context.now);
        if (file == nullptr)
            return api_error{
                .status = 404, .message = "No such File object: " + made.input_file, .param = "input_file_id"};
        if (file->purpose != "batch")
            return bad_request("Invalid file purpose: expected 'batch'.", "input_file_id", "invalid_value");
        check_lines(*file, is_azure(context) ? 100'000 : 50'000, made);
        return std::nullopt;
    }

    std::string id(std::uint64_t seed) const override { return "batch_" + make_id(seed, 24); }
    batch_phase first_phase() const noexcept override { return batch_phase::validating; }

    void write(writer& out, stored_batch const& batch, batch_phase phase,
               request_context const& /*context*/) const override {
        out.begin_object().member("id", batch.id).member("object", "batch").member("endpoint", batch.endpoint);
        write_errors(out, batch, phase);
        out.member("input_file_id", batch.input_file).member("completion_window", "24h");
        out.member("status", status_word(phase));
        write_text_or_null(out, "output_file_id", batch.output_file, batch.output_file.empty());
        write_text_or_null(out, "error_file_id", batch.error_file, batch.error_file.empty());
        out.member("created_at", unix_seconds(batch.created.system));
        out.member("expires_at", unix_seconds(batch.created.system + std::chrono::hours{24}));
        auto const total = phase == batch_phase::validating || phase == batch_phase::failed ? 0 : batch.rows.size();
        out.key("request_counts").begin_object().member("total", total);
        out.member("completed", batch.succeeded).member("failed", batch.failed).end_object();
        if (batch.metadata.empty())
            out.key("metadata").null();
        else
            out.key("metadata").raw(batch.metadata);
        out.end_object();
    }

    rejection take_page(std::string_view query, batch_page& page) const override {
        std::size_t limit = 20;
        if (!read_count(query_value(query, "limit"), limit) || limit < 1 || limit > 100)
            return bad_request("Invalid 'limit': expected a number from 1 to 100.", "limit");
        return take_batches(page, query_value(query, "after"), limit, *this);
    }

    api_error unknown(std::string_view id) const override {
        return {.status = 404, .message = "No batch found with id '" + std::string{id} + "'."};
    }

    rejection refuse_cancel(batch_phase phase) const override {
        if (phase == batch_phase::validating || phase == batch_phase::in_progress || phase == batch_phase::cancelling)
            return std::nullopt;
        return api_error{.status = 409,
                         .message = "Cannot cancel a batch with status " + quoted(status_word(phase)) + "."};
    }

    void add_row(stored_batch& batch, row_outcome const& outcome, batch_phase end) const override {
        if (outcome.answer == nullptr && end != batch_phase::expired) return;  // of a cancelled one nothing is told
        bool const failed = outcome.answer == nullptr || outcome.answer->status != 200;
        auto& lines = failed ? batch.failures : batch.output;
        writer out{lines};
        out.begin_object().member("id", "batch_req_" + make_id(outcome.seed, 24)).member("custom_id", outcome.row.id);
        if (outcome.answer == nullptr) {
            out.key("response").null().key("error").begin_object().member("code", "batch_expired");
            out.member("message", "This request could not be executed before the completion window expired.");
            out.end_object().end_object();
        } else {
            out.key("response").begin_object().member("status_code", outcome.answer->status);
            out.member("request_id", make_id(outcome.seed, 32)).key("body").raw(outcome.answer->body).end_object();
            out.key("error").null().end_object();
        }
        lines += '\n';
    }

    void keep(stored_batch& batch, file_service& files, request_context const& context) const override {
        auto const put = [&](std::string const& lines, char const* which) {
            stored_file file{.id = "file-" + make_id(hash_bytes(which, mix(context.id_seed, batch.number)), 22),
                             .name = batch.id + '_' + which + ".jsonl",
                             .purpose = "batch_output",
                             .bytes = lines,
                             .created = context.now.system};
            auto id = file.id;
            files.put(std::move(file));
            return id;
        };
        // Azure makes the file of failures also where there are none. Source: reference azure.md, section 6.
        bool const both = is_azure(context) && batch.errors.empty();
        if (!batch.output.empty()) batch.output_file = put(batch.output, "output");
        if (!batch.failures.empty() || both) batch.error_file = put(batch.failures, "error");
    }

    void begin_list(writer& out) const override {
        out.begin_object().member("object", "list").key("data").begin_array();
    }

    void end_list(writer& out, batch_page const& page) const override {
        bool const none = page.batches.empty();
        write_text_or_null(out.end_array(), "first_id", none ? "" : page.batches.front()->id, none);
        write_text_or_null(out, "last_id", none ? "" : page.batches.back()->id, none);
        out.member("has_more", page.has_more).end_object();
    }

private:
    static rejection read_metadata(json::value const& body, stored_batch& made) {
        auto const* metadata = member(body, "metadata");
        if (metadata == nullptr || metadata->is_null()) return std::nullopt;
        bool good = metadata->is_object() && metadata->get_object().size() <= 16;
        if (good)
            for (auto const& each : metadata->get_object())
                good = good && each.value().is_string() && each.key().size() <= 64 &&
                       each.value().get_string().size() <= 512;
        if (!good) return bad_request("Invalid 'metadata'.", "metadata", "invalid_type");
        made.metadata = to_json(*metadata);
        return std::nullopt;
    }

    static void check_lines(stored_file const& file, std::size_t most, stored_batch& made) {
        constexpr std::size_t most_bytes = 200'000'000;
        auto const lines = lines_of(file.bytes);
        if (lines.empty()) made.errors.push_back({"empty_file", "The input file is empty.", {}, 0});
        if (lines.size() > most || file.bytes.size() > most_bytes)
            made.errors.push_back({"too_many_tasks", "The input file is too large.", {}, 0});
        if (file.bytes.starts_with("\xEF\xBB\xBF"))
            made.errors.push_back({"invalid_json_line", "This line is not parseable as valid JSON.", {}, 1});
        std::set<std::string> ids;
        std::string model;
        for (auto const& [number, text] : lines) {
            if (!made.errors.empty()) return;
            if (auto wrong = read_line(text, number, made, ids, model)) made.errors.push_back(*std::move(wrong));
        }
    }

    static void write_errors(writer& out, stored_batch const& batch, batch_phase phase) {
        if (phase != batch_phase::failed) {
            out.key("errors").null();
            return;
        }
        out.key("errors").begin_object().member("object", "list").key("data").begin_array();
        for (auto const& [code, message, param, line] : batch.errors) {
            out.begin_object().member("code", code).member("message", message);
            write_text_or_null(out, "param", param, param.empty());
            if (line == 0)
                out.key("line").null();
            else
                out.member("line", line);
            out.end_object();
        }
        out.end_array().end_object();
    }
};

}  // namespace

batch_api const& openai_batches() noexcept {
    static openai_batch_api const api;
    return api;
}

}  // namespace coax::sim::detail
