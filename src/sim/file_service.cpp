#include "sim/file_service.hpp"

#include "sim/random.hpp"
#include "sim/service_faults.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace coax::sim::detail {
namespace {

file_api const& files_of(dialect which) noexcept {
    if (which == dialect::anthropic) return anthropic_files();
    return which == dialect::gemini ? gemini_files() : openai_files();
}

response begin_response(request_context const& context) {
    response out;
    context.api->add_id_headers(out.headers, context);
    return out;
}

bool is_command(std::string_view commands, std::string_view wanted) {
    while (!commands.empty()) {
        auto const word = commands.substr(0, commands.find(','));
        commands.remove_prefix(std::min(commands.size(), word.size() + 1));
        auto const first = std::min(word.find_first_not_of(' '), word.size());
        if (word.substr(first) == wanted) return true;
    }
    return false;
}

}  // namespace

rejection take_files(file_page& page, std::string_view after, std::size_t limit, file_api const& api) {
    auto& files = page.files;
    if (!after.empty()) {
        auto const found =
            std::ranges::find(files, after, [](stored_file const* file) { return std::string_view{file->id}; });
        if (found == files.end()) return api.unknown(after);
        files.erase(files.begin(), found + 1);
    }
    page.has_more = files.size() > limit;
    if (page.has_more) files.resize(limit);
    return std::nullopt;
}

response file_service::handle(request_view const& request, request_context const& context) {
    auto const& api = files_of(context.route.dialect);
    if (auto const wrong = api.check(request)) return reject(*wrong, context);
    auto const which = context.route.endpoint;
    if (which == endpoint::upload)
        return request.upload.command == "start" ? begin_upload(request, context) : add_bytes(request, context);
    if (which == endpoint::files) return request.method == "POST" ? add(request, context) : list(context);
    auto const* file = find(context.route.name, context.now);
    if (file == nullptr) return reject(api.unknown(context.route.name), context);
    auto out = begin_response(context);
    writer body{out.body};
    if (request.method == "DELETE") {
        api.write_deleted(body, file->id);
        (void)files_.remove(context.route.name);
    } else if (which == endpoint::one_file) {
        api.write(body, *file, context);
    } else {
        if (auto const wrong = api.refuse_content(*file)) return reject(*wrong, context);
        out.content_type = "application/octet-stream";
        out.body = file->bytes;
    }
    return out;
}

response file_service::add(request_view const& request, request_context const& context) {
    auto const& api = files_of(context.route.dialect);
    auto const form = read_form(request.content_type, request.body);
    if (!form) return reject(bad_request("The request body must be multipart/form-data."), context);
    stored_file file{.created = context.now.system};
    if (auto const wrong = api.read_upload(*form, file)) return reject(*wrong, context);
    return keep(std::move(file), context);
}

response file_service::keep(stored_file file, request_context const& context) {
    auto const& api = files_of(context.route.dialect);
    if (file.id.empty()) file.id = api.id(context.id_seed);
    auto out = begin_response(context);
    writer body{out.body};
    api.write_uploaded(body, file, context);
    put(std::move(file));
    return out;
}

void file_service::put(stored_file file) {
    auto id = file.id;
    auto const bytes = file.bytes.size() + 512;
    files_.put(std::move(id), std::move(file), bytes);
}

response file_service::list(request_context const& context) {
    auto const& api = files_of(context.route.dialect);
    file_page page;
    for (auto const& [age, kept] : files_.all())
        if (!kept.entry.expires || *kept.entry.expires > context.now.system) page.files.push_back(&kept.entry);
    if (auto const wrong = api.take_page(context.route.query, page)) return reject(*wrong, context);
    auto out = begin_response(context);
    writer body{out.body};
    api.write_page(body, page, context);
    return out;
}

response file_service::begin_upload(request_view const& request, request_context const& context) {
    if (request.upload.protocol != "resumable")
        return reject(bad_request("X-Goog-Upload-Protocol must be 'resumable'."), context);
    boost::system::error_code failure;
    auto const wanted = json::parse(json::string_view{request.body.data(), request.body.size()}, failure);
    auto const* described = failure ? nullptr : member(wanted, "file");
    upload begun{.file = {.created = context.now.system}};
    if (!read_count(request.upload.length, begun.whole))
        return reject(bad_request("X-Goog-Upload-Header-Content-Length must be a number."), context);
    begun.file.media_type = request.upload.type;
    if (described != nullptr) {
        begun.file.name = text_member(*described, "displayName");
        if (auto const type = text_member(*described, "mimeType"); !type.empty()) begun.file.media_type = type;
        auto name = text_member(*described, "name");
        if (name.starts_with("files/")) name.remove_prefix(6);
        begun.file.id = name;
    }
    if (begun.file.media_type.empty())
        return reject(bad_request("Mime type is not supported: an upload needs one."), context);
    auto const id = make_id(context.id_seed, 24);
    auto out = begin_response(context);
    add_header(out.headers, "x-goog-upload-url",
               (request.tls ? "https://" : "http://") + std::string{request.host} +
                   "/upload/v1beta/files?upload_id=" + id + "&upload_protocol=resumable");
    add_header(out.headers, "x-goog-upload-status", "active");
    uploads_.put(id, std::move(begun), 512);
    return out;
}

response file_service::add_bytes(request_view const& request, request_context const& context) {
    auto const id = query_value(context.route.query, "upload_id");
    auto* const begun = uploads_.find(id);
    std::size_t offset = 0;
    if (begun == nullptr) return reject({.status = 404, .message = "Upload not found."}, context);
    if (!is_command(request.upload.command, "upload") || !read_count(request.upload.offset, offset) ||
        offset != begun->file.bytes.size())
        return reject(bad_request("The upload goes on at " + std::to_string(begun->file.bytes.size()) + "."), context);
    auto grown = *begun;
    grown.file.bytes += request.body;
    if (!is_command(request.upload.command, "finalize")) {
        auto const bytes = grown.file.bytes.size() + 512;
        uploads_.put(std::string{id}, std::move(grown), bytes);
        auto out = begin_response(context);
        add_header(out.headers, "x-goog-upload-status", "active");
        return out;
    }
    if (grown.whole != 0 && grown.whole != grown.file.bytes.size())
        return reject(bad_request("The upload has " + std::to_string(grown.file.bytes.size()) + " bytes in place of " +
                                  std::to_string(grown.whole) + "."),
                      context);
    (void)uploads_.remove(id);
    grown.file.expires = context.now.system + std::chrono::hours{48};
    auto out = keep(std::move(grown.file), context);
    add_header(out.headers, "x-goog-upload-status", "final");
    return out;
}

stored_file const* file_service::find(std::string_view id, moment now) {
    auto const* file = files_.find(id);
    return file != nullptr && file->expires && *file->expires <= now.system ? nullptr : file;
}

}  // namespace coax::sim::detail
