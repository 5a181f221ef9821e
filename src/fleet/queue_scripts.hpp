#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What is done to a queue in one step, as scripts that Redis runs as one. All keys of a job begin with KEYS[1]:
///
///     job      hash: identity, description, state, limits      work     stream of rows {k: key, p: payload, j:
///     identity} known    hash: key → entry of a row that was put in      done     stream of keys whose results came
///     results  hash: key → result, until it is written         dead     stream of rows that are given up {k, p, j,
///     why} stats    hash: counts of all time                        ended    hash: worker → why it ended
namespace coax::fleet::detail {

/// ARGV: identity, description, version, then pairs of the limits. Replies {1, last id of `done`}, or {0, identity}.
extern std::string_view const open_script;
/// ARGV: key, payload, identity. Replies {"done", result}, {"known"}, {"added"} or {"gone"}.
extern std::string_view const submit_script;
/// ARGV: keys. Replies for each its result, "" where it is on its way, or nil.
extern std::string_view const look_script;
/// ARGV: keys whose results are written.
extern std::string_view const forget_script;
extern std::string_view const finish_script;
/// Replies {workers that give signs of life, why one of those that are gone ended, or ""}.
/// ARGV: ms after which one that has no rows, and one that has some, counts as gone.
extern std::string_view const watch_script;

/// ARGV: worker.
extern std::string_view const join_script;
/// ARGV: worker, least idle ms, count, most deliveries, cursor. Replies {next cursor, rows {id, key, payload,
/// identity}}.
extern std::string_view const take_over_script;
/// ARGV: worker, entries. Keeps those that are still its own; replies how many.
extern std::string_view const extend_script;
/// ARGV: entry, key, result, "ok" or "failed", worker. Replies 1, or 0: it was not the first, or the row is gone.
extern std::string_view const store_script;
/// ARGV: worker, entries. Puts them back into the queue.
extern std::string_view const release_script;
/// ARGV: worker, why. Puts all that it has back into the queue, and removes it.
extern std::string_view const leave_script;

extern std::string_view const status_script;
/// ARGV: count. Replies how many were put back.
extern std::string_view const retry_script;
extern std::string_view const purge_script;

/// ARGV: lease's id, tokens, nanodollars, lease in ms, member. Replies {ms to wait, members, why}; 0: taken; -1: never.
extern std::string_view const reserve_script;
/// ARGV: lease's id, tokens to give back, nanodollars spent, "1" where it was sent, ms to pause.
extern std::string_view const settle_script;
/// ARGV: tokens. Takes a request that went out while the server was away, below zero if need be.
extern std::string_view const charge_script;
/// ARGV: member, lease in ms, leases' ids.
extern std::string_view const renew_script;

/// A script as a command.
void append_script(std::string& out, std::string_view script, std::string_view prefix,
                   std::vector<std::string> const& arguments);

}  // namespace coax::fleet::detail
