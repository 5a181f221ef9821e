#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/tokens/usd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// What a token costs, in 10^-12 US dollars: the same number as millionths of a dollar per million tokens. Nothing: not
/// known. 0: it is free.
struct token_prices {
    std::optional<std::int64_t> input{};
    std::optional<std::int64_t> cached_input{};      ///< Read from the service's prompt cache. Nothing: as `input`.
    std::optional<std::int64_t> cache_write{};       ///< Written to it, for the shorter time. Nothing: as `input`.
    std::optional<std::int64_t> cache_write_long{};  ///< For the longer time. Nothing: as `cache_write`.
    std::optional<std::int64_t> output{};            ///< Reasoning included.
};

/// What is known of a model.
struct model_facts {
    std::string id{};       ///< A name that ends with '*' stands for all that begin so.
    std::string service{};  ///< As in `provider_options::service`.
    std::optional<std::int64_t> max_input_tokens{};
    std::optional<std::int64_t> max_output_tokens{};
    token_prices prices{};
    std::int64_t long_context_above{
        0};  ///< With more input tokens `long_context` holds for the whole request. 0: never.
    token_prices long_context{};
    std::optional<int> batch_percent{};     ///< Of the price, in the service's own batches. Nothing: not known.
    std::optional<int> flex_percent{};      ///< The same of the tier "flex".
    std::optional<int> priority_percent{};  ///< The same of the tier "priority".
    std::optional<std::chrono::sys_days> shutdown{};  ///< From when on it is gone. Nothing: no day is known.
    std::string encoding{};                           ///< Such as "o200k_base"; empty: not published.
};

/// Facts of models: those that this build knows, of the day that `as_of` tells, and what a file says in their place.
/// Prices move: check them before you bill anyone. Thread safety: it never changes. A handle: copies share the table.
class model_table {
public:
    /// What this build knows.
    model_table() noexcept = default;
    /// What this build knows.
    [[nodiscard]] static model_table const& built_in();

    /// A file in the form that `coax models --known` prints: `{"as_of":"2026-11-28","models":[{"id":"…","service":"…",
    /// "max_input_tokens":…,"max_output_tokens":…,"usd_per_million":{"input":…,"output":…,"cached_input":…,
    /// "cache_write":…,"cache_write_long":…},"long_context":{"above_input_tokens":…,…},"batch_percent":50,
    /// "shutdown":"2027-01-31","encoding":"…"}]}`. Its models come before those of the build.
    /// Errors: `errc::io_failed`, `errc::invalid_json` with file and place: also a name that is not known.
    [[nodiscard]] static result<model_table> load(std::string const& path);
    [[nodiscard]] static result<model_table> parse(std::string_view text);

    /// The facts of a model: of the name itself, or of the longest name that it is a snapshot of: "gpt-5" for
    /// "gpt-5-2025-08-07", but not for "gpt-5-pro", which is another model at another price.
    /// @param service  Empty: any; "vertex" has the models of "gemini".
    /// @returns Null: it is not known. Lives as long as the table.
    [[nodiscard]] model_facts const* find(std::string_view model, std::string_view service = {}) const noexcept;

    [[nodiscard]] std::vector<model_facts> const& models() const noexcept;
    [[nodiscard]] std::string const& as_of() const noexcept;

private:
    struct data;
    [[nodiscard]] data const& facts() const noexcept;

    core::detail::shared_opaque<data> data_{};  ///< Null: of the build.
};

/// How a request is billed.
struct billing {
    enum class tier {
        standard,
        batch,  ///< The service's own batches.
        flex,
        priority,
        background_2h,  ///< A response in the background, made within that time.
        background_8h
    };
    tier at{tier::standard};
    bool long_cache{false};  ///< Its prompt is written to the cache for the longer of the service's two times.
};

/// "standard", "batch", "background_2h".
[[nodiscard]] std::string_view to_string(billing::tier tier) noexcept;
/// Nothing: it is none of these words.
[[nodiscard]] std::optional<billing::tier> parse_tier(std::string_view text) noexcept;

/// What these tokens cost, exactly. A share of a price is rounded up.
/// Errors: `errc::invalid_argument`, with the missing price as `where`: it is not known, and tokens were used of it.
[[nodiscard]] result<usd> cost_of(usage const& used, model_facts const& of, billing const& how = {});

/// The same by the model's name, with the facts of this build.
[[nodiscard]] result<usd> cost_of(usage const& used, std::string_view model, std::string_view service = {},
                                  billing const& how = {});

/// The most that a request with so many tokens can cost: what is not known yet, such as what is read from a cache, is
/// taken as the dearest.
/// Errors: as `cost_of`.
[[nodiscard]] result<usd> most_cost_of(std::int64_t input_tokens, std::int64_t output_tokens, model_facts const& of,
                                       billing const& how = {});

/// The error of a model whose facts nobody knows. What to do about it is in its message.
[[nodiscard]] error unknown_model(std::string_view model, std::string_view service);

}  // namespace coax
