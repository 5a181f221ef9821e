#include "auth/token_request.hpp"

#include <coax/bind/read.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/version.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace coax::auth::detail {

/// The answer of an authority: of OAuth 2 (RFC 6749, sections 5.1 and 5.2), Azure's App Service or IMDS.
struct token_answer {
    std::string access_token{};
    std::int64_t expires_in{0};
    std::int64_t expires_on{0};  ///< Unix seconds.
    std::int64_t refresh_in{0};
    json_value error{};
    std::string error_description{};
    std::string message{};
};

namespace {

constexpr std::size_t largest_file = 64U << 10U;
constexpr std::size_t longest_words = 1'024;
constexpr std::int64_t unknown_life = 600;
constexpr std::int64_t longest_life = 365LL * 24 * 3'600;

/// Numbers come as text, and what is of another type counts as not sent.
constexpr json::read_options answer_options{.require_fields = false,
                                            .null_is_absent = true,
                                            .ignore_mismatches = true,
                                            .check_docs = false,
                                            .leniency = {.scalars_in_strings = true, .bad_utf8 = true}};

errc to_errc(int status) {
    switch (status) {
        case 404:
        case 410: return errc::not_found;
        case 429: return errc::rate_limited;
        default: return status >= 500 ? errc::server_error : errc::authentication;
    }
}

std::string one_line(std::string text) {
    std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
    if (text.size() > longest_words) text.resize(longest_words);
    return text;
}

/// The code of an OAuth error: a text, or Google's object in its place.
std::string code_of(token_answer const& answer) {
    auto text = json::read<std::string>(answer.error, {.leniency = {.scalars_as_strings = true}});
    return text ? one_line(*std::move(text)) : std::string{};
}

std::chrono::seconds life_of(token_answer const& answer, std::chrono::system_clock::time_point now) {
    auto const today = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    auto life = answer.expires_in;
    if (life == 0 && answer.expires_on > 0)
        life = std::min(answer.expires_on, today + longest_life) - today;
    else if (life == 0)
        life = unknown_life;
    return std::chrono::seconds{std::clamp<std::int64_t>(life, 0, longest_life)};
}

bool fits_header(std::string_view token) {
    return std::ranges::none_of(token, [](unsigned char c) { return c <= 0x20 || c >= 0x7F; });
}

void hide(error& why, secret const& hidden) {
    for (auto* const text : {&why.message, &why.where, &why.service_code, &why.service_message})
        *text = redact(std::move(*text), hidden);
}

error with_address(error why, std::string_view address) {
    why.message.insert(0, "no token from " + std::string{address} + ": ");
    return why;
}

/// The address without the query, which may name an account.
std::string address_of(http_request const& request) {
    return to_string(request.to) + request.target.substr(0, request.target.find('?'));
}

}  // namespace

std::string form(std::vector<std::pair<std::string_view, std::string_view>> const& fields) {
    std::string body;
    for (auto const& [name, value] : fields) {
        if (!body.empty()) body.push_back('&');
        body.append(percent_encode(name)).append("=").append(percent_encode(value));
    }
    return body;
}

result<http_request> make_token_request(std::string option, std::string_view url, std::string body) {
    auto base = parse_base_url(url);
    if (!base) {
        auto why = std::move(base).error();
        why.where = std::move(option);
        return why;
    }
    http_request request{.to = std::move(base->to), .method = body.empty() ? "GET" : "POST", .body = std::move(body)};
    request.target = base->path.empty() ? "/" : std::move(base->path);
    if (!base->query.empty()) request.target.append("?").append(base->query);
    request.headers.add("Accept", "application/json");
    request.headers.add("User-Agent", "coax/" COAX_VERSION);
    if (!request.body.empty()) request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    return request;
}

result<access_token> read_token(http_response const& response, std::string_view address,
                                std::chrono::system_clock::time_point now) {
    token_answer answer;
    auto const read = json::read_into(answer, response.body, answer_options);
    bool const good = response.status >= 200 && response.status <= 299;
    if (good && read && fits_header(answer.access_token) && !answer.access_token.empty())
        return access_token{
            .value = secret{std::move(answer.access_token)},
            .lives_for = life_of(answer, now),
            .refresh_in = std::chrono::seconds{std::clamp<std::int64_t>(answer.refresh_in, 0, longest_life)}};
    auto words = answer.error_description.empty() ? answer.message : answer.error_description;
    bool const told = !words.empty() || !answer.error.is_null();
    error why{.code = !good || told ? to_errc(response.status) : errc::protocol_error,
              .message = !good  ? "status " + std::to_string(response.status)
                         : told ? "an error in place of a token"
                                : "the response holds no token",
              .http_status = response.status,
              .service_code = code_of(answer),
              .service_message = one_line(std::move(words))};
    return with_address(std::move(why), address);
}

asio::awaitable<result<access_token>> request_token(token_http_options how, http_request request, secret hidden) {
    auto const executor = co_await asio::this_coro::executor;
    auto const address = address_of(request);
    auto const over = how.transport ? how.transport : std::make_shared<http_transport>(executor, how.http);
    auto response = co_await over->send(std::move(request), how.limits);
    auto token = response ? read_token(*response, address, clock_of(executor).system_now())
                          : result<access_token>{with_address(std::move(response).error(), address)};
    if (token) co_return token;
    auto why = std::move(token).error();
    hide(why, hidden);
    co_return why;
}

result<std::string> read_small_file(std::string const& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text(largest_file, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file && !file.eof())
        return error{.code = errc::io_failed, .message = "the file cannot be read", .where = path};
    text.resize(static_cast<std::size_t>(file.gcount()));
    text.resize(text.find_last_not_of(" \t\r\n") + 1);
    if (text.empty()) return error{.code = errc::io_failed, .message = "the file is empty", .where = path};
    return text;
}

}  // namespace coax::auth::detail
