#pragma once

#include <coax/chat/request.hpp>
#include <coax/client/client.hpp>
#include <coax/client/detail/decided_type.hpp>
#include <coax/core/result.hpp>
#include <coax/provider/decision.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// `client::decide<T>`: the members of a plain struct as typed questions about an input.
///
/// - `bool` is yes or no.
/// - An `enum class` is one of its enumerators, by their texts and with their descriptions (`coax::value`). Where it is
///   `coax::is_ordered` it is a level, by value; of the levels the likeliest is taken.
/// - An integer with `minimum` and `maximum` and at most 10 values is a level, too.
/// - A struct asks for its members, under names such as "tone.polite".
/// - `std::optional` of one of these but a struct may stay empty: where the question was refused, or where what is
///   likeliest is less likely than the threshold; where the answer is not measured, when the model leaves it out.
///   Without it a member always gets the likeliest value, and a refusal is an error.
///
/// What is asked is the member's description, without one its name. Anything else does not compile, and the error names
/// the member.
namespace coax {

/// How likely a member has to be.
struct decision_threshold {
    std::string member{};   ///< Such as "spam" or "tone.polite".
    double probability{0};  ///< [0, 1].
};

struct decide_options {
    decision_form form{decision_form::automatic};
    /// An optional member stays empty where the probability of its value is below this. [0, 1]; the likelier of yes and
    /// no always reaches one half. Services are calibrated for some subjects and not for others: measure yours.
    double threshold{0.5};
    std::vector<decision_threshold> thresholds{};  ///< In its place, for single members.
};

/// Whether the answer is less likely than the threshold of its member. What is not measured never is.
[[nodiscard]] bool is_below_threshold(decision_answer const& answer, decide_options const& options);

/// Whether each question that may not be left out has an answer.
/// Errors: `errc::refused`; `where` is the question's name, and the tokens are those that were paid for.
[[nodiscard]] result<void> check_answered(std::vector<decision_question> const& questions,
                                          decision_response const& response);

/// A struct that was decided about.
template <class T>
struct decision {
    T value{};
    decision_response response{};  ///< What the members' answers were, and what they cost.

    /// The answer to one member: `decided.answer(&review::spam)`.
    template <class Member>
    [[nodiscard]] decision_answer const& answer(Member T::* member) const;
    /// The same by name, such as "tone.polite".
    /// @throws coax::exception  `errc::invalid_argument`: there is none.
    [[nodiscard]] decision_answer const& answer(std::string_view name) const;
};

namespace detail {

/// The questions that a struct asks.
[[nodiscard]] std::vector<decision_question> questions_of(decided_type const& type);

/// @throws coax::exception  `errc::invalid_argument`: an option.
[[nodiscard]] decision_request to_decision_request(decided_type const& type, chat_request input,
                                                   decide_options const& options);

/// Reads the answers into an object of the type.
/// @throws coax::exception  `errc::refused`, `errc::invalid_output`: what the struct's own rules say.
void read_decided(decided_type const& type, void* value, decision_response const& response,
                  decide_options const& options);

/// @throws coax::exception  `errc::invalid_argument`.
[[nodiscard]] decision_answer const& answer_of(decision_response const& response, std::string_view name);
/// The name of the field at this address in an object of the type.
[[nodiscard]] std::string_view name_of_field(decided_type const& type, void const* object, void const* field);

}  // namespace detail

template <class T>
template <class Member>
decision_answer const& decision<T>::answer(Member T::* member) const {
    return detail::answer_of(response, detail::name_of_field(detail::decided_type_of<T>, &value, &(value.*member)));
}

template <class T>
decision_answer const& decision<T>::answer(std::string_view name) const {
    return detail::answer_of(response, name);
}

template <class T, class Options>
boost::asio::awaitable<decision<T>> client::decide_value(client self, boxed_request request, Options options) {
    constexpr auto const& type = detail::decided_type_of<T>;
    decision<T> made;
    made.response = co_await self.decide(detail::to_decision_request(type, std::move(*request), options));
    detail::read_decided(type, &made.value, made.response, options);
    co_return made;
}

template <class T, chat_input Input, class Options>
boost::asio::awaitable<decision<T>> client::decide(Input input, Options options) const {
    return decide_value<T>(*this, boxed(detail::given(input)), std::move(options));
}

}  // namespace coax
