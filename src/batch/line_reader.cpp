#include "batch/line_reader.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace coax::detail {

namespace {

constexpr std::size_t buffer_bytes = 64U << 10U;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

line_reader::line_reader(std::string path, file_handle file, std::size_t max_line_bytes)
    : path_{std::move(path)}, file_{std::move(file)}, max_line_bytes_{max_line_bytes} {}

result<line_reader> line_reader::open(std::string path, std::size_t max_line_bytes) {
    file_handle file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return file_error("cannot open", path, errno);
    line_reader reader{std::move(path), std::move(file), max_line_bytes};
    if (auto filled = reader.fill(); !filled) return filled.error();
    if (std::string_view{reader.buffer_}.substr(0, byte_order_mark.size()) == byte_order_mark)
        reader.read_ = reader.offset_ = byte_order_mark.size();
    return reader;
}

/// Replaces a used-up buffer. False: nothing is left.
result<bool> line_reader::fill() {
    buffer_.resize(buffer_bytes);
    read_ = 0;
    for (;;) {
        auto const got = ::read(file_.get(), buffer_.data(), buffer_.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            auto const os_error = errno;
            buffer_.clear();
            return file_error("cannot read", path_, os_error);
        }
        buffer_.resize(static_cast<std::size_t>(got));
        return got > 0;
    }
}

result<line_kind> line_reader::next(std::string& line) {
    line.clear();
    terminated_ = false;
    bool any = false;
    bool too_long = false;
    while (!terminated_) {
        if (read_ == buffer_.size()) {
            auto const filled = fill();
            if (!filled) return filled.error();
            if (!*filled) break;
        }
        if (!std::exchange(any, true)) ++line_number_;
        auto const rest = std::string_view{buffer_}.substr(read_);
        auto const newline = rest.find('\n');
        auto const piece = rest.substr(0, newline);
        terminated_ = newline != std::string_view::npos;
        auto const taken = piece.size() + (terminated_ ? 1U : 0U);
        read_ += taken;
        offset_ += taken;
        // One byte more than the bound may be the CR of a CRLF.
        too_long = too_long || piece.size() > max_line_bytes_ + 1 - line.size();
        if (!too_long) line += piece;
    }
    if (!any) return line_kind::end;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!too_long && line.size() <= max_line_bytes_) return line_kind::line;
    line = std::string{};
    return line_kind::too_long;
}

}  // namespace coax::detail
