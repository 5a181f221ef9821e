#include "table/internal/line_reader.hpp"

#include "json/internal/text.hpp"

#include <string_view>
#include <utility>

namespace coax::table::detail {

using json::detail::byte_order_mark;

line_reader::line_reader(input_file file, std::size_t max_line_bytes)
    : file_{std::move(file)}, max_line_bytes_{max_line_bytes} {}

result<line_reader> line_reader::open(std::string const& path, std::size_t max_line_bytes) {
    auto file = input_file::open(path, path);
    if (!file) return file.error();
    return read(std::move(*file), max_line_bytes);
}

result<line_reader> line_reader::read(input_file file, std::size_t max_line_bytes) {
    line_reader reader{std::move(file), max_line_bytes};
    if (auto filled = reader.fill(); !filled) return filled.error();
    if (reader.rest_.starts_with(byte_order_mark)) {
        reader.rest_.remove_prefix(byte_order_mark.size());
        reader.offset_ = byte_order_mark.size();
    }
    return reader;
}

/// Goes on to the next piece. False: nothing is left.
result<bool> line_reader::fill() {
    auto const piece = file_.next();
    if (!piece) return piece.error();
    rest_ = *piece;
    return !rest_.empty();
}

result<line_kind> line_reader::next(std::string& line) {
    line.clear();
    terminated_ = false;
    bool any = false;
    bool too_long = false;
    while (!terminated_) {
        if (rest_.empty()) {
            auto const filled = fill();
            if (!filled) return filled.error();
            if (!*filled) break;
        }
        if (!std::exchange(any, true)) ++line_number_;
        auto const newline = rest_.find('\n');
        auto const piece = rest_.substr(0, newline);
        terminated_ = newline != std::string_view::npos;
        auto const taken = piece.size() + (terminated_ ? 1U : 0U);
        rest_.remove_prefix(taken);
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

}  // namespace coax::table::detail
