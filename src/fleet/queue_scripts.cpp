#include "fleet/queue_scripts.hpp"

#include "cache/internal/redis_protocol.hpp"

namespace coax::fleet::detail {
namespace {

/// Before each script.
constexpr std::string_view script_names = R"(
local p = KEYS[1]
local job, work, known, results = p .. 'job', p .. 'work', p .. 'known', p .. 'results'
local done, dead, stats, ended = p .. 'done', p .. 'dead', p .. 'stats', p .. 'ended'
local group = 'workers'
local call = redis.call
local function begin_group()
    if call('EXISTS', work) == 0 then call('XGROUP', 'CREATE', work, group, '0', 'MKSTREAM') end
end
local function fields_of(entry)
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    return fields
end
local function add(row)
    call('HSET', known, row.k, call('XADD', work, '*', 'k', row.k, 'p', row.p, 'j', row.j))
end
local function drop(id)
    call('XACK', work, group, id)
    call('XDEL', work, id)
end
local function store(key, result, how)
    if call('HEXISTS', known, key) == 0 or call('HSETNX', results, key, result) == 0 then return 0 end
    call('XADD', done, 'MAXLEN', '~', 200000, '*', 'k', key)
    call('HINCRBY', stats, how, 1)
    return 1
end
local function give_back(worker, id)
    if #call('XPENDING', work, group, id, id, 1, worker) == 0 then return end
    local found = call('XRANGE', work, id, id)
    if found[1] then
        local row = fields_of(found[1])
        if call('HEXISTS', results, row.k) == 0 then add(row) end
    end
    drop(id)
end
)";

}  // namespace

constexpr std::string_view const open_script = R"(
local old = call('HMGET', job, 'identity', 'state')
if old[1] and old[2] == 'open' and old[1] ~= ARGV[1] then return {0, old[1]} end
if old[1] ~= ARGV[1] then
    call('UNLINK', work, known, results, done, dead, stats, p .. 'quota', p .. 'quota:leases', p .. 'quota:held')
end
call('UNLINK', job, ended)
call('HSET', job, 'identity', ARGV[1], 'description', ARGV[2], 'version', ARGV[3], 'state', 'open')
for i = 4, #ARGV, 2 do call('HSET', job, ARGV[i], ARGV[i + 1]) end
begin_group()
local last = call('XREVRANGE', done, '+', '-', 'COUNT', 1)
return {1, last[1] and last[1][1] or '0-0'}
)";

constexpr std::string_view const submit_script = R"(
if call('HGET', job, 'identity') ~= ARGV[3] then return {'gone'} end
local result = call('HGET', results, ARGV[1])
if result then return {'done', result} end
if call('HEXISTS', known, ARGV[1]) == 1 then return {'known'} end
begin_group()
add({k = ARGV[1], p = ARGV[2], j = ARGV[3]})
return {'added'}
)";

constexpr std::string_view const look_script = R"(
local all = {}
for i, key in ipairs(ARGV) do
    local result = call('HGET', results, key)
    all[i] = result or (call('HEXISTS', known, key) == 1 and '' or false)
end
return all
)";

constexpr std::string_view const forget_script = R"(
for _, key in ipairs(ARGV) do
    if call('HDEL', results, key) == 1 then call('HDEL', known, key) end
end
return 1
)";

constexpr std::string_view const finish_script = R"(
call('HSET', job, 'state', 'finished')
call('UNLINK', work, known, results, done, ended)
local left = call('XLEN', dead)
for _, key in ipairs({job, stats, p .. 'quota', p .. 'quota:leases', p .. 'quota:held', p .. 'quota:members'}) do
    if left == 0 then call('EXPIRE', key, 86400) end
end
return 1
)";

constexpr std::string_view const watch_script = R"(
local alive = 0
if call('EXISTS', work) == 1 then
    begin_group()
    for _, one in ipairs(call('XINFO', 'CONSUMERS', work, group)) do
        local patience = tonumber(one[4] > 0 and ARGV[2] or ARGV[1])
        if one[6] < patience then alive = alive + 1 end
    end
end
local reasons = call('HVALS', ended)
return {alive, reasons[1] or ''}
)";

constexpr std::string_view const join_script = R"(
if call('HGET', job, 'state') ~= 'open' then return 0 end
begin_group()
call('XGROUP', 'CREATECONSUMER', work, group, ARGV[1])
call('UNLINK', ended)
return 1
)";

constexpr std::string_view const take_over_script = R"(
if call('EXISTS', work) == 0 then return {'0-0', {}} end
begin_group()
local function bury(id, row)
    local why = ARGV[6]
    local moved = call('XADD', dead, 'MAXLEN', '~', 100000, '*', 'k', row.k, 'p', row.p, 'j', row.j, 'why', why)
    store(row.k, why, 'failed')
    drop(id)
end
local claimed = call('XAUTOCLAIM', work, group, ARGV[1], ARGV[2], ARGV[5], 'COUNT', ARGV[3])
local rows = {}
for _, entry in ipairs(claimed[2]) do
    local id, row = entry[1], fields_of(entry)
    local deliveries = call('XPENDING', work, group, id, id, 1)[1][4]
    if call('HEXISTS', results, row.k) == 1 then
        drop(id)
    elseif deliveries > tonumber(ARGV[4]) then
        bury(id, row)
    else
        rows[#rows + 1] = {id, row.k, row.p, row.j}
    end
end
for _, one in ipairs(call('XINFO', 'CONSUMERS', work, group)) do
    if one[4] == 0 and one[6] > 10 * tonumber(ARGV[2]) then call('XGROUP', 'DELCONSUMER', work, group, one[2]) end
end
return {claimed[1], rows}
)";

constexpr std::string_view const extend_script = R"(
if call('EXISTS', work) == 0 then return 0 end
begin_group()
local kept = 0
for i = 2, #ARGV do
    if #call('XPENDING', work, group, ARGV[i], ARGV[i], 1, ARGV[1]) == 1 then
        call('XCLAIM', work, group, ARGV[1], 0, ARGV[i], 'JUSTID')
        kept = kept + 1
    end
end
return kept
)";

constexpr std::string_view const store_script = R"(
if call('EXISTS', work) == 0 then return 0 end
local first = store(ARGV[2], ARGV[3], ARGV[4])
if first == 1 then call('HINCRBY', stats, 'by:' .. ARGV[5], 1) end
drop(ARGV[1])
return first
)";

constexpr std::string_view const release_script = R"(
if call('EXISTS', work) == 0 then return 0 end
begin_group()
for i = 2, #ARGV do give_back(ARGV[1], ARGV[i]) end
return 1
)";

constexpr std::string_view const leave_script = R"(
if call('EXISTS', work) == 0 then return 1 end
begin_group()
local own = call('XPENDING', work, group, '-', '+', 100000, ARGV[1])
for _, one in ipairs(own) do give_back(ARGV[1], one[1]) end
call('XGROUP', 'DELCONSUMER', work, group, ARGV[1])
if ARGV[2] ~= '' then call('HSET', ended, ARGV[1], ARGV[2]) end
return 1
)";

constexpr std::string_view const status_script = R"(
if call('EXISTS', job) == 0 then return {} end
local workers, in_work = {}, 0
if call('EXISTS', work) == 1 then
    begin_group()
    for _, one in ipairs(call('XINFO', 'CONSUMERS', work, group)) do
        workers[#workers + 1] = {one[2], one[4], call('HGET', stats, 'by:' .. one[2]) or '0', one[6]}
        in_work = in_work + one[4]
    end
end
local function number(key, field) return call('HGET', key, field) or '0' end
local quota = p .. 'quota'
return {call('HGET', job, 'state'), call('XLEN', work) - in_work, in_work, number(stats, 'ok'), number(stats, 'failed'),
        call('HLEN', results), call('XLEN', dead), workers, call('HMGET', job, 'rpm', 'tpm', 'concurrency', 'most', 'burst'),
        number(quota, 'spent'), number(quota, 'reserved'), call('ZCARD', quota .. ':leases')}
)";

constexpr std::string_view const retry_script = R"(
if call('EXISTS', job) == 0 then return 0 end
begin_group()
local rows = call('XRANGE', dead, '-', '+', 'COUNT', ARGV[1])
for _, entry in ipairs(rows) do
    local row = fields_of(entry)
    if call('HDEL', results, row.k) == 1 or call('HEXISTS', known, row.k) == 0 then add(row) end
    call('XDEL', dead, entry[1])
end
if #rows > 0 then call('HSET', job, 'state', 'open') end
return #rows
)";

constexpr std::string_view const purge_script = R"(
local rows = call('XLEN', work)
for _, name in ipairs({'job', 'work', 'known', 'results', 'done', 'dead', 'stats', 'ended', 'quota', 'quota:leases',
                       'quota:held', 'quota:members'}) do
    call('UNLINK', p .. name)
end
return rows
)";

void append_script(std::string& out, std::string_view script, std::string_view prefix,
                   std::vector<std::string> const& arguments) {
    auto const whole = std::string{script_names}.append(script);
    std::vector<std::string_view> words{"EVAL", whole, "1", prefix};
    words.insert(words.end(), arguments.begin(), arguments.end());
    cache::detail::append_command(out, words);
}

}  // namespace coax::fleet::detail
