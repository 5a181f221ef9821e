#pragma once

#include <coax/table/arrow_stream.hpp>

#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::test {

/// Arrays made by hand: what owns them counts how often they are released. Bytes are copied into buffers of exactly
/// their size, so that the address sanitizer sees what is read beyond them.
struct arrow_node {
    std::string format{};
    std::string name{};
    std::int64_t length{0};
    std::int64_t offset{0};
    std::int64_t null_count{0};
    std::vector<std::unique_ptr<std::vector<char>>> bytes{};
    std::vector<void const*> buffers{};
    std::vector<arrow_node> children{};
    std::unique_ptr<arrow_node> dictionary{};
    std::vector<ArrowSchema> schemas{};
    std::vector<ArrowSchema*> schema_pointers{};
    std::vector<ArrowArray> arrays{};
    std::vector<ArrowArray*> array_pointers{};
    ArrowSchema dictionary_schema{};
    ArrowArray dictionary_array{};

    /// Adds a buffer of values; none: a null pointer.
    template <class T>
    arrow_node& buffer(std::vector<T> const& values) {
        auto copy = std::make_unique<std::vector<char>>(values.size() * sizeof(T));
        if (!values.empty()) std::memcpy(copy->data(), values.data(), copy->size());
        buffers.push_back(copy->data());
        bytes.push_back(std::move(copy));
        return *this;
    }
    arrow_node& text(std::string const& values) { return buffer(std::vector<char>(values.begin(), values.end())); }
    arrow_node& missing() {
        buffers.push_back(nullptr);
        return *this;
    }

    [[nodiscard]] ArrowSchema schema() {
        schemas.clear();
        schema_pointers.clear();
        for (auto& child : children) schemas.push_back(child.schema());
        for (auto& each : schemas) schema_pointers.push_back(&each);
        if (dictionary) dictionary_schema = dictionary->schema();
        return {.format = format.c_str(),
                .name = name.c_str(),
                .n_children = static_cast<std::int64_t>(schemas.size()),
                .children = schema_pointers.data(),
                .dictionary = dictionary ? &dictionary_schema : nullptr,
                .release = [](ArrowSchema* held) { held->release = nullptr; }};
    }
    [[nodiscard]] ArrowArray array() {
        arrays.clear();
        array_pointers.clear();
        for (auto& child : children) arrays.push_back(child.array());
        for (auto& each : arrays) array_pointers.push_back(&each);
        if (dictionary) dictionary_array = dictionary->array();
        return {.length = length,
                .null_count = null_count,
                .offset = offset,
                .n_buffers = static_cast<std::int64_t>(buffers.size()),
                .n_children = static_cast<std::int64_t>(arrays.size()),
                .buffers = buffers.data(),
                .children = array_pointers.data(),
                .dictionary = dictionary ? &dictionary_array : nullptr,
                .release = [](ArrowArray* held) { held->release = nullptr; }};
    }
};

/// A column of numbers without nulls.
template <class T>
arrow_node numbers(std::string name, std::string format, std::vector<T> const& values) {
    arrow_node made{
        .format = std::move(format), .name = std::move(name), .length = static_cast<std::int64_t>(values.size())};
    made.missing().buffer(values);
    return made;
}

/// A column of text.
inline arrow_node words(std::string name, std::vector<std::string> const& values) {
    arrow_node made{.format = "u", .name = std::move(name), .length = static_cast<std::int64_t>(values.size())};
    std::vector<std::int32_t> offsets{0};
    std::string all;
    for (auto const& value : values) {
        all += value;
        offsets.push_back(static_cast<std::int32_t>(all.size()));
    }
    made.missing().buffer(offsets).text(all);
    return made;
}

inline arrow_node table_of(std::vector<arrow_node> columns) {
    arrow_node made{.format = "+s", .length = columns.empty() ? 0 : columns[0].length};
    made.missing();
    made.children = std::move(columns);
    return made;
}

/// A stream of batches with one schema, that of the first.
struct made_stream {
    std::deque<arrow_node> batches{};
    std::size_t next{0};
    int fails_with{0};  ///< What `get_next` gives in place of the end.
    int released{0};
    int open_arrays{0};

    [[nodiscard]] ArrowArrayStream stream() {
        return {.get_schema =
                    [](ArrowArrayStream* self, ArrowSchema* out) {
                        *out = of(self).batches.front().schema();
                        return 0;
                    },
                .get_next = [](ArrowArrayStream* self, ArrowArray* out) { return of(self).give(*out); },
                .get_last_error = [](ArrowArrayStream*) { return "the producer is ill"; },
                .release =
                    [](ArrowArrayStream* self) {
                        ++of(self).released;
                        self->release = nullptr;
                    },
                .private_data = this};
    }

private:
    static made_stream& of(ArrowArrayStream* self) { return *static_cast<made_stream*>(self->private_data); }
    int give(ArrowArray& out) {
        if (next == batches.size()) {
            out.release = nullptr;
            return fails_with;
        }
        out = batches[next++].array();
        ++open_arrays;
        out.private_data = this;
        out.release = [](ArrowArray* held) {
            --static_cast<made_stream*>(held->private_data)->open_arrays;
            held->release = nullptr;
        };
        return 0;
    }
};

}  // namespace coax::test
