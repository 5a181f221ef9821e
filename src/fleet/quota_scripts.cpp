#include "fleet/queue_scripts.hpp"

/// The fleet's quota: buckets that refill steadily (hash `quota`: levels r and t as of `at`, pause, spent, reserved),
/// the requests under way with the end of their lease (`quota:leases`), what each has set aside (`quota:held`), and who
/// takes part (`quota:members`). Times are microseconds of Redis's clock, money nanodollars: whole numbers below 2^53.
namespace coax::fleet::detail {

constexpr std::string_view const reserve_script = R"(
local quota, leases, held, members = p .. 'quota', p .. 'quota:leases', p .. 'quota:held', p .. 'quota:members'
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local id, tokens, cost, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]) * 1000
local function whole(number) return string.format('%.0f', number) end
call('ZADD', members, whole(now + lease), ARGV[5])
call('ZREMRANGEBYSCORE', members, '-inf', whole(now))
local count = call('ZCARD', members)
-- The owner of a lease that has run out is gone, and may have spent all.
for _, old in ipairs(call('ZRANGEBYSCORE', leases, '-inf', whole(now), 'LIMIT', 0, 100)) do
    call('ZREM', leases, old)
    local money = call('HGET', held, old)
    if money then
        call('HSET', held, old, 'x' .. money)
        call('HINCRBY', quota, 'reserved', '-' .. money)
        call('HINCRBY', quota, 'spent', money)
    end
end
if call('ZSCORE', leases, id) then return {0, count, 'taken'} end
local limit = call('HMGET', job, 'rpm', 'tpm', 'concurrency', 'most', 'burst')
local state = call('HMGET', quota, 'r', 't', 'at', 'pause', 'spent', 'reserved')
local pause = tonumber(state[4] or 0)
if pause > now then return {math.ceil((pause - now) / 1000), count, 'pause'} end
if limit[4] and limit[4] ~= '' then
    local most, spent = tonumber(limit[4]), tonumber(state[5] or 0)
    if spent + cost > most then return {-1, count, whole(spent)} end
    if spent + tonumber(state[6] or 0) + cost > most then return {200, count, 'money'} end
end
local concurrency = tonumber(limit[3] or 0)
if concurrency > 0 and call('ZCARD', leases) >= concurrency then return {20, count, 'slot'} end
local burst = tonumber(limit[5] or 60000) / 60000
local since = (now - tonumber(state[3] or 0)) / 60000000
local function level(stored, rate)
    local capacity = math.max(1, rate * burst)
    if not stored then return capacity, capacity end
    return math.min(capacity, tonumber(stored) + since * rate), capacity
end
local rpm, tpm = tonumber(limit[1] or 0), tonumber(limit[2] or 0)
local wait, r, t, capacity = 0, 0, 0, 0
if rpm > 0 then
    r = level(state[1], rpm)
    if r < 1 then wait = (1 - r) / rpm * 60000 end
end
if tpm > 0 then
    t, capacity = level(state[2], tpm)
    local need = math.min(tokens, capacity)
    if t < need then wait = math.max(wait, (need - t) / tpm * 60000) end
end
if wait > 0 then return {math.ceil(wait), count, 'rate'} end
call('HSET', quota, 'at', whole(now))
if rpm > 0 then call('HSET', quota, 'r', string.format('%.6f', r - 1)) end
if tpm > 0 then call('HSET', quota, 't', string.format('%.6f', t - tokens)) end
call('ZADD', leases, whole(now + lease), id)
if cost > 0 then
    call('HSET', held, id, whole(cost))
    call('HINCRBY', quota, 'reserved', whole(cost))
end
return {0, count, 'taken'}
)";

constexpr std::string_view const settle_script = R"(
local quota, leases, held = p .. 'quota', p .. 'quota:leases', p .. 'quota:held'
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local id, tokens, cost, pause = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local function whole(number) return string.format('%.0f', number) end
local money = call('HGET', held, id)
if money then
    call('HDEL', held, id)
    if string.sub(money, 1, 1) == 'x' then
        call('HINCRBY', quota, 'spent', whole(cost - tonumber(string.sub(money, 2))))
    else
        call('HINCRBY', quota, 'reserved', '-' .. money)
        call('HINCRBY', quota, 'spent', whole(cost))
    end
end
if call('ZREM', leases, id) == 1 then
    local limit = call('HMGET', job, 'rpm', 'tpm', 'burst')
    local rpm, tpm = tonumber(limit[1] or 0), tonumber(limit[2] or 0)
    local burst = tonumber(limit[3] or 60000) / 60000
    local state = call('HMGET', quota, 'r', 't', 'at')
    local since = (now - tonumber(state[3] or now)) / 60000000
    local function put(name, stored, rate, back)
        if rate == 0 or not stored then return end
        local level = math.min(math.max(1, rate * burst), tonumber(stored) + since * rate + back)
        call('HSET', quota, name, string.format('%.6f', level))
    end
    put('r', state[1], rpm, ARGV[4] == '1' and 0 or 1)
    put('t', state[2], tpm, tokens)
    call('HSET', quota, 'at', whole(now))
end
if pause > 0 then
    local old = tonumber(call('HGET', quota, 'pause') or 0)
    call('HSET', quota, 'pause', whole(math.max(old, now + pause * 1000)))
end
return 1
)";

constexpr std::string_view const charge_script = R"(
local quota = p .. 'quota'
local limit = call('HMGET', job, 'rpm', 'tpm')
local function charge(name, rate, amount)
    local stored = call('HGET', quota, name)
    if tonumber(rate or 0) == 0 or not stored then return end
    call('HSET', quota, name, string.format('%.6f', tonumber(stored) - amount))
end
charge('r', limit[1], 1)
charge('t', limit[2], tonumber(ARGV[1]))
return 1
)";

constexpr std::string_view const renew_script = R"(
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local ends = string.format('%.0f', now + tonumber(ARGV[2]) * 1000)
call('ZADD', p .. 'quota:members', ends, ARGV[1])
for i = 3, #ARGV do call('ZADD', p .. 'quota:leases', 'XX', ends, ARGV[i]) end
return 1
)";

}  // namespace coax::fleet::detail
