#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax::table::detail {

/// A place in a text, both from 1; a column is a code point.
struct text_place {
    std::uint64_t line{1};
    std::uint64_t column{1};
};

/// How the text is written, and what is too much.
struct csv_dialect {
    char separator{','};
    std::size_t max_field_bytes{16U << 20U};
    std::size_t max_record_bytes{16U << 20U};
};

/// What is wrong with a record.
enum class csv_fault : unsigned char { none, text_after_quote, open_quote, field_too_large, record_too_large };

/// One record's fields, as views into its text.
struct csv_record {
    struct field {
        std::size_t begin{0};
        std::size_t end{0};
        text_place place{};
        bool quoted{false};
    };

    text_place place{};
    std::string text{};
    std::vector<field> fields{};
    csv_fault fault{csv_fault::none};
    text_place fault_place{};

    [[nodiscard]] std::string_view operator[](std::size_t at) const {
        return std::string_view{text}.substr(fields[at].begin, fields[at].end - fields[at].begin);
    }
    /// An empty line.
    [[nodiscard]] bool blank() const {
        return fault == csv_fault::none && fields.size() == 1 && text.empty() && !fields[0].quoted;
    }
};

/// Cuts CSV into records, piece by piece; knows no files and does not wait. Records end with LF, CRLF or CR. A quote
/// within a field that does not begin with one stands for itself. What is wrong with a record is told in it, and the
/// next record is read as if nothing had been. Source: RFC 4180, section 2.
class csv_scanner {
public:
    explicit csv_scanner(csv_dialect dialect);

    /// Takes bytes off the front until a record is whole. False: it wants more of them.
    [[nodiscard]] bool feed(std::string_view& bytes);
    /// The input has ended. True: that makes a last record whole.
    [[nodiscard]] bool finish();
    /// The record that is whole; may be moved from.
    [[nodiscard]] csv_record& record() noexcept { return record_; }

private:
    enum class state : unsigned char { record_start, field_start, plain, quoted, quote_seen };

    void take_run(std::string_view& bytes);
    [[nodiscard]] bool step(char byte);
    [[nodiscard]] bool step_plain(char byte);
    void step_quote_seen(char byte);
    void begin_field(bool quoted);
    void end_field();
    void add(std::string_view piece);
    void set_fault(csv_fault what, text_place where);
    void pass(char byte, bool after_return) noexcept;

    csv_dialect dialect_;
    std::string plain_stops_;
    csv_record record_{};
    text_place place_{};  ///< Of the next byte.
    state state_{state::record_start};
    bool after_return_{false};  ///< A CR came: with an LF it is one line's end.
};

}  // namespace coax::table::detail
