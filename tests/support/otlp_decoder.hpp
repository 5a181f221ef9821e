#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Reads what an exporter of OTLP sends, written from opentelemetry-proto and not from the exporter.
namespace coax::test::otlp {

/// One field of a protobuf message.
struct wire_field {
    unsigned number{0};
    unsigned type{0};
    std::uint64_t value{0};  ///< Of a number, fixed or not.
    std::string_view bytes{};
};

/// The fields of a message, in their order. @throws std::runtime_error  It is none.
inline std::vector<wire_field> fields_of(std::string_view message) {
    std::size_t at = 0;
    auto const byte = [&] {
        if (at == message.size()) throw std::runtime_error{"the message ends within a field"};
        return static_cast<unsigned char>(message[at++]);
    };
    auto const varint = [&] {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            auto const next = byte();
            value |= std::uint64_t{next & 0x7fU} << shift;
            if ((next & 0x80U) == 0) return value;
        }
        throw std::runtime_error{"a number of more than 64 bits"};
    };
    std::vector<wire_field> all;
    while (at < message.size()) {
        auto const key = varint();
        wire_field one{.number = static_cast<unsigned>(key >> 3U), .type = static_cast<unsigned>(key & 7U)};
        switch (one.type) {
            case 0: one.value = varint(); break;
            case 1:
                for (unsigned i = 0; i < 8; ++i) one.value |= std::uint64_t{byte()} << (8 * i);
                break;
            case 2: {
                auto const size = varint();
                if (size > message.size() - at) throw std::runtime_error{"a field is longer than its message"};
                one.bytes = message.substr(at, size);
                at += size;
                break;
            }
            case 5:
                for (unsigned i = 0; i < 4; ++i) one.value |= std::uint64_t{byte()} << (8 * i);
                break;
            default: throw std::runtime_error{"an unknown wire type"};
        }
        all.push_back(one);
    }
    return all;
}

inline double to_double(std::uint64_t bits) {
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// An attribute's value as text: "chat", "12", "0.5", "true", "[a,b]".
inline std::string any_value(std::string_view message) {
    std::string text;
    for (auto const& one : fields_of(message)) {
        switch (one.number) {
            case 1: text = one.bytes; break;
            case 2: text = one.value != 0 ? "true" : "false"; break;
            case 3: text = std::to_string(static_cast<std::int64_t>(one.value)); break;
            case 4: {
                text = std::to_string(to_double(one.value));
                text.erase(text.find_last_not_of('0') + 1);
                if (text.ends_with('.')) text.pop_back();
                break;
            }
            case 5:
                text = "[";
                for (auto const& item : fields_of(one.bytes))
                    text.append(text.size() > 1 ? "," : "").append(any_value(item.bytes));
                text += "]";
                break;
            default: throw std::runtime_error{"an attribute of an unknown kind"};
        }
    }
    return text;
}

using attributes = std::map<std::string, std::string>;

inline void add_attribute(attributes& to, std::string_view key_value) {
    std::string key;
    std::string value;
    for (auto const& one : fields_of(key_value))
        (one.number == 1 ? key : value) = one.number == 1 ? std::string{one.bytes} : any_value(one.bytes);
    to[key] = value;
}

struct span {
    std::string trace_id{};
    std::string span_id{};
    std::string parent{};
    std::string name{};
    int kind{0};
    std::uint64_t begin{0};
    std::uint64_t end{0};
    attributes values{};
    std::vector<std::pair<std::string, std::string>> links{};  ///< Trace and span.
    int status{0};
    std::string status_text{};
};

inline span read_span(std::string_view message) {
    span one;
    for (auto const& field : fields_of(message)) {
        switch (field.number) {
            case 1: one.trace_id = field.bytes; break;
            case 2: one.span_id = field.bytes; break;
            case 4: one.parent = field.bytes; break;
            case 5: one.name = field.bytes; break;
            case 6: one.kind = static_cast<int>(field.value); break;
            case 7: one.begin = field.value; break;
            case 8: one.end = field.value; break;
            case 9: add_attribute(one.values, field.bytes); break;
            case 13: {
                auto const link = fields_of(field.bytes);
                one.links.emplace_back(link.at(0).bytes, link.at(1).bytes);
                break;
            }
            case 15:
                for (auto const& part : fields_of(field.bytes)) {
                    if (part.number == 2) one.status_text = part.bytes;
                    if (part.number == 3) one.status = static_cast<int>(part.value);
                }
                break;
            case 3:
            case 16: break;
            default: throw std::runtime_error{"an unknown field of a span: " + std::to_string(field.number)};
        }
    }
    return one;
}

struct point {
    attributes values{};
    std::uint64_t count{0};
    double sum{0};
    std::vector<std::uint64_t> counts{};
    std::vector<double> bounds{};
};
struct metric {
    std::string unit{};
    int temporality{0};
    std::vector<point> points{};
};

inline std::vector<std::uint64_t> packed(std::string_view bytes) {
    std::vector<std::uint64_t> all(bytes.size() / 8);
    if (!bytes.empty()) std::memcpy(all.data(), bytes.data(), all.size() * 8);
    return all;
}

inline point read_point(std::string_view message) {
    point one;
    for (auto const& field : fields_of(message)) {
        if (field.number == 9) add_attribute(one.values, field.bytes);
        if (field.number == 4) one.count = field.value;
        if (field.number == 5) one.sum = to_double(field.value);
        if (field.number == 6) one.counts = packed(field.bytes);
        if (field.number == 7)
            for (auto const bits : packed(field.bytes)) one.bounds.push_back(to_double(bits));
    }
    return one;
}

/// All that came.
struct received {
    attributes resource{};
    std::vector<span> spans{};
    std::map<std::string, metric> metrics{};

    [[nodiscard]] span const* find(std::string_view name) const {
        for (auto const& one : spans)
            if (one.name == name) return &one;
        return nullptr;
    }
};

inline void read_metric(std::string_view message, received& into) {
    std::string name;
    metric one;
    for (auto const& field : fields_of(message)) {
        if (field.number == 1) name = field.bytes;
        if (field.number == 3) one.unit = field.bytes;
        if (field.number != 9) continue;
        for (auto const& part : fields_of(field.bytes)) {
            if (part.number == 1) one.points.push_back(read_point(part.bytes));
            if (part.number == 2) one.temporality = static_cast<int>(part.value);
        }
    }
    into.metrics[name] = one;
}

/// Reads an `ExportTraceServiceRequest`, or one of metrics.
inline void read_request(std::string_view body, bool metrics, received& into) {
    for (auto const& all : fields_of(body))
        for (auto const& part : fields_of(all.bytes)) {
            if (part.number == 1)
                for (auto const& one : fields_of(part.bytes)) add_attribute(into.resource, one.bytes);
            if (part.number != 2) continue;
            for (auto const& member : fields_of(part.bytes)) {
                if (member.number != 2) continue;
                if (metrics)
                    read_metric(member.bytes, into);
                else
                    into.spans.push_back(read_span(member.bytes));
            }
        }
}

/// Reads HTTP requests as a server has recorded them.
inline received read_requests(std::vector<std::string> const& requests) {
    received all;
    for (auto const& one : requests) {
        auto const head = one.find("\r\n\r\n");
        read_request(std::string_view{one}.substr(head + 4), one.starts_with("POST /v1/metrics"), all);
    }
    return all;
}

}  // namespace coax::test::otlp
