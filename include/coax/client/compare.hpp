#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/client.hpp>
#include <coax/core/result.hpp>
#include <coax/tokens/model_facts.hpp>
#include <coax/tokens/usd.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// What of a response is compared.
enum class compared_answer {
    whole_text,  ///< All of it, but for case, blanks and a full stop at its end.
    last_number  ///< The last number in it, whatever its thousands separators: "…costs $1,600." is 1600.
};

/// How models are compared.
struct compare_options {
    /// The right answer. Empty: nobody knows it.
    std::string expected{};
    compared_answer answer{compared_answer::whole_text};
    model_table facts{};  ///< For the prices.
};

/// What one of several models said.
struct compared_response {
    std::string model{};                      ///< Of the request, or of its client.
    result<chat_response> response{error{}};  ///< Or why there is none.
    std::chrono::milliseconds latency{0};     ///< From the call to its end; 0 where it failed.
    coax::usage usage{};                      ///< Of a failed call as far as known.
    std::optional<usd> cost{};                ///< None: the model's prices are not known.
    std::string answer{};                     ///< What is compared; empty where it failed.
    std::size_t agreeing{0};                  ///< Others that gave the same answer.
    std::optional<bool> correct{};            ///< None: nobody knows, or it failed.
};

/// The part of a text that is compared. Empty: it has none.
[[nodiscard]] std::string answer_in(std::string_view text, compared_answer which);

/// Asks several models the same at once.
///
/// @param clients  Each asks its own model, unless the request names one.
/// @returns One for each client, in their order: a model that fails is one of these.
/// @throws coax::exception  `errc::cancelled`; `errc::invalid_argument`: no clients, or `expected` holds no answer.
/// Cancellation: `terminal`; passed on to the calls, which are waited for.
/// Thread safety: runs on the caller's executor, which must run one handler at a time.
boost::asio::awaitable<std::vector<compared_response>> compare(std::vector<client> clients, chat_request request,
                                                               compare_options options = {});

/// How one model did over many questions.
struct model_score {
    std::string model{};
    std::size_t asked{0};
    std::size_t failed{0};
    std::size_t judged{0};    ///< Whose right answer is known; those that failed count, as wrong.
    std::size_t correct{0};   ///< Of these.
    std::size_t compared{0};  ///< Other models' answers that stood beside one of its own.
    std::size_t agreeing{0};  ///< Of these.
    coax::usage usage{};
    std::optional<usd> cost{usd{}};              ///< None: the price of some of it is not known.
    std::chrono::milliseconds total_latency{0};  ///< Of those that did not fail.
    std::chrono::milliseconds longest_latency{0};

    [[nodiscard]] std::chrono::milliseconds mean_latency() const noexcept;
    /// In [0, 1]. None: nothing was judged.
    [[nodiscard]] std::optional<double> accuracy() const noexcept;
    /// The same of the others' answers.
    [[nodiscard]] std::optional<double> agreement() const noexcept;
};

/// Adds up comparisons of the same models. Thread safety: none.
class comparison {
public:
    /// @param responses  As `compare` gave them, of the same clients each time.
    /// @param is_judged  The right answer was known.
    void add(std::vector<compared_response> const& responses, bool is_judged);
    [[nodiscard]] std::vector<model_score> const& scores() const noexcept { return scores_; }

private:
    std::vector<model_score> scores_;
};

/// A row for each model, in columns for people.
[[nodiscard]] std::string to_table(std::vector<model_score> const& scores);

}  // namespace coax
