#include "sim/file_api.hpp"

#include "sim/random.hpp"
#include "sim/text.hpp"

#include <coax/bind/write.hpp>

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace coax::sim::detail {
namespace {

/// Source: reference openai.md, section 8.
class openai_file_api final : public file_api {
public:
    rejection read_upload(std::vector<form_part> const& form, stored_file& file) const override {
        constexpr std::array<std::string_view, 4> known{"file", "purpose", "expires_after[anchor]",
                                                        "expires_after[seconds]"};
        for (auto const& part : form)
            if (std::ranges::find(known, part.name) == known.end())
                return bad_request("Unknown parameter: " + quoted(part.name) + ".", std::string{part.name},
                                   "unknown_parameter");
        auto const* purpose = find_part(form, "purpose");
        auto const* content = find_part(form, "file");
        if (purpose == nullptr) return missing("purpose");
        if (content == nullptr || !content->file_name || content->file_name->empty()) return missing("file");
        file.purpose = purpose->bytes;
        file.name = *content->file_name;
        file.bytes = content->bytes;
        if (auto wrong = check_purpose(file)) return wrong;
        return read_expiry(find_part(form, "expires_after[anchor]"), find_part(form, "expires_after[seconds]"), file);
    }

    std::string id(std::uint64_t seed) const override { return "file-" + make_id(seed, 22); }

    void write(writer& out, stored_file const& file, request_context const& /*context*/) const override {
        out.begin_object().member("object", "file").member("id", file.id).member("purpose", file.purpose);
        out.member("filename", file.name).member("bytes", file.bytes.size());
        out.member("created_at", unix_seconds(file.created));
        if (file.expires) out.member("expires_at", unix_seconds(*file.expires));
        out.member("status", "processed").key("status_details").null().end_object();
    }

    rejection take_page(std::string_view query, file_page& page) const override {
        std::size_t limit = 10'000;
        if (!read_count(query_value(query, "limit"), limit) || limit < 1 || limit > 10'000)
            return bad_request("Invalid 'limit': expected a number from 1 to 10000.", "limit");
        if (auto const purpose = query_value(query, "purpose"); !purpose.empty())
            std::erase_if(page.files, [&](stored_file const* file) { return file->purpose != purpose; });
        auto const order = query_value(query, "order");
        if (!order.empty() && order != "asc" && order != "desc")
            return bad_request("Invalid 'order': expected 'asc' or 'desc'.", "order");
        if (order != "asc") std::ranges::reverse(page.files);
        return take_files(page, query_value(query, "after"), limit, *this);
    }

    void write_page(writer& out, file_page const& page, request_context const& context) const override {
        out.begin_object().member("object", "list").key("data").begin_array();
        for (auto const* file : page.files) write(out, *file, context);
        bool const none = page.files.empty();
        write_text_or_null(out.end_array(), "first_id", none ? "" : page.files.front()->id, none);
        write_text_or_null(out, "last_id", none ? "" : page.files.back()->id, none);
        out.member("has_more", page.has_more).end_object();
    }

    void write_deleted(writer& out, std::string_view id) const override {
        out.begin_object().member("object", "file").member("id", id).member("deleted", true).end_object();
    }

    api_error unknown(std::string_view id) const override {
        return {.status = 404, .message = "No such File object: " + std::string{id}, .param = "id"};
    }

    rejection refuse_content(stored_file const& /*file*/) const override { return std::nullopt; }

private:
    static api_error missing(std::string const& name) {
        return bad_request("Missing required parameter: " + quoted(name) + ".", name, "missing_required_parameter");
    }

    static rejection check_purpose(stored_file const& file) {
        constexpr std::array<std::string_view, 6> purposes{"assistants", "batch",     "fine-tune",
                                                           "vision",     "user_data", "evals"};
        if (std::ranges::find(purposes, file.purpose) == purposes.end())
            return bad_request(quoted(file.purpose) +
                                   " is not one of ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', "
                                   "'evals'] - 'purpose'",
                               "purpose");
        bool const lines = file.purpose == "batch" || file.purpose == "fine-tune";
        if (lines && !file.name.ends_with(".jsonl"))
            return bad_request("Invalid file format for " + file.purpose + ". Must be .jsonl", "file",
                               "invalid_file_format");
        return std::nullopt;
    }

    static rejection read_expiry(form_part const* anchor, form_part const* seconds, stored_file& file) {
        constexpr std::size_t shortest = 3'600;
        constexpr std::size_t longest = 2'592'000;
        std::size_t count = longest;
        if (anchor == nullptr && seconds == nullptr) {
            if (file.purpose == "batch") file.expires = file.created + std::chrono::seconds{longest};
            return std::nullopt;
        }
        if (anchor == nullptr || anchor->bytes != "created_at")
            return bad_request("Invalid 'expires_after.anchor': expected 'created_at'.", "expires_after.anchor");
        if (seconds == nullptr || seconds->bytes.empty() || !read_count(seconds->bytes, count) || count < shortest ||
            count > longest)
            return bad_request("Invalid 'expires_after.seconds': expected a number from 3600 to 2592000.",
                               "expires_after.seconds");
        file.expires = file.created + std::chrono::seconds{count};
        return std::nullopt;
    }
};

/// As its client has it.
class anthropic_file_api final : public file_api {
public:
    /// The older version has files as a beta.
    rejection check(request_view const& request) const override {
        if (request.anthropic_version != "2023-06-01" ||
            request.anthropic_beta.find("files-api-") != std::string_view::npos)
            return std::nullopt;
        return api_error{.status = 404, .message = "Not found"};
    }

    rejection read_upload(std::vector<form_part> const& form, stored_file& file) const override {
        for (auto const& part : form)
            if (part.name != "file" && part.name != "expires_in_seconds")
                return bad_request(std::string{part.name} + ": Extra inputs are not permitted");
        auto const* content = find_part(form, "file");
        if (content == nullptr) return bad_request("file: Field required");
        std::string_view const name = content->file_name.value_or("");
        file.name = name.empty() ? "unnamed" : name.substr(name.rfind('/') + 1);
        file.media_type = content->media_type.empty() ? "application/octet-stream" : content->media_type;
        file.bytes = content->bytes;
        auto const* expiry = find_part(form, "expires_in_seconds");
        if (expiry == nullptr) return std::nullopt;
        std::size_t seconds = 0;
        if (!read_count(expiry->bytes, seconds) || seconds < 3'600 || seconds > 7'776'000)
            return bad_request("expires_in_seconds: Input should be a valid integer from 3600 to 7776000");
        file.expires = file.created + std::chrono::seconds{seconds};
        return std::nullopt;
    }

    std::string id(std::uint64_t seed) const override { return "file_01" + make_id(seed, 22); }

    void write(writer& out, stored_file const& file, request_context const& /*context*/) const override {
        out.begin_object().member("type", "file").member("id", file.id).member("filename", file.name);
        out.member("mime_type", file.media_type).member("size_bytes", file.bytes.size());
        out.member("created_at", rfc3339(file.created)).member("downloadable", false);
        write_text_or_null(out, "expires_at", file.expires ? rfc3339(*file.expires) : std::string{}, !file.expires);
        out.end_object();
    }

    rejection take_page(std::string_view query, file_page& page) const override {
        std::size_t limit = 20;
        if (!read_count(query_value(query, "limit"), limit) || limit < 1 || limit > 1'000)
            return bad_request("limit: Input should be a valid integer from 1 to 1000");
        std::ranges::reverse(page.files);
        return take_files(page, query_value(query, "page"), limit, *this);
    }

    void write_page(writer& out, file_page const& page, request_context const& context) const override {
        out.begin_object().key("data").begin_array();
        for (auto const* file : page.files) write(out, *file, context);
        write_text_or_null(out.end_array(), "next_page", page.has_more ? page.files.back()->id : std::string{},
                           !page.has_more);
        out.end_object();
    }

    void write_deleted(writer& out, std::string_view id) const override {
        out.begin_object().member("id", id).member("type", "file_deleted").end_object();
    }

    api_error unknown(std::string_view id) const override {
        return {.status = 404, .message = "File not found: " + std::string{id}};
    }

    rejection refuse_content(stored_file const& file) const override {
        return api_error{.status = 400,
                         .message = "File '" + file.id + "' is not downloadable.",
                         .details = R"({"error_code":"file_not_downloadable"})"};
    }
};

/// Source: reference gemini.md, section 2; gemini-since-08.md, C.
class gemini_file_api final : public file_api {
public:
    rejection read_upload(std::vector<form_part> const& /*form*/, stored_file& /*file*/) const override {
        return bad_request("Uploads go to /upload/v1beta/files.");
    }

    std::string id(std::uint64_t seed) const override { return make_id(seed, 12); }

    void write(writer& out, stored_file const& file, request_context const& /*context*/) const override {
        out.begin_object().member("name", "files/" + file.id);
        if (!file.name.empty()) out.member("displayName", file.name);
        out.member("mimeType", file.media_type).member("sizeBytes", std::to_string(file.bytes.size()));
        out.member("createTime", rfc3339_ms(file.created)).member("updateTime", rfc3339_ms(file.created));
        if (file.expires) out.member("expirationTime", rfc3339_ms(*file.expires));
        out.key("sha256Hash").write(hash_of(file.bytes));
        out.member("uri", "https://generativelanguage.googleapis.com/v1beta/files/" + file.id);
        out.member("state", "ACTIVE").member("source", "UPLOADED").end_object();
    }

    void write_uploaded(writer& out, stored_file const& file, request_context const& context) const override {
        write(out.begin_object().key("file"), file, context);
        out.end_object();
    }

    rejection take_page(std::string_view query, file_page& page) const override {
        std::size_t size = 10;
        if (!read_count(query_value(query, "pageSize"), size) || size > 100)
            return bad_request("Page size must be at most 100.");
        return take_files(page, query_value(query, "pageToken"), std::max<std::size_t>(size, 1), *this);
    }

    void write_page(writer& out, file_page const& page, request_context const& context) const override {
        out.begin_object();
        if (!page.files.empty()) {
            out.key("files").begin_array();
            for (auto const* file : page.files) write(out, *file, context);
            out.end_array();
        }
        if (page.has_more) out.member("nextPageToken", page.files.back()->id);
        out.end_object();
    }

    void write_deleted(writer& out, std::string_view /*id*/) const override { out.begin_object().end_object(); }

    api_error unknown(std::string_view id) const override {
        return {
            .status = 403,
            .message = "You do not have permission to access the File " + std::string{id} + " or it may not exist."};
    }

    rejection refuse_content(stored_file const& file) const override {
        if (file.purpose == "batch_output") return std::nullopt;
        return bad_request("File files/" + file.id + " was uploaded: only generated files can be downloaded.");
    }

private:
    static std::vector<std::byte> hash_of(std::string const& bytes) {
        std::vector<std::byte> hash(SHA256_DIGEST_LENGTH);
        ::SHA256(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(),  // NOLINT: C's bytes
                 reinterpret_cast<unsigned char*>(hash.data()));                      // NOLINT: C's bytes
        return hash;
    }
};

}  // namespace

file_api const& openai_files() noexcept {
    static openai_file_api const api;
    return api;
}

file_api const& anthropic_files() noexcept {
    static anthropic_file_api const api;
    return api;
}

file_api const& gemini_files() noexcept {
    static gemini_file_api const api;
    return api;
}

}  // namespace coax::sim::detail
