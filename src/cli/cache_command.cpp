#include "cli/cache_flags.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <coax/cache/open_cache.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::cli {
namespace {

using shared_store = std::shared_ptr<cache_store>;

asio::awaitable<result<std::string>> show_size(shared_store store) {
    auto const all = co_await store->statistics();
    if (!all) co_return all.error();
    auto text = std::to_string(all->entries) + " entries";
    if (all->bytes > 0) text += ", " + std::to_string(all->bytes) + " bytes";
    co_return text;
}

asio::awaitable<result<std::string>> clear(shared_store store) {
    auto const done = co_await store->clear();
    if (!done) co_return done.error();
    co_return "all entries dropped";
}

asio::awaitable<result<std::string>> invalidate(shared_store store, std::vector<std::string> tags) {
    auto const dropped = co_await store->invalidate_by_tags(std::move(tags));
    if (!dropped) co_return dropped.error();
    co_return std::to_string(*dropped) + " entries dropped";
}

using store_work = std::function<asio::awaitable<result<std::string>>(shared_store)>;

/// The store that --cache or COAX_CACHE names.
result<shared_store> open_named(std::string const& flag) {
    if (auto checked = check_cache_flags({.where = flag}); !checked) return std::move(checked).error();
    auto const where = flag.empty() ? process_environment("COAX_CACHE").value_or("") : flag;
    if (where.empty()) return invalid_argument("--cache", "is not given, and COAX_CACHE is not set");
    if (where == "memory") return invalid_argument("--cache", "a cache in memory ends with its program");
    return open_cache(where);
}

int run_on_store(std::string const& where, store_work const& work) {
    auto store = open_named(where);
    if (!store) {
        print_error(store.error());
        return store.error().code == errc::invalid_argument ? bad_usage : could_not_go_on;
    }
    runtime rt;
    auto const done = rt.run(as_result(work(*store)));
    if (!done) {
        print_error(done.error());
        return could_not_go_on;
    }
    print_answer(*done + '\n');
    return all_ok;
}

/// Adds a command that does `work` on the store that its --cache or COAX_CACHE names.
CLI::App* add_store_command(CLI::App& parent, chosen_command& chosen, char const* name, char const* description,
                            store_work work) {
    auto* const command = parent.add_subcommand(name, description);
    auto where = std::make_shared<std::string>();
    command->add_option("--cache", *where, "A file, redis://… or rediss://…; default: COAX_CACHE");
    command->callback(
        [where, work = std::move(work), &chosen] { chosen = [where, work] { return run_on_store(*where, work); }; });
    return command;
}

}  // namespace

void add_cache_command(CLI::App& program, chosen_command& chosen) {
    auto* const command = program.add_subcommand("cache", "Look at kept responses, or drop them");
    command->require_subcommand(1);
    add_store_command(*command, chosen, "stats", "Say how many responses are kept", &show_size);
    add_store_command(*command, chosen, "clear", "Drop all of them", &clear);
    auto tags = std::make_shared<std::vector<std::string>>();
    auto* const by_tag = add_store_command(*command, chosen, "invalidate", "Drop those that have one of the tags",
                                           [tags](shared_store store) { return invalidate(std::move(store), *tags); });
    by_tag->add_option("TAG", *tags, "Tags")->required();
}

}  // namespace coax::cli
