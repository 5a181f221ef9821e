#include "http/cassette_file.hpp"

#include "json/internal/text.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>

namespace coax::http::detail {
namespace {

constexpr int form_version = 1;

struct recorded_bytes {
    std::vector<std::byte> base64{};
};

bool is_text(std::string_view text) {
    auto const* const end = text.data() + text.size();
    return json::detail::find_invalid_utf8(text.data(), end) == end;
}

error cassette_error(errc code, std::string message, std::string const& path, int os_error = 0) {
    error why{.code = code, .message = std::move(message), .where = path};
    if (os_error != 0) why.cause = {os_error, boost::system::generic_category()};
    return why;
}

error not_written(std::string const& path) {
    return cassette_error(errc::io_failed, "the cassette cannot be written", path, errno);
}

error in_line(error why, std::string const& path, std::size_t line) {
    if (!why.where.empty()) why.message += " (at " + why.where + ")";
    why.where = path + ":" + std::to_string(line);
    return why;
}

result<hidden_names> read_head(std::string_view line) {
    auto head = json::read<cassette_head>(line, {.require_fields = false});
    if (!head) return std::move(head).error();
    if (head->coax_cassette != form_version)
        return error{.code = errc::invalid_json,
                     .message = R"(the first line of a cassette is {"coax_cassette":1,...})"};
    return std::move(head->hidden);
}

result<recorded_exchange> read_exchange(std::string_view line) {
    auto exchange = json::read<recorded_exchange>(line, {.max_depth = 256, .require_fields = false});
    if (exchange && !exchange->response && !exchange->failure)
        return error{.code = errc::invalid_json, .message = "neither a response nor a failure"};
    return exchange;
}

result<std::string> read_file(std::string const& path, std::size_t max_bytes) {
    errno = 0;
    std::ifstream in{path, std::ios::binary};
    if (!in)
        return cassette_error(errc::io_failed, "the cassette cannot be read; a record_transport makes one", path,
                              errno);
    std::error_code failure;
    auto const size = std::filesystem::file_size(path, failure);
    if (!failure && size > max_bytes)
        return cassette_error(errc::too_large, "more than max_bytes: " + std::to_string(max_bytes), path);
    std::string text(failure ? 0 : size, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

json_value to_recorded(std::string_view body) {
    if (auto value = json_value::parse(body); value && (value->is_object() || value->is_array()))
        return *std::move(value);
    if (is_text(body)) return json::to_value(std::string{body});
    auto const bytes = std::as_bytes(std::span{body});
    return json::to_value(recorded_bytes{{bytes.begin(), bytes.end()}});
}

result<std::string> from_recorded(json_value const& body) {
    if (body.is_string()) return json::read<std::string>(body);
    if (body.text().starts_with(R"({"base64":)"))
        if (auto const bytes = json::read<recorded_bytes>(body, {.refuse_unknown_keys = true})) {
            std::string text(bytes->base64.size(), '\0');
            for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(bytes->base64[i]);
            return text;
        }
    return body.is_null() ? std::string{} : body.text();
}

std::string line_of(cassette_head const& head) { return json::write(head) + '\n'; }

std::string line_of(recorded_exchange const& exchange) { return json::write(exchange) + '\n'; }

result<loaded_cassette> load_cassette(std::string const& path, std::size_t max_bytes) {
    auto const text = read_file(path, max_bytes);
    if (!text) return text.error();
    loaded_cassette loaded;
    std::size_t line = 0;
    for (std::string_view rest{*text}; !rest.empty() || line == 0;) {
        auto const one = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        if (++line == 1) {
            auto head = read_head(one);
            if (!head) return in_line(std::move(head).error(), path, line);
            loaded.hidden = *std::move(head);
        } else if (one.find_first_not_of(" \t\r") != std::string_view::npos) {
            auto exchange = read_exchange(one);
            if (!exchange) return in_line(std::move(exchange).error(), path, line);
            loaded.exchanges.push_back({line, *std::move(exchange)});
        }
    }
    return loaded;
}

result<void> save_cassette(std::string const& path, std::string_view text) {
    auto const fresh = path + ".new";
    errno = 0;
    {
        std::ofstream out{fresh, std::ios::binary | std::ios::trunc};
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        if (!out.flush()) return not_written(path);
    }
    if (std::rename(fresh.c_str(), path.c_str()) != 0) return not_written(path);
    return {};
}

}  // namespace coax::http::detail
