#include "table/internal/columns.hpp"

#include <coax/table/read_table.hpp>

#include <algorithm>
#include <glob.h>
#include <memory>
#include <sys/stat.h>
#include <utility>

namespace coax {

namespace {

/// Several tables, one after the other; one is open at a time.
class table_list final : public table_source {
public:
    table_list(std::vector<std::string> paths, table_options options)
        : paths_{std::move(paths)}, options_{std::move(options)} {}

    /// Learns the columns of all.
    [[nodiscard]] result<void> begin() {
        bool known = true;
        for (auto const& path : paths_) {
            auto const opened = read_table(path, options_);
            if (!opened) return opened.error();
            known = known && !(*opened)->columns().empty();
            for (auto const& column : (*opened)->columns()) add(column);
        }
        if (!known) columns_.clear();
        return {};
    }
    std::vector<table_column> const& columns() const noexcept override { return columns_; }

    result<std::optional<table_row>> next() override {
        for (;;) {
            if (!open_) {
                if (next_ == paths_.size()) return std::optional<table_row>{};
                auto opened = read_table(paths_[next_++], options_);
                if (!opened) return opened.error();
                open_ = std::move(*opened);
            }
            auto row = open_->next();
            if (!row || *row) return row;
            open_.reset();
        }
    }

private:
    void add(table_column const& column) {
        auto const found = std::ranges::find(columns_, column.name, &table_column::name);
        if (found == columns_.end())
            columns_.push_back(column);
        else if (*found != column)
            *found = {column.name, table::detail::common_type(found->type, column.type)};
    }

    std::vector<std::string> paths_;
    table_options options_;
    std::vector<table_column> columns_{};
    std::size_t next_{0};
    std::unique_ptr<table_source> open_{};
};

bool exists(std::string const& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0;
}

/// Adds what a pattern names.
result<void> expand(std::string const& pattern, std::vector<std::string>& paths) {
    glob_t found{};
    std::unique_ptr<glob_t, void (*)(glob_t*)> const freed{&found, ::globfree};
    auto const code = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
    if (code != 0)
        return error{.code = errc::io_failed,
                     .message = code == GLOB_NOMATCH ? "no file has such a name" : "a folder on its way cannot be read",
                     .where = pattern};
    for (std::size_t at = 0; at < found.gl_pathc; ++at) paths.emplace_back(found.gl_pathv[at]);
    return {};
}

}  // namespace

result<std::unique_ptr<table_source>> read_tables(std::vector<std::string> paths, table_options options) {
    if (paths.empty()) return invalid_argument("paths", "must not be empty");
    options.name.clear();
    if (paths.size() == 1) return read_table(std::move(paths.front()), std::move(options));
    auto made = std::make_unique<table_list>(std::move(paths), std::move(options));
    if (auto begun = made->begin(); !begun) return begun.error();
    return std::unique_ptr<table_source>{std::move(made)};
}

result<std::vector<std::string>> expand_paths(std::vector<std::string> const& patterns) {
    std::vector<std::string> paths;
    for (auto const& pattern : patterns) {
        bool const plain = pattern.find_first_of("*?[") == std::string::npos;
        if (plain || exists(pattern))
            paths.push_back(pattern);
        else if (auto expanded = expand(pattern, paths); !expanded)
            return expanded.error();
    }
    return paths;
}

}  // namespace coax
