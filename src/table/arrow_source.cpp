#include "table/arrow_type.hpp"
#include "table/internal/columns.hpp"
#include "table/sources.hpp"

#include <coax/json/detail/value_access.hpp>

#include <cstring>
#include <utility>

namespace coax {

namespace {

using table::detail::arrow_layout;
using table::detail::arrow_type;

/// Owns one of the structures of Arrow's C interface.
template <class T>
class arrow_owned {
public:
    arrow_owned() = default;
    arrow_owned(arrow_owned const&) = delete;
    arrow_owned& operator=(arrow_owned const&) = delete;
    ~arrow_owned() { reset(); }

    void reset() noexcept {
        if (held_.release != nullptr) held_.release(&held_);
        held_ = {};
    }
    /// For a producer that fills it; what it held is released.
    [[nodiscard]] T* fill() noexcept {
        reset();
        return &held_;
    }
    void take(T& from) noexcept {
        reset();
        held_ = from;
        from.release = nullptr;
    }
    [[nodiscard]] T& get() noexcept { return held_; }
    [[nodiscard]] bool released() const noexcept { return held_.release == nullptr; }

private:
    T held_{};
};

/// The rows of record batches.
class arrow_source final : public table_source {
public:
    arrow_source(ArrowArrayStream& stream, std::string name) : name_{std::move(name)} { stream_.take(stream); }

    [[nodiscard]] result<void> begin();
    std::vector<table_column> const& columns() const noexcept override { return columns_; }
    result<std::optional<table_row>> next() override;

private:
    [[nodiscard]] error told(char const* what, int code);
    [[nodiscard]] result<bool> next_batch();
    [[nodiscard]] std::string place() const { return table::detail::place_in(name_, row_number_); }

    std::string name_;
    arrow_owned<ArrowArrayStream> stream_{};
    arrow_owned<ArrowArray> batch_{};
    arrow_type type_{};
    std::vector<table_column> columns_{};
    std::int64_t at_{0};  ///< Of the next row in the batch.
    std::uint64_t row_number_{0};
    bool ended_{false};
};

/// What the producer says of a call that failed.
error arrow_source::told(char const* what, int code) {
    auto& stream = stream_.get();
    char const* const words = stream.get_last_error == nullptr ? nullptr : stream.get_last_error(&stream);
    return {.code = errc::io_failed,
            .message = std::string{what} + ": " + (words == nullptr ? std::strerror(code) : words),
            .where = name_};
}

result<void> arrow_source::begin() {
    auto& stream = stream_.get();
    if (stream_.released() || stream.get_schema == nullptr || stream.get_next == nullptr)
        return invalid_argument(name_, "the Arrow stream is released already");
    arrow_owned<ArrowSchema> schema;
    if (auto const code = stream.get_schema(&stream, schema.fill()); code != 0)
        return told("the Arrow stream gives no schema", code);
    if (schema.released()) return invalid_argument(name_, "the Arrow stream gives no schema");
    auto type = table::detail::parse_arrow_type(schema.get());
    if (!type) return type.error();
    if (type->layout != arrow_layout::structure) return invalid_argument(name_, "the Arrow stream is no table");
    type_ = std::move(*type);
    for (auto const& column : type_.children) columns_.push_back(column.as_column());
    auto const names = table::detail::names_of(columns_);
    if (auto const twice = table::detail::find_repeated(names))
        return invalid_argument(name_, "two columns are called \"" + names[*twice] + "\": rename one of them");
    return {};
}

/// False: the end.
result<bool> arrow_source::next_batch() {
    auto& stream = stream_.get();
    if (auto const code = stream.get_next(&stream, batch_.fill()); code != 0)
        return told("the Arrow stream gives no further rows", code);
    at_ = 0;
    if (batch_.released()) return false;
    if (auto const* const wrong = table::detail::contradiction(type_, &batch_.get(), 0))
        return invalid_argument(table::detail::place_in(name_, row_number_ + 1),
                                std::string{"a record batch that contradicts the format: "} + wrong);
    return true;
}

result<std::optional<table_row>> arrow_source::next() {
    while (!ended_ && (batch_.released() || at_ == batch_.get().length)) {
        auto const more = next_batch();
        ended_ = !more || !*more;
        if (!more) return more.error();
    }
    if (ended_) return std::optional<table_row>{};
    ++row_number_;
    table_row made{.line = row_number_, .where = place()};
    std::string fields;
    auto const* const wrong = table::detail::append_arrow_value(fields, type_, batch_.get(), at_++);
    if (wrong != nullptr || fields == "null")
        made.problem =
            error{.code = errc::invalid_json,
                  .message = std::string{"a value that cannot be read: "} + (wrong != nullptr ? wrong : "a null row"),
                  .where = made.where};
    else
        made.fields = json::detail::value_access::make(std::move(fields));
    return std::optional{std::move(made)};
}

}  // namespace

result<std::unique_ptr<table_source>> read_arrow(ArrowArrayStream& stream, std::string name) {
    auto made = std::make_unique<arrow_source>(stream, std::move(name));
    if (auto begun = made->begin(); !begun) return begun.error();
    return std::unique_ptr<table_source>{std::move(made)};
}

}  // namespace coax
