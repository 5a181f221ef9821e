#include "cli/cache_flags.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <coax/cache/open_cache.hpp>
#include <coax/json/writer.hpp>
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

/// What was done, for people and as JSON.
struct told {
    std::string text{};
    std::string json{};
};

told told_number(std::string_view name, std::uint64_t number, std::string text) {
    told both{.text = std::move(text)};
    json::writer{both.json}.begin_object().member(name, number).end_object();
    return both;
}

asio::awaitable<result<told>> show_size(shared_store store) {
    auto const all = co_await store->statistics();
    if (!all) co_return all.error();
    told both{.text = std::to_string(all->entries) + " entries"};
    if (all->bytes > 0) both.text += ", " + std::to_string(all->bytes) + " bytes";
    json::writer{both.json}.begin_object().member("entries", all->entries).member("bytes", all->bytes).end_object();
    co_return both;
}

asio::awaitable<result<told>> clear(shared_store store) {
    auto const done = co_await store->clear();
    if (!done) co_return done.error();
    co_return told{"all entries dropped", R"({"cleared":true})"};
}

asio::awaitable<result<told>> invalidate(shared_store store, std::vector<std::string> tags) {
    auto const dropped = co_await store->invalidate_by_tags(std::move(tags));
    if (!dropped) co_return dropped.error();
    co_return told_number("dropped", *dropped, std::to_string(*dropped) + " entries dropped");
}

using store_work = std::function<asio::awaitable<result<told>>(shared_store)>;

/// The store that --cache or COAX_CACHE names.
result<shared_store> open_named(std::string const& flag) {
    if (auto checked = check_cache_flags({.where = flag}); !checked) return std::move(checked).error();
    auto const where = flag.empty() ? process_environment("COAX_CACHE").value_or("") : flag;
    if (where.empty()) return invalid_argument("--cache", "which cache? name it, or set COAX_CACHE");
    if (where == "memory") return invalid_argument("--cache", "a cache in memory ends with its program");
    return open_cache(where);
}

int run_on_store(std::string const& where, bool as_json, store_work const& work) {
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
    print_answer((as_json ? done->json : done->text) + '\n');
    return all_ok;
}

/// Adds a command that does `work` on the store that its --cache or COAX_CACHE names.
CLI::App* add_store_command(CLI::App& parent, chosen_command& chosen, char const* name, char const* description,
                            store_work work) {
    auto* const command = parent.add_subcommand(name, description);
    auto where = std::make_shared<std::string>();
    command->add_option("--cache", *where, "A file, redis://… or rediss://…; default: COAX_CACHE");
    auto as_json = std::make_shared<bool>(false);
    command->add_flag("--json", *as_json, "Print a JSON object");
    command->callback([where, as_json, work = std::move(work), &chosen] {
        chosen = [where, as_json, work] { return run_on_store(*where, *as_json, work); };
    });
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
