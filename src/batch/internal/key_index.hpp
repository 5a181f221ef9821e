#pragma once

#include <coax/batch/records.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace coax::detail {

/// Finds out whether keys stand twice; 8 bytes a record.
class key_index {
public:
    void add(batch_record const& record) { digests_.push_back(digest(record)); }
    /// The digest of a key that stands twice, but for one case in millions; none: each stands once. Forgets them all.
    [[nodiscard]] std::optional<std::uint64_t> take_repeated();

    [[nodiscard]] static std::uint64_t digest(batch_record const& record) noexcept;

private:
    std::vector<std::uint64_t> digests_;
};

}  // namespace coax::detail
