#pragma once

#include "batch/output_file.hpp"

#include <coax/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace coax::detail {

/// The file that tells a later run which responses the service makes in the background, by what was sent for their
/// rows:
/// `{"sent":"0123456789abcdef","id":"resp_…","crc":"…"}`, and `{"sent":"…","over":true}` once a response is of no use
/// any more. Each line is on the disk before what it tells of goes on.
class background_ledger {
public:
    /// Errors: `errc::io_failed`: it cannot be written, or another process has it.
    [[nodiscard]] static result<background_ledger> open(std::string path);

    /// The response to what was sent; empty: none is known.
    [[nodiscard]] std::string_view find(std::uint64_t sent) const;
    [[nodiscard]] result<void> begun(std::uint64_t sent, std::string id);
    [[nodiscard]] result<void> over(std::uint64_t sent);
    void remove() noexcept;

private:
    explicit background_ledger(output_file file) : file_{std::move(file)} {}
    [[nodiscard]] result<void> read();

    output_file file_;
    std::unordered_map<std::uint64_t, std::string> ids_{};
};

}  // namespace coax::detail
