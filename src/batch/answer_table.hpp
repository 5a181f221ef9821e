#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace coax::detail {

/// Where the answers to the last questions stand in a file. Holds 16 bytes for each; the oldest of those that would
/// stand in the same places make room.
class answer_table {
public:
    /// @param most  Answers, about; 0: none.
    explicit answer_table(std::size_t most) noexcept : most_{most} {}

    void add(std::uint64_t sent, std::uint64_t offset);
    [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t sent) const noexcept;
    void clear() noexcept;

private:
    struct place {
        std::uint64_t sent{0};  ///< 0: free.
        std::uint64_t offset{0};
    };
    /// Places that one question can stand in.
    static constexpr std::size_t ways = 8;

    [[nodiscard]] std::size_t first_of(std::uint64_t sent) const noexcept {
        return sent & (places_.size() - 1) & ~(ways - 1);
    }
    void grow();
    void put(place one);

    std::size_t most_;
    std::size_t count_{0};
    std::vector<place> places_{};  ///< A power of two of them.
};

}  // namespace coax::detail
