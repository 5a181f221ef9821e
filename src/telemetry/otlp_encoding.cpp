#include "telemetry/otlp_encoding.hpp"

#include "json/internal/text.hpp"
#include "telemetry/protobuf.hpp"

#include <optional>

namespace coax::telemetry::detail {

namespace {

template <std::size_t N>
std::string_view bytes_of(std::array<std::uint8_t, N> const& id) {
    return {reinterpret_cast<char const*>(id.data()), N};
}

constexpr std::uint32_t sampled_flag = 1;

bool is_text(std::string_view text) {
    auto const* const end = text.data() + text.size();
    return json::detail::find_invalid_utf8(text.data(), end) == end;
}

/// A string, which is to be UTF-8: a receiver would refuse all that comes with it.
void put_text(std::string& out, unsigned field, std::string_view text) {
    if (is_text(text)) return put_bytes(out, field, text);
    std::string repaired;
    json::detail::append_repaired_utf8(repaired, text);
    put_bytes(out, field, repaired);
}

void put_link(std::string& span, span_context const& to) {
    std::string link;
    put_bytes(link, 1, bytes_of(to.trace_id));
    put_bytes(link, 2, bytes_of(to.span_id));
    if (!to.trace_state.empty()) put_bytes(link, 3, to.trace_state);
    put_bytes(span, 13, link);
}

void put_failure(std::string& span, error const& why) {
    std::string status;
    put_text(status, 2, status_text(why));
    put_number(status, 3, 2);  // STATUS_CODE_ERROR
    put_bytes(span, 15, status);
}

void put_ids(std::string& span, operation const& one) {
    put_bytes(span, 1, bytes_of(one.context.trace_id));
    put_bytes(span, 2, bytes_of(one.context.span_id));
    if (!one.context.trace_state.empty()) put_bytes(span, 3, one.context.trace_state);
    if (one.parent != decltype(one.parent){}) put_bytes(span, 4, bytes_of(one.parent));
}

/// Reads the fields of a message, of which only two wire types come here.
class field_reader {
public:
    explicit field_reader(std::string_view message) noexcept : rest_{message} {}

    /// The next field's number; nothing at the end, and where the bytes make no sense.
    std::optional<std::uint64_t> next() {
        auto const key = varint();
        if (!key) return std::nullopt;
        auto const value = (*key & 7U) == 0 || (*key & 7U) == 2 ? varint() : std::nullopt;
        if (!value) return std::nullopt;
        number = *value;
        bytes = {};
        if ((*key & 7U) == 2) {
            if (number > rest_.size()) return std::nullopt;
            bytes = rest_.substr(0, number);
            rest_.remove_prefix(number);
        }
        return *key >> 3U;
    }

    std::uint64_t number{0};
    std::string_view bytes{};

private:
    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            auto const byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
        return std::nullopt;
    }

    std::string_view rest_;
};

}  // namespace

std::uint64_t to_nanoseconds(std::chrono::system_clock::time_point when) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds{when.time_since_epoch()}.count());
}

void key_value_writer::begin(std::string_view name, std::size_t value_bytes) {
    put_key(out_, field_, 2);
    put_varint(out_, field_size(name.size()) + field_size(value_bytes));
    put_bytes(out_, 1, name);
    put_key(out_, 2, 2);
    put_varint(out_, value_bytes);
}

void key_value_writer::put(std::string_view name) {
    begin(name, value_.size());
    out_ += value_;
    value_.clear();
}

void key_value_writer::text(std::string_view name, std::string_view value) {
    if (!is_text(value)) {
        put_text(value_, 1, value);
        return put(name);
    }
    begin(name, field_size(value.size()));
    put_bytes(out_, 1, value);
}
void key_value_writer::flag(std::string_view name, bool value) {
    put_number(value_, 2, value ? 1 : 0);
    put(name);
}
void key_value_writer::number(std::string_view name, std::int64_t value) {
    put_number(value_, 3, static_cast<std::uint64_t>(value));
    put(name);
}
void key_value_writer::real(std::string_view name, double value) {
    put_double(value_, 4, value);
    put(name);
}
void key_value_writer::texts(std::string_view name, std::span<std::string_view const> values) {
    std::string list;
    for (auto const& each : values) {
        std::string one;
        put_text(one, 1, each);
        put_bytes(list, 1, one);
    }
    put_bytes(value_, 5, list);
    put(name);
}

void append_span(operation const& ended, std::string& scope_spans) {
    thread_local std::string span;
    span.clear();
    put_ids(span, ended);
    put_text(span, 5, span_name(ended));
    put_number(span, 6, static_cast<std::uint64_t>(kind_of(ended)));
    put_fixed64(span, 7, to_nanoseconds(ended.began));
    put_fixed64(span, 8, to_nanoseconds(ended.began) + static_cast<std::uint64_t>(ended.took.count()));
    key_value_writer attributes{span, 9};
    write_attributes(ended, attributes);
    if (ended.link != nullptr) put_link(span, *ended.link);
    if (ended.why != nullptr) put_failure(span, *ended.why);
    put_fixed32(span, 16, ended.context.sampled ? sampled_flag : 0U);
    put_bytes(scope_spans, 2, span);
}

otlp_frame make_frame(std::string_view service_name,
                      std::vector<std::pair<std::string, std::string>> const& attributes) {
    otlp_frame frame;
    key_value_writer writer{frame.resource, 1};
    writer.text("service.name", service_name);
    writer.text("telemetry.sdk.name", "coax");
    writer.text("telemetry.sdk.language", "cpp");
    for (auto const& [name, value] : attributes)
        if (name != "service.name") writer.text(name, value);
    put_bytes(frame.scope, 1, "coax");
    return frame;
}

std::string export_request(otlp_frame const& frame, std::string_view members) {
    std::string scope;
    put_bytes(scope, 1, frame.scope);
    scope += members;
    std::string all;
    put_bytes(all, 1, frame.resource);
    put_bytes(all, 2, scope);
    std::string request;
    put_bytes(request, 1, all);
    return request;
}

partial_success read_export_response(std::string_view body) {
    partial_success told;
    for (field_reader whole{body}; auto const field = whole.next();) {
        if (*field != 1) continue;
        field_reader part{whole.bytes};
        while (auto const inner = part.next()) {
            if (*inner == 1) told.rejected = static_cast<std::int64_t>(part.number);
            if (*inner == 2) told.message = part.bytes;
        }
    }
    return told;
}

}  // namespace coax::telemetry::detail
