#include <coax/batch/response_origin.hpp>

#include <array>
#include <charconv>

namespace coax {

namespace {

struct part {
    std::string_view name;
    std::uint32_t response_origin::* digest;
};

/// In the order of their text; `record` is last, for it is no part of the batch.
constexpr std::array parts{
    part{"another prompt", &response_origin::prompt},       part{"another model", &response_origin::model},
    part{"another schema", &response_origin::schema},       part{"another service", &response_origin::service},
    part{"other parameters", &response_origin::parameters}, part{"another record", &response_origin::record}};

}  // namespace

std::uint32_t digest_of(std::string_view text) noexcept {
    std::uint32_t mixed = 2'166'136'261U;
    for (char const c : text) mixed = (mixed ^ static_cast<unsigned char>(c)) * 16'777'619U;
    return mixed == 0 ? 1 : mixed;
}

std::string to_string(response_origin const& origin) {
    std::string text;
    std::array<char, 8> digits{};
    for (auto const& [name, digest] : parts) {
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), origin.*digest, 16).ptr;
        text.append(text.empty() ? "" : "-").append(digits.data(), end);
    }
    return text;
}

response_origin parse_origin(std::string_view text) noexcept {
    response_origin origin;
    for (auto const& [name, digest] : parts) {
        auto const length = text.find('-');
        auto const digits = text.substr(0, length);
        std::from_chars(digits.data(), digits.data() + digits.size(), origin.*digest, 16);
        if (length == std::string_view::npos) break;
        text.remove_prefix(length + 1);
    }
    return origin;
}

std::string differences(response_origin const& one, response_origin const& other) {
    std::string names;
    for (auto const& [name, digest] : parts) {
        if (digest == &response_origin::record || one.*digest == 0 || other.*digest == 0) continue;
        if (one.*digest != other.*digest) names.append(names.empty() ? "" : ", ").append(name);
    }
    return names;
}

}  // namespace coax
