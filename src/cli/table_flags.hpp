#pragma once

#include <coax/chat/prompt_template.hpp>
#include <coax/core/result.hpp>
#include <coax/table/read_table.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace coax::cli {

/// How INPUT is read.
struct table_flags {
    std::vector<std::string> more_inputs{};  ///< Besides the first.
    std::string format{"auto"};
    std::string separator{};
    std::vector<std::string> types{};
    bool no_header{false};
    bool allow_duplicate_keys{false};
};

/// Adds INPUT, one or several, and the flags.
void add_input(CLI::App& command, std::string& input, table_flags& flags, char const* description);

/// Adds the flags alone, for a command that names its input in another way.
void add_table_flags(CLI::App& command, table_flags& flags);

/// The table that INPUT is; can be opened more than once.
struct table_input {
    std::vector<std::string> paths{};
    table_options options{};
    std::vector<table_column> columns{};  ///< Empty: each record says its own.

    [[nodiscard]] result<std::unique_ptr<table_source>> open() const;
};

/// Expands patterns and reads the flags. Errors: `errc::invalid_argument`, `where` is the flag; `errc::io_failed`.
[[nodiscard]] result<table_input> find_input(std::string const& input, table_flags const& flags);

/// Opens the table to learn its columns. Errors: as `read_tables`.
[[nodiscard]] result<void> learn_columns(table_input& table);

/// Where the columns are known, that they are what the prompt and the flags name.
/// Errors: `errc::invalid_argument`, `where` is the flag.
/// @param fields  Flags that take a field, and what they are set to; empty: not set.
[[nodiscard]] result<void> check_columns(table_input const& table, prompt_template const& prompt,
                                         std::span<std::pair<std::string_view, std::string_view> const> fields);

}  // namespace coax::cli
