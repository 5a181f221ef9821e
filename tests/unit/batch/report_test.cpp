#include "batch/answer_check.hpp"
#include "batch/answer_columns.hpp"
#include "batch/internal/figure_text.hpp"
#include "batch/report_charts.hpp"
#include "batch/report_timeline.hpp"
#include "batch/sketches.hpp"
#include "unit/batch/output_lines.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/report.hpp>
#include <coax/json/writer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using detail::answer_check;
using detail::answer_columns;
using detail::comparable;

json_value value_of(std::string_view text) { return json_value::parse(text).value(); }

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST(LogHistogram, QuantilesAreWithinThreePercent) {
    detail::log_histogram numbers;
    for (int i = 1; i <= 10'000; ++i) numbers.add(i);
    for (auto const share : {0.1, 0.5, 0.95, 0.99})
        EXPECT_NEAR(numbers.quantile(share), share * 10'000, share * 10'000 * 0.03) << share;
    EXPECT_EQ(numbers.largest(), 10'000);
    EXPECT_DOUBLE_EQ(numbers.mean(), 5'000.5);
}

TEST(LogHistogram, BarsHoldAllAndMeet) {
    detail::log_histogram numbers;
    for (int i = 0; i < 5'000; ++i) numbers.add(i * i);
    auto const bars = numbers.bars(40);
    EXPECT_LE(bars.size(), 40U);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        count += bars[i].count;
        if (i > 0) EXPECT_DOUBLE_EQ(bars[i].from, bars[i - 1].to);
    }
    EXPECT_EQ(count, 5'000U);
}

TEST(LogHistogram, NothingAndExtremesDoNoHarm) {
    detail::log_histogram numbers;
    EXPECT_EQ(numbers.quantile(0.5), 0);
    EXPECT_TRUE(numbers.bars(10).empty());
    numbers.add(-5);
    numbers.add(1e300);
    EXPECT_EQ(numbers.count(), 2U);
    EXPECT_FALSE(numbers.bars(10).empty());
}

TEST(NumberSketch, FewValuesAreCountedAndManyAreDrawn) {
    detail::number_sketch few;
    for (int i = 0; i < 300; ++i) few.add(i % 3);
    EXPECT_EQ(few.values().at(2), 100U);
    EXPECT_DOUBLE_EQ(few.mean(), 1);
    detail::number_sketch many;
    for (int i = 0; i < 100'000; ++i) many.add(i / 100.0 - 500);
    EXPECT_TRUE(many.values().empty());
    EXPECT_EQ(many.least(), -500);
    EXPECT_NEAR(many.quantile(0.5), 0, 40);
    EXPECT_NEAR(many.deviation(), 1000 / std::sqrt(12.0), 1);
    std::uint64_t count = 0;
    for (auto const& bar : many.bars(20)) count += bar.count;
    EXPECT_NEAR(static_cast<double>(count), 100'000, 20);
}

TEST(TimeSeries, WidensAndKeepsEveryRecord) {
    detail::time_series times;
    for (int i = 0; i < 10'000; ++i) times.add(i * 1s, i * 1s + 3s).ok += 1;
    EXPECT_LE(times.bins().size(), 960U);
    auto const over = detail::timeline_of(times, 96);
    EXPECT_LE(over.bins.size(), 96U);
    std::uint64_t ok = 0;
    for (auto const& bin : over.bins) ok += bin.ok;
    EXPECT_EQ(ok, 10'000U);
    EXPECT_NEAR(over.in_work.at(over.in_work.size() / 2), 3.0, 0.2);  // three at once, by Little's law
    EXPECT_EQ(detail::timeline_of(detail::time_series{}, 96).bins.size(), 0U);
}

TEST(TimeSeries, LeavesOutPausesBetweenRunsButNotLongCalls) {
    detail::time_series times;
    auto const day = std::chrono::milliseconds{1'790'000'000'000};
    for (int i = 0; i < 100; ++i) times.add(day + i * 1s, day + i * 1s + 2s);
    for (int i = 0; i < 100; ++i) times.add(day + 8h + i * 1s, day + 8h + i * 1s + 2s);
    auto const over = detail::timeline_of(times, 96);
    EXPECT_EQ(over.pauses.size(), 1U);
    EXPECT_NEAR(static_cast<double>((over.end - over.begin - over.paused).count()), 202'000, 2'000);

    detail::time_series slow;
    slow.add(day, day + 1h);
    slow.add(day + 1s, day + 2s);
    EXPECT_TRUE(detail::timeline_of(slow, 96).pauses.empty());
}

TEST(TimeSeries, HostileTimesStayBounded) {
    detail::time_series times;
    times.add(std::chrono::milliseconds::min() + 1ms, 1'000'000'000'000'000ms);
    times.add(-5ms, -3ms);
    auto const over = detail::timeline_of(times, 96);
    EXPECT_LE(over.bins.size(), 96U);
}

struct comparable_case {
    char const* name;
    std::string_view left;
    std::string_view right;
    bool equal;
    answer_match how{answer_match::exact};
};
void PrintTo(comparable_case const& row, std::ostream* out) { *out << row.name; }
class Comparable : public testing::TestWithParam<comparable_case> {};

TEST_P(Comparable, FollowsTheTable) {
    auto const& [name, left, right, equal, how] = GetParam();
    EXPECT_EQ(comparable(left, how) == comparable(right, how), equal)
        << comparable(left, how) << " | " << comparable(right, how);
}
INSTANTIATE_TEST_SUITE_P(Rows, Comparable,
                         testing::Values(comparable_case{"blanks", "  yes\n", "yes", true},
                                         comparable_case{"case_counts", "Yes", "yes", false},
                                         comparable_case{"integer_and_real", "42", "42.0", true},
                                         comparable_case{"thousands", "$1,600", "1600", true},
                                         comparable_case{"another_number", "1600", "160", false},
                                         comparable_case{"gsm8k", "She sells 16 - 7 = 9.\n#### 18", "18", true},
                                         comparable_case{"gsm8k_of_two", "#### 17\n#### 18", "18", true},
                                         comparable_case{"no_number", "42 apples", "42", false},
                                         comparable_case{"last_number", "so 6 * 7 is 42.", "42", true,
                                                         answer_match::last_number},
                                         comparable_case{"infinity_is_text", "inf", "infinity", false},
                                         comparable_case{"sign", "+5", "5", true}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ComparedPart, IsTheNamedMemberOrTheOneThatIsMeant) {
    auto const part = [](std::string_view answer, std::string const& wanted, std::string const& column) {
        return detail::compared_part(value_of(answer), wanted, column);
    };
    EXPECT_EQ(part(R"({"answer":18,"steps":"…"})", "", "result"), "18");
    EXPECT_EQ(part(R"({"answer":18,"result":"19"})", "", "result"), "19");
    EXPECT_EQ(part(R"({"answer":18,"b":true})", "b", "answer"), "true");
    EXPECT_EQ(part(R"({"mood":"good"})", "", "x"), "good");
    EXPECT_EQ(part(R"({"a":1,"b":2})", "", "x"), "");
    EXPECT_EQ(part(R"({"a":1})", "b", "x"), "");
    EXPECT_EQ(part(R"("plain")", "", "x"), "plain");
    // Of a decision one of its values.
    EXPECT_EQ(part(R"({"value":{"spam":true},"measured":true,"probabilities":{}})", "", "x"), "true");
    EXPECT_EQ(part(R"({"value":{"spam":true,"topic":"a"},"measured":false})", "topic", "x"), "a");
    EXPECT_EQ(part(R"({"value":{"spam":true,"topic":"a"},"measured":false})", "", "spam"), "true");
    EXPECT_EQ(part(R"({"value":{"spam":true},"measured":5})", "measured", "x"), "5");
}

TEST(AnswerCheck, CountsRightWrongAndFailed) {
    answer_check check{answer_match::exact};
    for (std::uint64_t i = 0; i < 6; ++i) check.expect(i, i % 2 == 0 ? "good" : "bad");
    check.judge(0, "a", "good");
    check.judge(1, "b", " bad ");
    check.judge(2, "c", "bad");
    check.judge(3, "d", "");
    check.judge(99, "e", "good");  // nobody knows the right one
    EXPECT_EQ(check.judged(), 4U);
    EXPECT_EQ(check.correct(), 2U);
    EXPECT_EQ(check.confusion().at({"good", "bad"}), 1U);
    EXPECT_EQ(check.confusion().at({"bad", "(none)"}), 1U);
    ASSERT_EQ(check.wrong().size(), 2U);
    EXPECT_EQ(check.wrong().front().key, "c");
}

TEST(AnswerCheck, ManyLabelsHaveNoConfusion) {
    answer_check check{answer_match::exact};
    for (std::uint64_t i = 0; i < 100; ++i) check.expect(i, std::to_string(i));
    for (std::uint64_t i = 0; i < 100; ++i) check.judge(i, "", std::to_string(i));
    EXPECT_TRUE(check.confusion().empty());
    EXPECT_EQ(check.correct(), 100U);
}

TEST(AnswerCheck, InventedLabelsStayBounded) {
    answer_check check{answer_match::exact};
    for (std::uint64_t i = 0; i < 1'000; ++i) check.expect(i, "yes");
    for (std::uint64_t i = 0; i < 1'000; ++i) check.judge(i, "", "no " + std::to_string(i));
    EXPECT_LE(check.confusion().size(), 26U);
    EXPECT_GT(check.confusion().at({"yes", "(other)"}), 900U);
}

TEST(AnswerColumns, TellsChoicesNumbersListsAndFreeTextApart) {
    answer_columns columns;
    for (int i = 0; i < 200; ++i)
        columns.add(value_of(R"({"mood":")" + std::string(i % 4 == 0 ? "bad" : "good") + R"(","sure":)" +
                             (i % 2 == 0 ? "true" : "false") + R"(,"score":)" + std::to_string(i) + R"(,"why":"text )" +
                             std::to_string(i) + R"(","tags":["a","b"],"in":{"x":null}})"));
    auto const column = [&](std::string_view name) {
        for (auto const& one : columns.all())
            if (one.name == name) return one;
        ADD_FAILURE() << name;
        return detail::answer_column{};
    };
    EXPECT_TRUE(column("mood").is_choice());
    EXPECT_EQ(column("mood").values.at("bad"), 50U);
    EXPECT_EQ(column("sure").values.at("true"), 100U);
    EXPECT_EQ(column("score").numbers.count(), 200U);
    EXPECT_FALSE(column("why").is_choice());
    EXPECT_TRUE(column("why").values.empty());
    EXPECT_EQ(column("tags[]").values.at("a"), 200U);
    EXPECT_EQ(column("in.x").nulls, 200U);
}

TEST(AnswerColumns, InventedMembersStayBounded) {
    answer_columns columns;
    for (int i = 0; i < 1'000; ++i) columns.add(value_of("{\"m" + std::to_string(i) + "\":1}"));
    EXPECT_EQ(columns.all().size(), 64U);
}

TEST(RoundMarks, ReachTheMost) {
    for (auto const most : {0.003, 1.0, 7.0, 99.0, 100.0, 12'345.0}) {
        auto const marks = detail::round_marks(most);
        EXPECT_GE(marks.back(), most * 0.999) << most;
        EXPECT_LE(marks.size(), 6U) << most;
    }
    EXPECT_EQ(detail::round_marks(0).back(), 1);
}

TEST(FigureText, ReadsAsPeopleWrite) {
    EXPECT_EQ(detail::grouped(1'234'567), "1,234,567");
    EXPECT_EQ(detail::grouped(999), "999");
    EXPECT_EQ(detail::short_count(12'340), "12.3k");
    EXPECT_EQ(detail::short_count(999'999), "1M");
    EXPECT_EQ(detail::short_count(756'400), "756k");
    EXPECT_EQ(detail::span_text(840ms), "840 ms");
    EXPECT_EQ(detail::span_text(59'960ms), "1 min 00 s");
    EXPECT_EQ(detail::span_text(3h + 7min), "3 h 07 min");
    EXPECT_EQ(detail::money_text(usd::cents(123)), "$1.23");
    EXPECT_EQ(detail::money_text({4'210'000'000}), "$0.00421");
    EXPECT_EQ(detail::money_text({}), "$0.00");
    EXPECT_EQ(detail::percent_text(0.99996), "99.9 %");
    EXPECT_EQ(detail::percent_text(1), "100 %");
    EXPECT_EQ(detail::percent_text(0.034), "3.4 %");
    EXPECT_EQ(detail::shortened("aäb", 2), "a…");
    EXPECT_EQ(detail::html_text("<a b=\"c\">&'\x1b"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39; ");
}

batch_report_options with_prices() { return {.model = "gpt-5-mini", .service = "openai"}; }

std::string answer_line(std::uint64_t index, std::string const& output, std::chrono::milliseconds latency = 100ms) {
    auto outcome = test::ok(index, "k" + std::to_string(index), output);
    outcome.usage = {.input_tokens = 1'000, .output_tokens = 100};
    outcome.latency = latency;
    auto const at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 28} + std::chrono::seconds{index};
    outcome.finished_at = at;
    return to_json_line(outcome, output_kind::json);
}

std::string failed_line(std::uint64_t index, error why) {
    batch_result<std::string> outcome{.index = index, .key = "k" + std::to_string(index)};
    outcome.value = std::move(why);
    outcome.attempts = 3;
    return to_json_line(outcome, output_kind::json);
}

TEST(BatchReport, FiguresAddUp) {
    batch_report report{with_prices()};
    for (std::uint64_t i = 0; i < 100; ++i) report.expect(i, i < 90 ? "1" : "2");
    for (std::uint64_t i = 0; i < 95; ++i) ASSERT_TRUE(report.add(answer_line(i, R"({"answer":1})", i * 10ms)));
    for (std::uint64_t i = 95; i < 100; ++i)
        ASSERT_TRUE(report.add(failed_line(i, {.code = errc::refused, .message = "no"})));
    auto const figures = report.figures();
    EXPECT_EQ(figures.ok, 95U);
    EXPECT_EQ(figures.failed, 5U);
    EXPECT_EQ(figures.requests, 110U);
    EXPECT_EQ(figures.usage.input_tokens, 95'000);
    ASSERT_TRUE(figures.cost);
    EXPECT_EQ(*figures.cost, cost_of({.input_tokens = 95'000, .output_tokens = 9'500}, "gpt-5-mini", "openai").value());
    EXPECT_EQ(figures.elapsed, 94s);
    EXPECT_NEAR(static_cast<double>(figures.median_latency.count()), 470, 25);
    ASSERT_EQ(figures.failures.size(), 1U);
    EXPECT_EQ(figures.failures[0], (std::pair<std::string, std::uint64_t>{"refused", 5}));
    EXPECT_EQ(figures.judged, 100U);
    EXPECT_EQ(figures.correct, 90U);
    EXPECT_NE(to_json(figures).find(R"("accuracy":0.9)"), std::string::npos) << to_json(figures);
    EXPECT_TRUE(json_value::parse(to_json(figures)));
}

TEST(BatchReport, LinesOfOldOutputsAndOfOthersAreTaken) {
    batch_report report;
    EXPECT_TRUE(report.add(test::line_a));
    EXPECT_TRUE(report.add(R"({"index":7,"key":3,"status":"ok","output":{"n":1},"model":"gpt-5-mini","new":[1]})"));
    EXPECT_FALSE(report.add("{}"));
    EXPECT_FALSE(report.add(R"({"index":1,"status":"maybe"})"));
    EXPECT_EQ(report.figures().ok, 2U);
    EXPECT_FALSE(report.figures().elapsed);
    EXPECT_NE(report.html().find("do not tell when"), std::string::npos);
}

TEST(BatchReport, UnknownPricesAreNoCost) {
    batch_report report{{.model = "nobody-knows-it"}};
    ASSERT_TRUE(report.add(answer_line(0, "1")));
    EXPECT_FALSE(report.figures().cost);
    EXPECT_NE(report.html().find("price of the model is not known"), std::string::npos);
}

TEST(BatchReport, HostileTextIsNoMarkup) {
    std::string const evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";
    batch_report report{{.title = evil}};
    report.expect(0, evil);
    batch_result<std::string> outcome{.index = 0, .key = evil};
    std::string quoted;
    json::append_string(quoted, evil);
    outcome.value = "{" + quoted + ":" + quoted + ",\"n\":1,\"list\":[" + quoted + "]}";
    outcome.latency = 5ms;
    outcome.attempts = 1;
    outcome.usage = {.input_tokens = 3, .output_tokens = 2};
    ASSERT_TRUE(report.add(to_json_line(outcome, output_kind::json)));
    outcome.index = 1;
    outcome.value = error{.code = errc::bad_request, .message = evil};
    ASSERT_TRUE(report.add(to_json_line(outcome, output_kind::json)));
    auto const page = report.html();
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_GT(count_of(page, "&lt;script&gt;"), 4U);
    EXPECT_EQ(page.find("http"), page.find("http-equiv"));  // nothing from elsewhere
    EXPECT_EQ(count_of(page, "http"), 1U);
}

TEST(BatchReport, SecretsAreHidden) {
    auto const hide = [](std::string text) {
        for (auto at = text.find("sk-1"); at != std::string::npos; at = text.find("sk-1"))
            text.replace(at, 4, "[secret]");
        return text;
    };
    batch_report report{{.hide = hide}};
    ASSERT_TRUE(report.add(failed_line(0, {.code = errc::bad_request, .message = "the key sk-1 is wrong"})));
    ASSERT_TRUE(report.add(answer_line(1, R"({"mood":"sk-1"})")));
    auto const page = report.html();
    EXPECT_EQ(page.find("sk-1"), std::string::npos);
    EXPECT_NE(page.find("the key [secret] is wrong"), std::string::npos);
}

TEST(BatchReport, ShowsTheSlowestAndTheDearest) {
    batch_report report{with_prices()};
    for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(report.add(answer_line(i, "\"same\"", i * 1s)));
    auto const page = report.html();
    auto const slowest = page.substr(page.find("Slowest"));
    EXPECT_NE(slowest.find(">k49<"), std::string::npos);
    EXPECT_NE(slowest.find(">k40<"), std::string::npos);
    EXPECT_EQ(page.substr(page.find("Slowest"), page.find("Dearest") - page.find("Slowest")).find(">k39<"),
              std::string::npos);
}

TEST(BatchReport, ReadsAFileUpToItsTornLine) {
    test::temp_folder const folder;
    auto const path = folder.write("out.jsonl", test::line_a + test::line_b + R"({"index":2,"sta)");
    batch_report report;
    ASSERT_TRUE(report.add_file(path));
    EXPECT_EQ(report.figures().ok, 1U);
    EXPECT_EQ(report.figures().failed, 1U);
    auto const wrong = report.add_file(folder.write("in.jsonl", test::line_a + "{\"id\":1}\n"));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().where, folder.path("in.jsonl") + ":2");
    EXPECT_EQ(report.add_file(folder.path("none")).error().code, errc::io_failed);
}

}  // namespace
}  // namespace coax
