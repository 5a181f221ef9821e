#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace coax::cache::detail {

enum class redis_kind { nil, status, failure, integer, text, list };

/// What the server says to one command.
struct redis_reply {
    redis_kind kind{redis_kind::nil};
    std::string text{};  ///< Of a status, failure or text.
    std::int64_t integer{0};
    std::vector<redis_reply> items{};
};

/// Appends a command as it is sent.
void append_command(std::string& out, std::vector<std::string_view> const& words);

/// Reads replies from bytes that come in pieces.
class redis_reader {
public:
    redis_reader();

    /// Adds the replies that `bytes` complete.
    /// Errors: `errc::protocol_error`: no Redis speaks here.
    [[nodiscard]] result<void> feed(std::string_view bytes, std::vector<redis_reply>& replies);

private:
    struct destroy {
        void operator()(redisReader* one) const noexcept;
    };
    std::unique_ptr<redisReader, destroy> reader_;
};

/// The error that a reply is; none for others. Errors: `errc::authentication`, `errc::server_error`.
[[nodiscard]] result<void> check(redis_reply const& reply);

}  // namespace coax::cache::detail
