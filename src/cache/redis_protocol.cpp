#include "cache/internal/redis_protocol.hpp"

#include <hiredis/hiredis.h>
#include <utility>

namespace coax::cache::detail {
namespace {

error not_redis(std::string message) {
    return {.code = errc::protocol_error, .message = "the server does not speak as Redis does: " + std::move(message)};
}

redis_kind kind_of(int type) {
    switch (type) {
        case REDIS_REPLY_STRING: return redis_kind::text;
        case REDIS_REPLY_ARRAY: return redis_kind::list;
        case REDIS_REPLY_INTEGER: return redis_kind::integer;
        case REDIS_REPLY_STATUS: return redis_kind::status;
        case REDIS_REPLY_ERROR: return redis_kind::failure;
        default: return redis_kind::nil;
    }
}

redis_reply to_reply(redisReply const& from) {
    redis_reply reply{.kind = kind_of(from.type)};
    if (from.type == REDIS_REPLY_INTEGER) reply.integer = from.integer;
    if (from.str != nullptr) reply.text.assign(from.str, static_cast<std::size_t>(from.len));
    if (from.type == REDIS_REPLY_ARRAY)
        for (std::size_t i = 0; i < from.elements; ++i) reply.items.push_back(to_reply(*from.element[i]));
    return reply;
}

}  // namespace

void append_command(std::string& out, std::vector<std::string_view> const& words) {
    std::vector<char const*> starts;
    std::vector<std::size_t> sizes;
    for (auto const word : words) {
        starts.push_back(word.data() == nullptr ? "" : word.data());
        sizes.push_back(word.size());
    }
    char* text = nullptr;
    auto const size = redisFormatCommandArgv(&text, static_cast<int>(words.size()), starts.data(), sizes.data());
    std::unique_ptr<char, void (*)(char*)> const owned{text, &redisFreeCommand};
    if (size < 0) throw std::bad_alloc{};
    out.append(text, static_cast<std::size_t>(size));
}

redis_reader::redis_reader() : reader_{redisReaderCreate()} {
    if (!reader_) throw std::bad_alloc{};
}

void redis_reader::destroy::operator()(redisReader* one) const noexcept { redisReaderFree(one); }

result<void> redis_reader::feed(std::string_view bytes, std::vector<redis_reply>& replies) {
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) return not_redis(reader_->errstr);
    for (;;) {
        void* raw = nullptr;
        if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) return not_redis(reader_->errstr);
        if (raw == nullptr) return {};
        std::unique_ptr<void, void (*)(void*)> const owned{raw, &freeReplyObject};
        replies.push_back(to_reply(*static_cast<redisReply const*>(raw)));
    }
}

result<void> check(redis_reply const& reply) {
    if (reply.kind != redis_kind::failure) return {};
    auto const word = reply.text.substr(0, reply.text.find(' '));
    bool const is_refused = word == "NOAUTH" || word == "WRONGPASS" || word == "NOPERM";
    return error{.code = is_refused ? errc::authentication : errc::server_error,
                 .message = "Redis refused a command",
                 .service_code = word,
                 .service_message = reply.text};
}

}  // namespace coax::cache::detail
