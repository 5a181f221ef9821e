#pragma once

#include <coax/batch/outcome.hpp>
#include <coax/batch/response_origin.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace coax {

/// How the value of a record is written.
enum class output_kind {
    text,  ///< Written as a JSON string.
    json,  ///< JSON already: written as it is.
};

/// Which row a line is of, whatever its place: its key, and what is sent for it.
struct row_identity {
    std::uint32_t key{0};     ///< `key_digest`; 0: the row has no key but its index, or none is known.
    std::uint64_t sent{0};    ///< `sent_digest`; 0: nothing is sent, or not known.
    std::uint32_t record{0};  ///< What outputs without checksums have in its place; see `response_origin::record`.
};

/// A digest of a key; 1 and "1" are two. Never 0.
[[nodiscard]] std::uint32_t key_digest(std::string_view key, bool is_number);

/// A digest of what is sent for a row: rows with the same one are the same question (SHA-256, 64 bits). Never 0.
[[nodiscard]] std::uint64_t sent_digest(std::string_view sent) noexcept;

/// What a line says of its record besides the outcome.
struct line_facts {
    response_origin origin{};  ///< All 0: the line says nothing of it.
    /// The key stands for a JSON number: it is written as one where every JSON reader keeps its digits (up to 2^53), so
    /// that 1 and "1" stay two.
    bool numeric_key{false};
    row_identity row{};
    /// JSON of what the run is made with, which the first line of a run has; empty: none.
    std::string run{};
};

/// One line of a batch's output, without its newline:
/// `{"index":3,"key":"a","status":"ok","output":…,"usage":{…},"attempts":1,"latency_ms":12,
/// "finished_at":"2026-11-28T20:15:00.250Z","origin":"1a2b3c4d-…","row":"…","crc":"…"}` or
/// `{"index":3,"key":"a","status":"error","error":{"code":"rate_limited","message":…},"usage":{…},"attempts":3,…}`.
/// Its `crc` is the CRC-32 (as zlib's) of all that stands before `,"crc"`.
[[nodiscard]] std::string to_json_line(batch_result<std::string> const& outcome, output_kind form,
                                       line_facts const& facts = {});

}  // namespace coax
