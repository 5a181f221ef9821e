#include "cli/console.hpp"

#include "batch/internal/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace coax::cli {

namespace {

/// How many bytes the UTF-8 character at the beginning of `text` has; 0: it is none, or a control character.
std::size_t printable_length(std::string_view text) {
    auto const at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const lead = at(0);
    if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((at(i) & 0xC0U) != 0x80U) return 0;
    return lead == 0xC2 && at(1) < 0xA0 ? 0 : length;  // C1
}

/// Replaces each byte that is not part of a printable character by what `replace` says.
template <class Replace>
std::string printable(std::string_view text, Replace replace) {
    std::string shown;
    while (!text.empty()) {
        auto const length = printable_length(text);
        if (length > 0)
            shown += text.substr(0, length);
        else
            shown += replace(text.front());
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return shown;
}

std::string one_line(std::string_view text) {
    return printable(text, [](char) { return ' '; });
}

}  // namespace

void write_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::size_t terminal_columns(int file) {
    winsize size{};
    if (::ioctl(file, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

std::size_t help_width() { return std::clamp<std::size_t>(terminal_columns(STDOUT_FILENO), 60, 100); }

std::string error_text(error const& why) {
    std::string text = why.message.empty() ? std::string{to_string(why.code)} : why.message;
    if (!why.service_message.empty() && text.find(why.service_message) == std::string::npos)
        text += ": " + why.service_message;
    if (auto const cause = why.cause ? why.cause.message() : std::string{}; text.find(cause) == std::string::npos)
        text += ": " + cause;
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
    return one_line(text);
}

void print_error(error const& why) { print_note(error_text(why)); }

void print_note(std::string_view note) { write_stderr("coax: " + one_line(note) + '\n'); }

std::string visible(std::string_view text) {
    return printable(text, [](char c) -> std::string {
        if (c == '\n' || c == '\t') return {c};
        constexpr std::string_view digits = "0123456789abcdef";
        auto const byte = static_cast<unsigned char>(c);
        return {'\\', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
    });
}

void print_answer(std::string_view text) {
    static bool const terminal = ::isatty(STDOUT_FILENO) == 1;
    auto const shown = terminal ? visible(text) : std::string{text};
    std::fwrite(shown.data(), 1, shown.size(), stdout);
    value_or_throw(flush_output());
}

result<void> flush_output() {
    errno = 0;
    if (std::cout.flush() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
    return coax::detail::file_error("cannot write", "standard output", errno != 0 ? errno : EIO);
}

}  // namespace coax::cli
