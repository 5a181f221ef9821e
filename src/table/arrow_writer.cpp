#include "table/arrow_column.hpp"
#include "table/internal/columns.hpp"
#include "table/internal/row_fields.hpp"

#include <coax/table/arrow_stream.hpp>

#include <cerrno>
#include <limits>
#include <utility>

namespace coax {

namespace {

using table::detail::arrow_column;

/// Columns whose text is longer end a batch: its offsets have 32 bits.
constexpr std::size_t most_text_bytes = 1U << 30U;

/// What a schema that was handed out owns.
struct schema_data {
    std::string name{};
    std::vector<ArrowSchema> children{};
    std::vector<ArrowSchema*> pointers{};
};

void release_schema(ArrowSchema* schema) {
    auto const* const data = static_cast<schema_data*>(schema->private_data);
    for (auto* child : data->pointers)
        if (child->release != nullptr) child->release(child);
    delete data;
    schema->release = nullptr;
}

ArrowSchema make_schema(char const* format, std::string name, std::vector<ArrowSchema> children) {
    auto* const data = new schema_data{std::move(name), std::move(children)};
    for (auto& child : data->children) data->pointers.push_back(&child);
    return {.format = format,
            .name = data->name.c_str(),
            .metadata = nullptr,
            .flags = ARROW_FLAG_NULLABLE,
            .n_children = static_cast<int64_t>(data->pointers.size()),
            .children = data->pointers.data(),
            .dictionary = nullptr,
            .release = &release_schema,
            .private_data = data};
}

ArrowSchema schema_of(arrow_column const& column) {
    std::vector<ArrowSchema> children;
    for (auto const& child : column.children()) children.push_back(schema_of(child));
    return make_schema(column.format(), column.name(), std::move(children));
}

/// What a record batch owns; its columns own themselves, for they may be moved out of it.
struct batch_data {
    std::vector<ArrowArray> children{};
    std::vector<ArrowArray*> pointers{};
    void const* validity{nullptr};
};

void release_batch(ArrowArray* batch) {
    auto const* const data = static_cast<batch_data*>(batch->private_data);
    for (auto* child : data->pointers)
        if (child->release != nullptr) child->release(child);
    delete data;
    batch->release = nullptr;
}

ArrowArray make_batch(std::vector<arrow_column> columns, std::size_t rows) {
    auto* const data = new batch_data{};
    for (auto& column : columns) data->children.push_back(std::move(column).finish());
    for (auto& child : data->children) data->pointers.push_back(&child);
    return {.length = static_cast<int64_t>(rows),
            .null_count = 0,
            .offset = 0,
            .n_buffers = 1,
            .n_children = static_cast<int64_t>(data->pointers.size()),
            .buffers = &data->validity,
            .children = data->pointers.data(),
            .dictionary = nullptr,
            .release = &release_batch,
            .private_data = data};
}

/// The stream's state.
class arrow_export {
public:
    arrow_export(std::unique_ptr<table_source> rows, std::size_t rows_per_batch)
        : rows_{std::move(rows)}, rows_per_batch_{rows_per_batch} {}

    int schema(ArrowSchema& out) const {
        std::vector<ArrowSchema> children;
        for (auto const& column : rows_->columns()) children.push_back(schema_of(arrow_column{column}));
        out = make_schema("+s", {}, std::move(children));
        return 0;
    }
    int next(ArrowArray& out) {
        std::vector<arrow_column> columns;
        for (auto const& column : rows_->columns()) columns.emplace_back(column);
        std::size_t count = 0;
        bool is_full = false;
        while (count < rows_per_batch_ && !is_full && !ended_) {
            auto const row = rows_->next();
            if (!row) return fail(EIO, to_string(row.error()));
            ended_ = !*row;
            if (ended_) break;
            if ((*row)->problem) return fail(EINVAL, to_string(*(*row)->problem));
            if (auto const code = add(**row, columns, is_full); code != 0) return code;
            ++count;
        }
        out = count == 0 ? ArrowArray{} : make_batch(std::move(columns), count);
        return 0;
    }
    int fail(int code, std::string message) {
        ended_ = true;
        last_error_ = std::move(message);
        return code;
    }
    [[nodiscard]] char const* last_error() const noexcept {
        return last_error_.empty() ? nullptr : last_error_.c_str();
    }

private:
    int add(table_row const& row, std::vector<arrow_column>& columns, bool& is_full) {
        table::detail::row_fields fields{row.fields};
        for (std::size_t at = 0; at < columns.size(); ++at) {
            auto const& name = rows_->columns()[at].name;
            auto const* const value = fields.find(name);
            if (!columns[at].add(value == nullptr ? json_value{} : *value))
                return fail(EINVAL, row.where + ": column \"" + name + "\" is no " +
                                        std::string{to_string(rows_->columns()[at].type)} + ": " + value->text());
            is_full = is_full || columns[at].offset_bytes() > most_text_bytes;
        }
        return 0;
    }

    std::unique_ptr<table_source> rows_;
    std::size_t rows_per_batch_;
    std::string last_error_{};
    bool ended_{false};
};

arrow_export& of(ArrowArrayStream* stream) { return *static_cast<arrow_export*>(stream->private_data); }

/// No exception passes into the consumer's code.
template <class Act>
int guarded(ArrowArrayStream* stream, Act act) noexcept {
    try {
        return act();
    } catch (std::exception const& wrong) {
        try {
            return of(stream).fail(EIO, wrong.what());
        } catch (...) {
            return ENOMEM;
        }
    }
}

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
    return guarded(stream, [&] { return of(stream).schema(*out); });
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
    return guarded(stream, [&] { return of(stream).next(*out); });
}

char const* get_last_error(ArrowArrayStream* stream) { return of(stream).last_error(); }

void release_stream(ArrowArrayStream* stream) {
    delete &of(stream);
    stream->release = nullptr;
}

}  // namespace

result<void> write_arrow(std::unique_ptr<table_source> rows, ArrowArrayStream& out, arrow_write_options options) {
    if (options.rows_per_batch < 1 || options.rows_per_batch > std::numeric_limits<std::int32_t>::max())
        return invalid_argument("rows_per_batch", "must be in [1, 2^31 - 1]");
    if (rows->columns().empty()) return invalid_argument("rows", "the table does not know its columns before its rows");
    out = {.get_schema = &get_schema,
           .get_next = &get_next,
           .get_last_error = &get_last_error,
           .release = &release_stream,
           .private_data = new arrow_export{std::move(rows), options.rows_per_batch}};
    return {};
}

}  // namespace coax
