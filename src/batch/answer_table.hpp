#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace coax::detail {

/// Where the answers to the last questions stand in a file. Holds 16 bytes for each; the oldest of those that would
/// stand in the same places make room. It grows in place: addresses for all are asked for at once, and the system
/// gives memory for those that are used.
class answer_table {
public:
    /// @param most  Answers, about; 0: none.
    explicit answer_table(std::size_t most) noexcept : most_{most} {}

    void add(std::uint64_t sent, std::uint64_t offset);
    [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t sent) const noexcept;

private:
    struct place {
        std::uint64_t sent;  ///< 0: free.
        std::uint64_t offset;
    };
    struct unmapped {
        std::size_t bytes;
        void operator()(place* places) const noexcept;
    };
    /// Places that one question can stand in.
    static constexpr std::size_t ways = 8;

    [[nodiscard]] place* first_of(std::uint64_t sent) const noexcept {
        return places_.get() + (sent & (size_ - 1) & ~(ways - 1));
    }
    void make_room();
    void put(place one) noexcept;

    std::size_t most_;
    std::size_t size_{0};   ///< Places in use, a power of two; 0: none is there before the first answer.
    std::size_t count_{0};  ///< Answers.
    std::unique_ptr<place[], unmapped> places_{};
};

}  // namespace coax::detail
