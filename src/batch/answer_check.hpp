#pragma once

#include <coax/batch/report.hpp>
#include <coax/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coax::detail {

/// A text as answers are compared: what follows its last "####" if it has that, without blanks at its ends; a number
/// ("1,600.00", "$1600") in one form.
[[nodiscard]] std::string comparable(std::string_view text, answer_match how);

/// The part of an answer that is compared: the member `wanted`, or one called as the column of right answers, "answer"
/// or "label", or the only one; an answer that is no object itself; of a decision, one of its values. Empty: it has
/// none.
[[nodiscard]] std::string compared_part(json_value const& answer, std::string const& wanted, std::string const& column);

/// A row whose answer is not the right one.
struct wrong_answer {
    std::uint64_t index{0};
    std::string key{};
    std::string expected{};
    std::string given{};
};

/// Compares answers with the right ones. Holds four bytes for each record, and each right answer once.
class answer_check {
public:
    explicit answer_check(answer_match how) : how_{how} {}

    void expect(std::uint64_t index, std::string_view right);
    /// @param given  Empty: the record failed, or its answer has no such part; it counts as wrong.
    void judge(std::uint64_t index, std::string const& key, std::string_view given);

    [[nodiscard]] std::uint64_t expected() const noexcept { return expected_; }
    [[nodiscard]] std::uint64_t judged() const noexcept { return judged_; }
    [[nodiscard]] std::uint64_t correct() const noexcept { return correct_; }
    /// The first ones.
    [[nodiscard]] std::vector<wrong_answer> const& wrong() const noexcept { return wrong_; }
    /// (right, given) and how often; empty: there are more than 24 right answers.
    [[nodiscard]] std::map<std::pair<std::string, std::string>, std::uint64_t> const& confusion() const noexcept {
        return confusion_;
    }

private:
    void confuse(std::string const& right, std::string const& given);

    answer_match how_;
    std::vector<std::uint32_t> right_of_{};  ///< By index: 0, or the number of a label, from 1.
    std::vector<std::string> labels_{};
    std::unordered_map<std::string, std::uint32_t> numbers_{};  ///< Of labels.
    std::uint64_t expected_{0};
    std::uint64_t judged_{0};
    std::uint64_t correct_{0};
    std::vector<wrong_answer> wrong_{};
    std::map<std::string, int> given_labels_{};
    std::map<std::pair<std::string, std::string>, std::uint64_t> confusion_{};
};

}  // namespace coax::detail
