#include "cache/internal/response_codec.hpp"

#include <coax/chat/response_details.hpp>
#include <coax/json/detail/value_access.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/reflect/fields.hpp>

#include <zlib.h>

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>
#include <vector>

namespace coax::cache::detail {
namespace {

constexpr std::string_view magic = "coaxR1";
constexpr std::size_t header_bytes = magic.size() + 8 + 4;  // the layout and the checksum

/// Which form a type of a member has. A member of another type needs one more of each function below.
template <class T>
concept number = std::integral<T> || std::is_enum_v<T>;
template <class T>
struct duration_traits : std::false_type {};
template <class Rep, class Period>
struct duration_traits<std::chrono::duration<Rep, Period>> : std::true_type {};
template <class T>
concept duration = duration_traits<T>::value;

/// What the bytes of a type mean, as text: a change of a member's name, type or place changes it.
class layout {
public:
    template <number T>
    void add(T const*) {
        text += std::is_enum_v<T> ? 'e' : 'i';
        if constexpr (std::is_enum_v<T>)
            for (std::size_t i = 0; i < reflect::enumerators<T>.size(); ++i)
                text.append(" ").append(reflect::enumerators<T>.name(i));
    }
    void add(double const*) { text += 'd'; }
    template <duration T>
    void add(T const*) {
        text.append("t").append(std::to_string(T::period::num)).append("/").append(std::to_string(T::period::den));
    }
    void add(std::string const*) { text += 's'; }
    void add(json_value const*) { text += 'j'; }
    void add(std::vector<message> const*) { text += '-'; }  // of a run, which is made of several responses: not kept
    template <class T>
    void add(std::vector<T> const*) {
        text += '*';
        add(static_cast<T const*>(nullptr));
    }
    template <class T>
    void add(std::optional<T> const*) {
        text += '?';
        add(static_cast<T const*>(nullptr));
    }
    template <class T>
    void add(boxed<T> const*) {
        text += '?';
        add(static_cast<T const*>(nullptr));
    }
    void add(token_logprob const*) {
        add(static_cast<token_probability const*>(nullptr));
        add(static_cast<std::vector<token_probability> const*>(nullptr));
    }
    template <reflect::aggregate T>
    void add(T const*) {
        static T const example{};
        text += '{';
        reflect::visit_fields(example, [&](auto const&... fields) {
            std::size_t index = 0;
            ((text.append(reflect::field_names<T>[index++]).append(":"), add(&fields)), ...);
        });
        text += '}';
    }

    std::string text{};
};

/// A digest of the layout of a response (FNV-1a).
std::uint64_t layout_of_response() {
    layout all;
    all.add(static_cast<chat_response const*>(nullptr));
    std::uint64_t mixed = 14'695'981'039'346'656'037U;
    for (char const c : all.text) mixed = (mixed ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    return mixed;
}

class packer {
public:
    void put_raw(std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
    }
    /// Seven bits a byte, the lowest first.
    void put_size(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
        out.push_back(static_cast<char>(value));
    }
    template <number T>
    void put(T value) {
        auto const wide = static_cast<std::int64_t>(value);
        put_size((static_cast<std::uint64_t>(wide) << 1U) ^ static_cast<std::uint64_t>(wide >> 63));
    }
    void put(double value) { put_raw(std::bit_cast<std::uint64_t>(value), 8); }
    template <duration T>
    void put(T value) {
        put(static_cast<std::int64_t>(value.count()));
    }
    void put(std::string const& text) {
        put_size(text.size());
        out.append(text);
    }
    void put(json_value const& value) { put(value.text()); }
    void put(std::vector<message> const&) {}
    template <class T>
    void put(std::vector<T> const& all) {
        put_size(all.size());
        for (auto const& each : all) put(each);
    }
    template <class T>
    void put(std::optional<T> const& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class T>
    void put(boxed<T> const& value) {
        put(static_cast<bool>(value));
        if (value) put(*value);
    }
    void put(token_logprob const& token) {
        put(static_cast<token_probability const&>(token));
        put(token.top);
    }
    template <reflect::aggregate T>
    void put(T const& value) {
        reflect::visit_fields(value, [&](auto const&... fields) { (put(fields), ...); });
    }

    std::string out{};
};

/// Reads what a packer wrote. Bytes that are missing or too many leave `good` false; what was read is then of no use.
class unpacker {
public:
    explicit unpacker(std::string_view bytes) : left_{bytes} {}

    [[nodiscard]] std::uint64_t take_raw(std::size_t bytes) {
        auto const raw = take_bytes(bytes);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < raw.size(); ++i)
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i);
        return value;
    }
    [[nodiscard]] std::uint64_t take_size() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            auto const byte = take_raw(1);
            value |= (byte & 0x7FU) << shift;
            if (byte < 0x80) return value;
        }
        good = false;
        return 0;
    }
    template <number T>
    void take(T& value) {
        auto const folded = take_size();
        value = static_cast<T>(static_cast<std::int64_t>((folded >> 1U) ^ (~(folded & 1U) + 1U)));
    }
    void take(double& value) { value = std::bit_cast<double>(take_raw(8)); }
    template <duration T>
    void take(T& value) {
        std::int64_t count = 0;
        take(count);
        value = T{static_cast<typename T::rep>(count)};
    }
    void take(std::string& text) { text = take_bytes(take_size()); }
    void take(json_value& value) {
        std::string text;
        take(text);
        value = json::detail::value_access::make(std::move(text));
    }
    void take(std::vector<message>&) {}
    template <class T>
    void take(std::vector<T>& all) {
        auto const count = take_size();
        for (std::uint64_t i = 0; i < count && good; ++i) take(all.emplace_back());
    }
    template <class T>
    void take(std::optional<T>& value) {
        bool has = false;
        take(has);
        if (has) take(value.emplace());
    }
    template <class T>
    void take(boxed<T>& value) {
        bool has = false;
        take(has);
        if (has) take(value.edit());
    }
    void take(token_logprob& token) {
        take(static_cast<token_probability&>(token));
        take(token.top);
    }
    template <reflect::aggregate T>
    void take(T& value) {
        reflect::visit_fields(value, [&](auto&... fields) { (take(fields), ...); });
    }

    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }
    bool good{true};

private:
    std::string_view take_bytes(std::uint64_t count) {
        if (count > left_.size()) {
            good = false;
            left_ = {};
            return {};
        }
        auto const taken = left_.substr(0, static_cast<std::size_t>(count));
        left_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view left_;
};

std::uint64_t current_layout() {
    static auto const digest = layout_of_response();
    return digest;
}

std::uint64_t checksum(std::string_view bytes) {
    return crc32_z(0, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size());
}

error unreadable(std::string message) {
    return {.code = errc::protocol_error, .message = "the cached response " + std::move(message)};
}

}  // namespace

std::string pack(chat_response const& response) {
    packer content;
    content.put(response);
    packer whole;
    whole.out.reserve(header_bytes + content.out.size());
    whole.out.append(magic);
    whole.put_raw(current_layout(), 8);
    whole.put_raw(checksum(content.out), 4);
    whole.out.append(content.out);
    return std::move(whole.out);
}

result<chat_response> unpack(std::string_view bytes) {
    if (!bytes.starts_with(magic) || bytes.size() < header_bytes) return unreadable("is none");
    unpacker header{bytes.substr(magic.size(), header_bytes - magic.size())};
    if (header.take_raw(8) != current_layout()) return unreadable("is of another version of coax");
    bytes.remove_prefix(header_bytes);
    if (header.take_raw(4) != checksum(bytes)) return unreadable("is damaged");
    unpacker content{bytes};
    result<chat_response> response{chat_response{}};
    content.take(*response);
    if (!content.good || !content.at_end()) return unreadable("is damaged");
    return response;
}

}  // namespace coax::cache::detail
