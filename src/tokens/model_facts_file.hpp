#pragma once

#include <coax/core/result.hpp>
#include <coax/reflect/doc.hpp>
#include <coax/tokens/model_facts.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The form of a file with facts of models. Prices are US dollars per million tokens there, as services print them.
namespace coax::tokens::detail {

/// The facts that this build knows.
extern char const built_in_models[];

struct file_prices {
    std::optional<double> input{};
    std::optional<double> cached_input{};
    std::optional<double> cache_write{};
    std::optional<double> cache_write_long{};
    std::optional<double> output{};
};

struct file_long_context {
    std::int64_t above_input_tokens{0};
    std::optional<double> input{};
    std::optional<double> cached_input{};
    std::optional<double> cache_write{};
    std::optional<double> cache_write_long{};
    std::optional<double> output{};
};

struct file_model {
    std::string id{};
    std::string service{};
    std::optional<std::int64_t> max_input_tokens{};
    std::optional<std::int64_t> max_output_tokens{};
    std::optional<file_prices> usd_per_million{};
    std::optional<file_long_context> long_context{};
    std::optional<int> batch_percent{};
    std::optional<int> flex_percent{};
    std::optional<int> priority_percent{};
    std::optional<std::string> shutdown{};
    std::optional<std::string> encoding{};
};

struct file_table {
    std::string as_of{};
    std::vector<file_model> models{};
};

/// Errors: `errc::invalid_json`.
[[nodiscard]] result<std::vector<model_facts>> read_models(std::string_view text, std::string& as_of);

}  // namespace coax::tokens::detail
