#include "cli/panel.hpp"

#include <coax/json/value.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace coax::cli {
namespace {

using namespace std::chrono_literals;

run_figures sample_figures() {
    run_figures figures{.progress = {.done = 1'204,
                                     .failed = 12,
                                     .in_flight = 64,
                                     .total = 2'000,
                                     .elapsed = 29s,
                                     .records_per_second = 41.2,
                                     .remaining = 19s},
                        .slots = 64,
                        .requests = 1'290,
                        .retries = 22,
                        .cached = 40,
                        .used = {.input_tokens = 1'200'000, .output_tokens = 340'000},
                        .cost = usd::cents(123),
                        .expected_cost = usd::cents(205),
                        .most_cost = usd::dollars(20),
                        .requests_per_minute = 3'450,
                        .tokens_per_minute = 1'210'000,
                        .request_limit = 3'500,
                        .token_limit = 2'000'000,
                        .failures = {{errc::rate_limited, 8}, {errc::refused, 4}}};
    return figures;
}

std::string text_of(panel_line const& line) {
    std::string text;
    for (auto const& span : line) text += span.text;
    return text;
}

std::vector<std::string> texts_of(run_figures const& figures, std::size_t columns, bool unicode = false) {
    std::vector<std::string> texts;
    for (auto const& line : panel_lines(figures, columns, unicode)) texts.push_back(text_of(line));
    return texts;
}

TEST(Panel, TellsWhatThereIs) {
    auto const lines = texts_of(sample_figures(), 79);
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_EQ(lines[0].substr(lines[0].find("  ")), "   60 %   1,204/2,000   0:19 left");
    EXPECT_EQ(lines[1], "rate    41.2 records/s   3,450/3,500 requests/min   1.2M/2M tokens/min");
    EXPECT_EQ(lines[2], "work    64/64 slots   1,290 requests   22 retries   40 from the cache");
    EXPECT_EQ(lines[3], "cost    $1.23 so far   about $2.05 in all   at most $20.00   1.2M tokens in");
    EXPECT_EQ(lines[4], "failed  12   rate_limited 8   refused 4");
}

TEST(Panel, FitsEveryWidth) {
    auto figures = sample_figures();
    figures.progress.paused_for = 45s;
    for (std::size_t columns = 1; columns <= 220; ++columns)
        for (bool const unicode : {false, true})
            for (auto const& line : panel_lines(figures, columns, unicode))
                EXPECT_LE(width_of(line), columns) << columns << ": " << text_of(line);
    EXPECT_EQ(width_of(panel_lines(figures, 199, true).front()), 199U);
    EXPECT_NE(texts_of(figures, 199)[2].find("paused 0:45"), std::string::npos);
    EXPECT_NE(texts_of(figures, 199)[2].find("0:29 so far"), std::string::npos);
}

struct share_case {
    char const* name;
    std::uint64_t done;
    std::optional<std::uint64_t> total;
    std::string_view expected;
};
void PrintTo(share_case const& row, std::ostream* out) { *out << row.name; }
class PanelShare : public testing::TestWithParam<share_case> {};

TEST_P(PanelShare, IsNeverMoreThanAll) {
    run_figures const figures{.progress = {.done = GetParam().done, .total = GetParam().total}};
    auto const line = texts_of(figures, 60).front();
    EXPECT_NE(line.find(GetParam().expected), std::string::npos) << line;
}
INSTANTIATE_TEST_SUITE_P(Rows, PanelShare,
                         testing::Values(share_case{"none", 0, 100, "  0 %   0/100"},
                                         share_case{"almost_all", 999, 1'000, " 99 %   999/1,000"},
                                         share_case{"all", 100, 100, "100 %   100/100"},
                                         share_case{"more_than_expected", 120, 100, "100 %   100/100"},
                                         share_case{"of_nothing", 0, 0, "100 %   0/0"},
                                         share_case{"unknown_total", 7, std::nullopt, "7 done"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(Panel, WarnsNearTheLimitOnly) {
    auto figures = sample_figures();
    auto const style = [&] { return panel_lines(figures, 79, false)[1][3].style; };
    EXPECT_EQ(style(), panel_style::warning);
    figures.requests_per_minute = 100;
    EXPECT_EQ(style(), panel_style::plain);
}

std::vector<panel_line> two_lines(std::string first, std::string second) {
    return {{{std::move(first), panel_style::good}}, {{std::move(second)}}};
}

TEST(PanelScreen, DrawsInPlaceAndOnlyWhatChanged) {
    panel_screen screen{false};
    EXPECT_EQ(screen.clear(80), "");
    EXPECT_EQ(screen.draw(two_lines("a", "b"), 80), "\x1b[Ja\x1b[K\r\nb\x1b[K\r\n\x1b[J");
    EXPECT_EQ(screen.draw(two_lines("a", "b"), 80), "");
    EXPECT_EQ(screen.draw(two_lines("a", "c"), 80), "\x1b[2A\ra\x1b[K\r\nc\x1b[K\r\n\x1b[J");
    EXPECT_EQ(screen.clear(80), "\x1b[2A\r\x1b[J");
    EXPECT_EQ(screen.clear(80), "");
    EXPECT_EQ(screen.draw(two_lines("a", "c"), 80), "a\x1b[K\r\nc\x1b[K\r\n\x1b[J");
}

TEST(PanelScreen, GoesUpOverLinesThatANarrowerTerminalBroke) {
    panel_screen screen{false};
    (void)screen.draw(two_lines(std::string(70, 'x'), std::string(20, 'y')), 79);
    EXPECT_TRUE(screen.draw(two_lines("a", "b"), 39).starts_with("\x1b[3A\r\x1b[J"));
}

TEST(PanelScreen, ColoursEndWithTheirText) {
    panel_screen screen{true};
    EXPECT_EQ(screen.draw(two_lines("a", "b"), 80), "\x1b[J\x1b[32ma\x1b[0m\x1b[K\r\nb\x1b[K\r\n\x1b[J");
}

TEST(RunFigures, AreOneObjectOnALine) {
    auto const text = to_json(sample_figures(), "progress");
    EXPECT_TRUE(json_value::parse(text)) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
    for (auto const part :
         {R"("event":"progress","done":1204,"ok":1192,"failed":12,"total":2000)", R"("cost_usd":"1.23")",
          R"("expected_cost_usd":"2.05")", R"("remaining_ms":19000)", R"("requests_per_minute":3450)",
          R"("request_limit":3500)", R"("failures":{"rate_limited":8,"refused":4})"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
    EXPECT_EQ(to_json(run_figures{}, "end").find("cost"), std::string::npos);
}

}  // namespace
}  // namespace coax::cli
