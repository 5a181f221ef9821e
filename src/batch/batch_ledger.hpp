#pragma once

#include "batch/output_file.hpp"

#include <coax/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// A row as batches name it: what is sent for it, and its place in the input.
struct batch_row_name {
    std::uint64_t sent{0};
    std::uint64_t index{0};

    [[nodiscard]] bool operator==(batch_row_name const&) const = default;
};

/// "0123456789abcdef-42".
[[nodiscard]] std::string to_string(batch_row_name const& name);
/// Nothing: it is no such text.
[[nodiscard]] std::optional<batch_row_name> parse_row_name(std::string_view text) noexcept;

/// A batch that was begun, and whose end the ledger does not tell.
struct kept_batch {
    std::string mark{};
    std::string id{};  ///< Empty: its making was not answered.
    std::string service{};
    std::chrono::sys_seconds begun{};
    std::vector<batch_row_name> rows{};
};

/// The file that tells a later run which batches of the service are under way. Each line is on the disk before what it
/// tells of goes on:
/// `{"batch":"coax-…","service":"…","begun":1764428400,"rows":["…",…],"crc":"…"}`, `{"batch":"coax-…","id":"batch_…"}`,
/// `{"batch":"coax-…","over":"completed"}`. A line whose checksum is wrong is as good as none.
class batch_ledger {
public:
    /// Errors: `errc::io_failed`: it cannot be written, or another process has it.
    [[nodiscard]] static result<batch_ledger> open(std::string path);

    /// Those of runs before, in the order of their making.
    [[nodiscard]] std::vector<kept_batch> const& kept() const noexcept { return kept_; }

    [[nodiscard]] result<void> begin(kept_batch const& batch);
    [[nodiscard]] result<void> made(std::string_view mark, std::string_view id);
    [[nodiscard]] result<void> over(std::string_view mark, std::string_view how);
    /// All are over: the file is removed.
    void remove() noexcept;

private:
    explicit batch_ledger(output_file file) : file_{std::move(file)} {}
    [[nodiscard]] result<void> read();

    output_file file_;
    std::vector<kept_batch> kept_{};
};

}  // namespace coax::detail
