#include "sim/embedding.hpp"

#include "sim/random.hpp"
#include "sim/text.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace coax::sim::detail {
namespace {

std::vector<unsigned char> bytes_of(std::vector<float> const& values) {
    std::vector<unsigned char> bytes;
    bytes.reserve(values.size() * 4);
    for (float const value : values) {
        auto const bits = std::bit_cast<std::uint32_t>(value);
        for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<unsigned char>(bits >> shift));
    }
    return bytes;
}

}  // namespace

std::vector<float> embedding_of(std::string_view text, std::size_t dimensions, std::uint64_t seed) {
    std::vector<double> sum(dimensions, 0.0);
    auto const add = [&](std::string_view word, double weight) {
        random_source random{hash_bytes(word, seed)};
        for (double& value : sum) value += weight * (random.unit() - 0.5);
    };
    add(text, 0.1);
    prompt_reading const reading{text};
    for (auto const word : reading.words()) add(lower_ascii(word), 1.0);
    double squares = 0;
    for (double const value : sum) squares += value * value;
    std::vector<float> vector;
    vector.reserve(dimensions);
    for (double const value : sum) vector.push_back(static_cast<float>(squares > 0 ? value / std::sqrt(squares) : 0));
    return vector;
}

void append_floats(std::string& out, std::vector<float> const& values) {
    char before = '[';
    for (float const value : values) {
        std::array<char, 32> text{};
        out.push_back(before);
        before = ',';
        out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
    }
    out += values.empty() ? "[]" : "]";
}

void append_base64(std::string& out, std::vector<float> const& values) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    auto const bytes = bytes_of(values);
    out.push_back('"');
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const left = bytes.size() - i;
        std::uint32_t const group = static_cast<std::uint32_t>(bytes[i]) << 16U |
                                    static_cast<std::uint32_t>(left > 1 ? bytes[i + 1] : 0) << 8U |
                                    static_cast<std::uint32_t>(left > 2 ? bytes[i + 2] : 0);
        out.push_back(digits[group >> 18U & 63U]);
        out.push_back(digits[group >> 12U & 63U]);
        out.push_back(left > 1 ? digits[group >> 6U & 63U] : '=');
        out.push_back(left > 2 ? digits[group & 63U] : '=');
    }
    out.push_back('"');
}

}  // namespace coax::sim::detail
