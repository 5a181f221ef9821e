#include "cli/console.hpp"

#include <algorithm>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace coax::cli {

namespace {

void write_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::size_t terminal_columns() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

}  // namespace

std::string error_text(error const& why) {
    std::string text = why.message.empty() ? std::string{to_string(why.code)} : why.message;
    if (!why.service_message.empty() && text.find(why.service_message) == std::string::npos)
        text += ": " + why.service_message;
    if (why.cause) text += ": " + why.cause.message();
    std::vector<std::string> places;
    if (!why.where.empty()) places.push_back(why.where);
    if (why.http_status != 0) places.push_back("status " + std::to_string(why.http_status));
    if (!why.request_id.empty()) places.push_back("request " + why.request_id);
    if (why.attempts > 1) places.push_back(std::to_string(why.attempts) + " attempts");
    if (!places.empty()) {
        text += " (";
        for (std::size_t i = 0; i < places.size(); ++i) text.append(i > 0 ? ", " : "").append(places[i]);
        text += ')';
    }
    std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return text;
}

void print_error(error const& why) { print_note(error_text(why)); }

void print_note(std::string_view note) { write_stderr("coax: " + std::string{note} + '\n'); }

progress_display::progress_display(bool quiet, std::chrono::milliseconds every)
    : quiet_{quiet}, terminal_{::isatty(STDERR_FILENO) == 1}, every_{every} {}

std::chrono::milliseconds progress_display::interval() const noexcept {
    return terminal_ ? std::chrono::milliseconds{200} : every_;
}

void progress_display::show(batch_progress const& progress) {
    // A batch that fails to start has nothing to show but its error.
    if (quiet_ || (progress.done == 0 && progress.in_flight == 0)) return;
    if (terminal_)
        write_stderr(to_terminal_line(progress, terminal_columns()));
    else
        write_stderr(to_line(progress) + '\n');
    line_open_ = terminal_;
}

void progress_display::finish() {
    if (line_open_) write_stderr("\n");
    line_open_ = false;
}

}  // namespace coax::cli
