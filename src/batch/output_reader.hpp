#pragma once

#include "batch/line_checksum.hpp"
#include "batch/line_reader.hpp"

#include <coax/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace coax::detail {

/// The part of a line that resuming needs.
struct line_head {
    std::uint64_t index{0};
    json_value key{};
    std::string status{};
    std::optional<std::string> origin{};
    std::optional<std::string> row{};
    std::optional<json_value> run{};
};

/// The lines of an output file, one by one.
class output_reader {
public:
    enum class found { end, line, damaged };

    [[nodiscard]] static result<output_reader> open(std::string const& path);

    /// Reads the next line. The end is also where a line without its newline is torn. Damaged: its checksum is wrong,
    /// it has none after lines that have one, or it is no line of a batch at all: see `foreign`. Errors:
    /// `errc::io_failed`.
    [[nodiscard]] result<found> next();
    /// The first line that could not be read, where no line proved to be a batch's own.
    [[nodiscard]] std::optional<error> const& foreign() const noexcept { return foreign_; }

    [[nodiscard]] std::string const& line() const noexcept { return line_; }
    [[nodiscard]] line_head const& head() const noexcept { return head_; }
    [[nodiscard]] bool failed() const noexcept { return head_.status == "error"; }
    [[nodiscard]] std::uint64_t line_number() const noexcept { return lines_.line_number(); }
    [[nodiscard]] std::string where() const { return lines_.path() + ':' + std::to_string(line_number()); }
    /// Where the line begins.
    [[nodiscard]] std::uint64_t offset() const noexcept { return begin_; }
    /// Up to the end of the last whole line.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    explicit output_reader(line_reader lines) : lines_{std::move(lines)} {}

    line_reader lines_;
    std::string line_{};
    line_head head_{};
    std::uint64_t begin_{0};
    std::uint64_t bytes_{0};
    bool has_checksums_{false};
    std::optional<error> foreign_{};
};

}  // namespace coax::detail
