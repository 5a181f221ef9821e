#pragma once

#include <coax/batch/journal.hpp>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coax::detail {

/// By what a line tells which row it is of.
enum class known_by { row, record, key };

/// Compares the lines of an output with the rows of an input: a state machine that is shown all lines, then all rows in
/// their order, then the same rows once more if some lines have not found theirs at their own index.
class row_match {
public:
    /// @param limit  Rows and lines from that index on are not looked at; 0: all are.
    explicit row_match(std::uint64_t limit = 0) noexcept : limit_{limit} {}

    /// @returns false: there is a line of that index already.
    /// @param retried  Its row is to be asked again, as it failed.
    [[nodiscard]] bool add(std::uint64_t index, row_identity const& identity, known_by how, bool failed, bool retried);
    void lines_ended();

    [[nodiscard]] bool wants_rows() const noexcept { return pass_ < 2; }
    void row(journal_row const& given);
    void rows_ended();

    [[nodiscard]] resume_counts const& counts() const noexcept { return counts_; }
    /// The index of the first row that was asked about something else.
    [[nodiscard]] std::optional<std::uint64_t> first_changed() const noexcept { return first_changed_; }
    /// The index of the first line whose row is not there any more.
    [[nodiscard]] std::optional<std::uint64_t> first_removed() const noexcept { return first_removed_; }

    /// Whether the row has its answer.
    [[nodiscard]] bool is_done(std::uint64_t index) const noexcept { return has(done_, index); }
    /// The index that a line of `index` has now; nothing: it is to be taken out.
    [[nodiscard]] std::optional<std::uint64_t> new_index(std::uint64_t index) const;

private:
    struct line {
        std::uint64_t identity;
        std::uint32_t key;
        std::uint32_t place;  ///< The index, and in the two lowest bits by what the row is known.

        [[nodiscard]] std::uint64_t index() const noexcept { return place >> 2U; }
        [[nodiscard]] known_by how() const noexcept { return static_cast<known_by>(place & 3U); }
    };
    /// A row without an answer, of whose key there is a line.
    struct candidate {
        std::uint64_t index;
        std::uint32_t key;
        std::uint32_t plain_key;
    };
    using bits = std::vector<bool>;

    static bool has(bits const& all, std::uint64_t index) noexcept { return index < all.size() && all[index]; }
    static void set(bits& all, std::uint64_t index);
    static bool is_same(line const& one, journal_row const& given);
    void match_by_index(journal_row const& given);
    void match_elsewhere(journal_row const& given);
    void settle(line const& one, std::uint64_t row_index);
    [[nodiscard]] bool take_changed(std::uint32_t key);
    void collect_unmatched();
    void take_changed_rows();
    void end();

    std::uint64_t limit_;
    std::vector<line> lines_{};  ///< Sorted by index once they are all there.
    std::size_t next_{0};        ///< The first whose index is not below that of the next row.
    bits seen_{};                ///< Indices that have a line.
    bits failed_{};              ///< Lines.
    bits retried_{};             ///< Lines.
    bits matched_{};             ///< Lines whose row is found.
    bits settled_{};             ///< Rows whose line is found.
    bits kept_{};                ///< Lines.
    bits done_{};                ///< Rows.
    std::unordered_multimap<std::uint64_t, std::size_t> by_identity_{};  ///< Of lines without a row so far.
    std::unordered_multimap<std::uint32_t, std::size_t> by_key_{};       ///< The same.
    std::vector<candidate> candidates_{};
    std::unordered_map<std::uint64_t, std::uint64_t> moved_{};  ///< From a line's index to its row's.
    std::optional<std::uint64_t> first_changed_{};
    std::optional<std::uint64_t> first_removed_{};
    resume_counts counts_{};
    int pass_{0};
};

}  // namespace coax::detail
