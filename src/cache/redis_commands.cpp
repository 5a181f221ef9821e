#include "cache/redis_commands.hpp"

#include "cache/entry_check.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace coax::cache::detail {
namespace {

/// ARGV[1] is the prefix of tags; KEYS[1], where there is one, the entry.
constexpr std::string_view untag = R"(
local function untag(key)
    local old = redis.call('HGET', key, 't')
    if old then
        for _, tag in ipairs(cmsgpack.unpack(old)) do redis.call('SREM', ARGV[1] .. tag, key) end
    end
end
)";

/// ARGV: prefix, value, time, ttl (0: none), tags. A set of keys lives as long as the entry that lives longest.
constexpr std::string_view put_script = R"(
local tags = {}
for i = 5, #ARGV do tags[#tags + 1] = ARGV[i] end
untag(KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[3], 't', cmsgpack.pack(tags))
local ttl = tonumber(ARGV[4])
if ttl > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
for _, tag in ipairs(tags) do
    local set = ARGV[1] .. tag
    local left = redis.call('PTTL', set)
    redis.call('SADD', set, KEYS[1])
    if ttl == 0 then
        redis.call('PERSIST', set)
    elseif left == -2 or (left >= 0 and left < ttl) then
        redis.call('PEXPIRE', set, ARGV[4])
    end
end
return 1
)";

constexpr std::string_view erase_script = R"(
untag(KEYS[1])
return redis.call('DEL', KEYS[1])
)";

/// ARGV: prefix, tags.
constexpr std::string_view invalidate_script = R"(
local count = 0
for i = 2, #ARGV do
    local set = ARGV[1] .. ARGV[i]
    for _, key in ipairs(redis.call('SMEMBERS', set)) do
        untag(key)
        count = count + redis.call('DEL', key)
    end
    redis.call('DEL', set)
end
return count
)";

/// Longer than anyone waits, and no number that Redis cannot add to its clock.
constexpr std::int64_t longest_ttl = std::chrono::milliseconds{std::chrono::hours{24 * 365 * 100}}.count();

std::string command(std::vector<std::string_view> const& words) {
    std::string bytes;
    append_command(bytes, words);
    return bytes;
}

/// @param key  Empty: the script has none.
std::string script(std::string_view text, std::string const& key, std::vector<std::string_view> const& arguments) {
    auto const whole = std::string{untag}.append(text);
    std::vector<std::string_view> words{"EVAL", whole, key.empty() ? "0" : "1"};
    if (!key.empty()) words.push_back(key);
    words.insert(words.end(), arguments.begin(), arguments.end());
    return command(words);
}

/// As a pattern that matches what begins with this text.
std::string pattern_of(std::string_view text) {
    std::string pattern;
    for (char const c : text) {
        if (std::string_view{"*?[]\\^-"}.find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern + '*';
}

error not_ours(std::string_view what) {
    return {.code = errc::protocol_error, .message = "what Redis has under the key is " + std::string{what}};
}

}  // namespace

std::string redis_commands::get(std::string const& key) const { return command({"HMGET", entries_ + key, "v", "s"}); }

std::string redis_commands::put(std::string const& key, cache_entry const& entry, std::int64_t now) const {
    auto const stored = std::to_string(now);
    auto const ttl = std::to_string(std::min<std::int64_t>(entry.ttl.count(), longest_ttl));
    std::vector<std::string_view> arguments{tags_, entry.value, stored, ttl};
    arguments.insert(arguments.end(), entry.tags.begin(), entry.tags.end());
    return script(put_script, entries_ + key, arguments);
}

std::string redis_commands::erase(std::string const& key) const {
    return script(erase_script, entries_ + key, {tags_});
}

std::string redis_commands::invalidate(std::vector<std::string> const& tags) const {
    std::vector<std::string_view> arguments{tags_};
    arguments.insert(arguments.end(), tags.begin(), tags.end());
    return script(invalidate_script, {}, arguments);
}

std::string redis_commands::scan(std::string const& cursor, bool entries_only) const {
    return command({"SCAN", cursor, "MATCH", pattern_of(entries_only ? entries_ : all_), "COUNT", "1000"});
}

std::string redis_commands::unlink(std::vector<redis_reply> const& keys) {
    std::vector<std::string_view> words{"UNLINK"};
    for (auto const& key : keys) words.push_back(key.text);
    return command(words);
}

result<std::optional<cached_value>> to_value(redis_reply const& reply) {
    if (auto good = check(reply); !good) return std::move(good).error();
    if (reply.kind != redis_kind::list || reply.items.size() != 2) return not_ours("no entry");
    auto const& value = reply.items[0];
    auto const& stored = reply.items[1];
    if (value.kind == redis_kind::nil) return std::optional<cached_value>{};
    std::int64_t time = 0;
    auto const* const end = stored.text.data() + stored.text.size();
    auto const read = std::from_chars(stored.text.data(), end, time);
    if (read.ec != std::errc{} || read.ptr != end) return not_ours("no entry of this version");
    return std::optional{cached_value{.value = value.text, .stored_at = from_milliseconds(time)}};
}

result<std::uint64_t> to_count(redis_reply const& reply) {
    if (auto good = check(reply); !good) return std::move(good).error();
    if (reply.kind != redis_kind::integer) return not_ours("no number");
    return static_cast<std::uint64_t>(reply.integer);
}

}  // namespace coax::cache::detail
