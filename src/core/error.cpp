#include <coax/core/error.hpp>

#include <array>
#include <ostream>
#include <utility>

namespace coax {
namespace {

struct errc_fact {
    errc code;
    std::string_view name;
    bool retryable;
};

constexpr std::array errc_facts{
    errc_fact{errc::cancelled, "cancelled", false},
    errc_fact{errc::timeout, "timeout", true},
    errc_fact{errc::connect_failed, "connect_failed", true},
    errc_fact{errc::tls_failed, "tls_failed", false},
    errc_fact{errc::connection_lost, "connection_lost", true},
    errc_fact{errc::protocol_error, "protocol_error", true},
    errc_fact{errc::too_large, "too_large", false},
    errc_fact{errc::rate_limited, "rate_limited", true},
    errc_fact{errc::quota_exhausted, "quota_exhausted", false},
    errc_fact{errc::overloaded, "overloaded", true},
    errc_fact{errc::server_error, "server_error", true},
    errc_fact{errc::authentication, "authentication", false},
    errc_fact{errc::not_found, "not_found", false},
    errc_fact{errc::bad_request, "bad_request", false},
    errc_fact{errc::context_too_long, "context_too_long", false},
    errc_fact{errc::content_filtered, "content_filtered", false},
    errc_fact{errc::refused, "refused", false},
    errc_fact{errc::truncated, "truncated", false},
    errc_fact{errc::invalid_output, "invalid_output", false},
    errc_fact{errc::tool_failed, "tool_failed", false},
    errc_fact{errc::invalid_argument, "invalid_argument", false},
    errc_fact{errc::invalid_json, "invalid_json", false},
    errc_fact{errc::io_failed, "io_failed", false},
    errc_fact{errc::closed, "closed", false},
    errc_fact{errc::stalled, "stalled", false},
    errc_fact{errc::internal, "internal", false},
    errc_fact{errc::spent_on_reasoning, "spent_on_reasoning", false},
};

/// The table is in the order of the enumerators, which start at 1.
constexpr errc_fact const* find(errc code) noexcept {
    auto const index = static_cast<std::size_t>(code) - 1;
    return index < errc_facts.size() ? &errc_facts[index] : nullptr;
}

static_assert(
    [] {
        for (auto const& fact : errc_facts)
            if (find(fact.code) != &fact) return false;
        return true;
    }(),
    "errc_facts must follow the order of errc");

class category final : public boost::system::error_category {
public:
    constexpr category() noexcept : error_category{0xc0a8f00dca11ab1eULL} {}
    char const* name() const noexcept override { return "coax"; }
    std::string message(int value) const override { return std::string{to_string(static_cast<errc>(value))}; }
};

constexpr category the_category{};

}  // namespace

std::string_view to_string(errc code) noexcept {
    auto const* fact = find(code);
    return fact != nullptr ? fact->name : std::string_view{"unknown"};
}

boost::system::error_category const& coax_category() noexcept { return the_category; }

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), the_category}; }

bool rate_limit_status::operator==(rate_limit_status const& other) const = default;

bool error::operator==(error const& other) const = default;

error invalid_argument(std::string where, std::string message) {
    return {.code = errc::invalid_argument, .message = std::move(message), .where = std::move(where)};
}

std::string to_string(error const& why) {
    std::string line{to_string(why.code)};
    auto const add = [&line](std::string_view before, std::string_view text, std::string_view after = {}) {
        if (text.empty()) return;
        line.append(before).append(text).append(after);
    };
    add(": ", why.message);
    add(" at ", why.where);
    if (why.http_status != 0) add(" (HTTP ", std::to_string(why.http_status), ")");
    add(" [", why.service_code, "]");
    if (why.service_message != why.message) add(": ", why.service_message);
    add(" (request id ", why.request_id, ")");
    if (auto const cause = why.cause ? why.cause.message() : std::string{}; line.find(cause) == std::string::npos)
        add(": ", cause);
    for (char& c : line)
        if (c == '\n' || c == '\r') c = ' ';
    return line;
}

std::ostream& operator<<(std::ostream& out, error const& why) { return out << to_string(why); }

bool is_retryable(error const& why) noexcept {
    if (why.code == errc::cancelled) return false;
    if (why.should_retry) return *why.should_retry;
    auto const* fact = find(why.code);
    return fact != nullptr && fact->retryable;
}

exception::exception(error why)
    : boost::system::system_error{make_error_code(why.code), to_string(why)}, why_{std::move(why)} {}

void throw_error(error why) { throw exception{std::move(why)}; }

}  // namespace coax
