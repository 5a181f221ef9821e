#include "loopback/cli_batch.hpp"

#include <coax/json/value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;
using setting = batch_setting;

/// A terminal whose user reads what is written to it.
class pseudo_terminal {
public:
    explicit pseudo_terminal(unsigned short columns) : master_{::posix_openpt(O_RDWR | O_NOCTTY)} {
        EXPECT_EQ(::grantpt(master_), 0);
        EXPECT_EQ(::unlockpt(master_), 0);
        path_ = ::ptsname(master_);
        held_ = ::open(path_.c_str(), O_RDWR | O_NOCTTY);
        resize(columns);
        reader_ = std::thread{[this] { read_all(); }};
    }
    pseudo_terminal(pseudo_terminal const&) = delete;
    pseudo_terminal& operator=(pseudo_terminal const&) = delete;
    ~pseudo_terminal() {
        ends_ = true;
        reader_.join();
        ::close(held_);
        ::close(master_);
    }

    [[nodiscard]] std::string const& path() const { return path_; }
    void resize(unsigned short columns) const {
        winsize size{.ws_row = 40, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        EXPECT_EQ(::ioctl(master_, TIOCSWINSZ, &size), 0);
    }
    [[nodiscard]] std::string text() {
        std::lock_guard const lock{mutex_};
        return text_;
    }
    [[nodiscard]] bool shows(std::string_view part) { return text().find(part) != std::string::npos; }

private:
    void read_all() {
        ::fcntl(master_, F_SETFL, O_NONBLOCK);
        for (std::array<char, 4096> piece{};;) {
            auto const count = ::read(master_, piece.data(), piece.size());
            if (count > 0) {
                std::lock_guard const lock{mutex_};
                text_.append(piece.data(), static_cast<std::size_t>(count));
            } else if (ends_) {
                return;
            } else {
                std::this_thread::sleep_for(2ms);
            }
        }
    }

    int master_;
    int held_{-1};  ///< Open, so that what a program wrote is not lost when it ends.
    std::string path_{};
    std::thread reader_{};
    std::atomic<bool> ends_{false};
    std::mutex mutex_{};
    std::string text_{};
};

/// What stands on a terminal of these columns after all of that was written to it: its rows, as far as they are used.
std::vector<std::string> screen_after(std::string_view text, std::size_t columns) {
    std::vector<std::string> rows(1);
    std::size_t row = 0;
    std::size_t column = 0;
    auto const put = [&](std::string_view shown) {
        if (column == columns) ++row, column = 0;
        rows.resize(std::max(rows.size(), row + 1));
        rows[row].resize(std::max(rows[row].size(), column + 1), ' ');
        rows[row][column++] = shown.size() == 1 ? shown.front() : '#';
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\r') {
            column = 0;
        } else if (text[at] == '\n') {
            rows.resize(std::max(rows.size(), ++row + 1));
        } else if (text.substr(at, 2) == "\x1b[") {
            auto const end = text.find_first_of("AJKm", at);
            auto const number = std::max(std::atoi(std::string{text.substr(at + 2, end - at - 2)}.c_str()), 1);
            if (text[end] == 'A') row -= std::min(row, static_cast<std::size_t>(number));
            if (text[end] == 'K' || text[end] == 'J') rows[row].resize(std::min(rows[row].size(), column));
            if (text[end] == 'J') rows.resize(row + 1);
            at = end;
        } else {
            auto const first = static_cast<unsigned char>(text[at]);
            auto const length = first < 0x80 ? 1U : first < 0xE0 ? 2U : 3U;
            put(text.substr(at, length));
            at += length - 1;
        }
    }
    while (!rows.empty() && rows.back().empty()) rows.pop_back();
    return rows;
}

std::string joined(std::vector<std::string> const& rows) {
    std::string all;
    for (auto const& row : rows) all += row + '\n';
    return all;
}

program::environment on_terminal(setting const& s, std::string const& name = "xterm") {
    auto variables = s.variables;
    variables.emplace_back("TERM", name);
    variables.emplace_back("LANG", "C.UTF-8");
    return variables;
}

class CliPanel : public testing::TestWithParam<unsigned short> {};

TEST_P(CliPanel, IsDrawnInPlaceAndTakenAwayAtTheEnd) {
    setting const s{{.latency = {.first_byte = 60ms}}};
    pseudo_terminal terminal{GetParam()};
    program run{s.flags({"--concurrency", "8", "--rpm", "100000"}), on_terminal(s), {}, terminal.path()};
    ASSERT_TRUE(eventually([&] { return terminal.shows("/200"); }));
    auto const rows = screen_after(terminal.text(), GetParam());
    EXPECT_EQ(rows.size(), 4U) << joined(rows);
    EXPECT_EQ(run.wait().exit_code, 0);
    ASSERT_TRUE(eventually([&] { return terminal.shows("records/s"); }));
    auto const left = screen_after(terminal.text(), GetParam());
    ASSERT_FALSE(left.empty());
    EXPECT_TRUE(left.front().starts_with("records   200 done")) << joined(left);
    EXPECT_EQ(joined(left).find("slots"), std::string::npos) << joined(left);
}
INSTANTIATE_TEST_SUITE_P(Columns, CliPanel, testing::Values(80, 200));

TEST(CliProgress, APanelFollowsTheTerminalsSize) {
    setting const s{{.latency = {.first_byte = 60ms}}};
    pseudo_terminal terminal{120};
    program run{s.flags({"--concurrency", "4"}), on_terminal(s), {}, terminal.path()};
    ASSERT_TRUE(eventually([&] { return terminal.shows("/200"); }));
    terminal.resize(50);
    auto const before = terminal.text().size();
    ASSERT_TRUE(eventually([&] { return terminal.text().find("slots", before + 200) != std::string::npos; }));
    EXPECT_EQ(run.wait().exit_code, 0);
    // Widths after the change: of the frames that begin after it, none is wider.
    auto const later = terminal.text().substr(terminal.text().find("\x1b[J", before));
    std::istringstream lines{later.substr(0, later.find("records   "))};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(screen_after(line, 1'000).front().size(), 49U) << line;
}

TEST(CliProgress, AnInterruptTakesThePanelAway) {
    setting const s{{.latency = {.first_byte = 100ms}}};
    pseudo_terminal terminal{80};
    program run{s.flags({"--concurrency", "4"}), on_terminal(s), {}, terminal.path()};
    ASSERT_TRUE(eventually([&] { return terminal.shows("/200"); }));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait().exit_code, 130);
    ASSERT_TRUE(eventually([&] { return terminal.shows("records remain"); }));
    auto const left = screen_after(terminal.text(), 80);
    EXPECT_TRUE(left.front().starts_with("coax: stopping")) << joined(left);
    EXPECT_EQ(joined(left).find("slots"), std::string::npos) << joined(left);
}

TEST(CliProgress, NoColorsAndDumbTerminalsAreKept) {
    setting const s{{.latency = {.first_byte = 20ms}}};
    {
        pseudo_terminal terminal{80};
        auto variables = on_terminal(s);
        variables.emplace_back("NO_COLOR", "1");
        EXPECT_EQ((program{s.flags(), variables, {}, terminal.path()}.wait().exit_code), 0);
        ASSERT_TRUE(eventually([&] { return terminal.shows("time  "); }));
        EXPECT_TRUE(terminal.shows("slots"));
        EXPECT_FALSE(terminal.shows("m200")) << terminal.text();
        EXPECT_FALSE(terminal.shows("\x1b[0m"));
    }
    std::filesystem::remove(s.out);
    pseudo_terminal terminal{80};
    EXPECT_EQ((program{s.flags(), on_terminal(s, "dumb"), {}, terminal.path()}.wait().exit_code), 0);
    ASSERT_TRUE(eventually([&] { return terminal.shows("time  "); }));
    EXPECT_FALSE(terminal.shows("\x1b")) << terminal.text();
}

TEST(CliProgress, PlainLinesAreAllDifferent) {
    setting const s{{.latency = {.first_byte = 30ms}}};
    auto const end = s.run({"--concurrency", "4", "--progress-every", "0.005"});
    EXPECT_EQ(end.exit_code, 0);
    std::set<std::string> seen;
    std::istringstream lines{end.errors};
    std::string before;
    int count = 0;
    for (std::string line; std::getline(lines, line); before = line) {
        EXPECT_NE(line, before);
        if (line.find("in flight") != std::string::npos) ++count;
    }
    EXPECT_GT(count, 5) << end.errors;
    EXPECT_NE(end.errors.find("200/200 (100%)"), std::string::npos) << end.errors;
}

TEST(CliProgress, JsonIsOneObjectALineUpToTheEnd) {
    setting const s{
        {.latency = {.first_byte = 20ms}, .faults = {{.kind = sim::fault_kind::refusal, .probability = 0.1}}}};
    auto const end = s.run({"--concurrency", "8", "--progress", "json", "--progress-every", "0.05", "--quiet"});
    std::istringstream lines{end.errors};
    std::string last;
    for (std::string line; std::getline(lines, line); last = line) {
        EXPECT_TRUE(json_value::parse(line)) << line;
        EXPECT_TRUE(line.starts_with(R"({"event":")")) << line;
    }
    EXPECT_TRUE(last.starts_with(R"({"event":"end","done":200,)")) << last;
    auto const failed = std::ranges::count(lines_of(s.out), "error", &output_line::status);
    EXPECT_GT(failed, 0);
    EXPECT_NE(last.find(R"("failures":{"refused":)" + std::to_string(failed) + "}"), std::string::npos) << last;
}

TEST(CliProgress, ASummaryForPrograms) {
    setting const s{{.faults = {{.kind = sim::fault_kind::refusal, .probability = 0.1}}}};
    auto const end = s.run({"--json"});
    auto const failed = std::to_string(std::ranges::count(lines_of(s.out), "error", &output_line::status));
    EXPECT_TRUE(json_value::parse(end.output)) << end.output;
    EXPECT_NE(end.output.find(R"("failures":{"refused":)" + failed + "}"), std::string::npos) << end.output;
    EXPECT_EQ(end.errors.find("records   "), std::string::npos) << end.errors;
    auto flags = s.flags({"--json"});
    replace(flags, "--out", "-");
    EXPECT_EQ(run_program(flags, s.variables).exit_code, 2);
}

TEST(CliProgress, NoneAndWrongChoices) {
    setting const s{{}};
    auto const quiet = s.run({"--progress", "none"});
    EXPECT_EQ(quiet.exit_code, 0);
    EXPECT_EQ(quiet.errors.find("in flight"), std::string::npos);
    EXPECT_NE(quiet.errors.find("records   200 done"), std::string::npos);
    auto const panel = s.run({"--progress", "panel", "--resume"});
    EXPECT_EQ(panel.exit_code, 2);
    EXPECT_NE(panel.errors.find("no terminal"), std::string::npos) << panel.errors;
    EXPECT_EQ(s.run({"--progress", "loud"}).exit_code, 2);
}

}  // namespace
}  // namespace coax
