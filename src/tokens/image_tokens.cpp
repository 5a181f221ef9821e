#include <coax/tokens/image_tokens.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace coax {
namespace {

constexpr std::int64_t over(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }

/// Patches of 32 pixels, shrunk to a number of them. `cap` 0: as it is.
struct patch_rule {
    std::int64_t high_cap;
    std::int64_t auto_cap;
    std::int64_t percent;  ///< Tokens of 100 patches.
};
/// OpenAI's older models: some for the image and some for each tile of 512 pixels.
struct tile_rule {
    std::int64_t base;
    std::int64_t each;
};
/// Anthropic: patches of 28 pixels, of an image shrunk to an edge and a number of them.
struct edge_rule {
    std::int64_t longest_edge;
    std::int64_t most;
};

/// Formulas that give the counts of huggingface.co/datasets/JOHNISKING/image-token-cost.
std::int64_t patches(image_size size, std::int64_t cap) noexcept {
    constexpr std::int64_t edge = 32;
    auto const whole = over(size.width, edge) * over(size.height, edge);
    if (cap == 0 || whole <= cap) return whole;
    auto const w = static_cast<double>(size.width);
    auto const h = static_cast<double>(size.height);
    auto ratio = std::sqrt(static_cast<double>(cap * edge * edge) / (w * h));
    auto const share = [&](double side) { return std::floor(side * ratio / edge) / (side * ratio / edge); };
    ratio *= std::min(share(w), share(h));
    auto const along = [&](double side) {  // a whole number, but for what doubles round
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(side * ratio / edge - 1e-9)));
    };
    return along(w) * along(h);
}

std::int64_t tokens_of(patch_rule const& rule, image_size size, std::string_view detail) noexcept {
    constexpr std::int64_t low_edge = 512;  // "low" shows the image at this size
    if (detail == "low") size = {std::min(size.width, low_edge), std::min(size.height, low_edge)};
    bool const high = detail.empty() || detail == "high";
    auto const cap = high ? rule.high_cap : rule.auto_cap;
    return over(patches(size, cap) * rule.percent, 100);
}

std::int64_t tokens_of(tile_rule const& rule, image_size size, std::string_view detail) noexcept {
    if (detail == "low") return rule.base;
    constexpr double longest = 2'048;
    constexpr double shortest = 768;
    auto w = static_cast<double>(size.width);
    auto h = static_cast<double>(size.height);
    auto const fit = std::min(1.0, longest / std::max(w, h));
    w *= fit, h *= fit;
    auto const shrink = std::min(1.0, shortest / std::min(w, h));
    auto const tiles = [&](double side) { return static_cast<std::int64_t>(std::ceil(side * shrink / 512 - 1e-9)); };
    return rule.base + rule.each * tiles(w) * tiles(h);
}

std::int64_t tokens_of(edge_rule const& rule, image_size size) noexcept {
    constexpr double patch = 28;
    auto const w = static_cast<double>(size.width);
    auto const h = static_cast<double>(size.height);
    auto const shrink = std::min(1.0, static_cast<double>(rule.longest_edge) / std::max(w, h));
    auto const along = [&](double side) { return static_cast<std::int64_t>(std::ceil(side * shrink / patch - 1e-9)); };
    return std::min(along(w) * along(h), rule.most);
}

struct family {
    std::string_view prefix;
    std::optional<patch_rule> patch{};
    std::optional<tile_rule> tile{};
    std::optional<edge_rule> edge{};
    std::int64_t any_size{0};
};

/// The first prefix that fits counts.
constexpr auto families = std::to_array<family>({
    {.prefix = "gpt-6", .patch = patch_rule{2'500, 0, 120}},
    {.prefix = "gpt-5.", .patch = patch_rule{2'500, 10'000, 120}},
    {.prefix = "gpt-5-mini", .patch = patch_rule{1'536, 1'536, 120}},
    {.prefix = "gpt-5-nano", .patch = patch_rule{1'536, 1'536, 150}},
    {.prefix = "gpt-5", .tile = tile_rule{70, 140}},
    {.prefix = "gpt-4.1-mini", .patch = patch_rule{1'536, 1'536, 162}},
    {.prefix = "gpt-4.1-nano", .patch = patch_rule{1'536, 1'536, 246}},
    {.prefix = "gpt-4o-mini", .tile = tile_rule{2'833, 5'667}},
    {.prefix = "gpt-4", .tile = tile_rule{85, 170}},
    {.prefix = "o1", .tile = tile_rule{85, 170}},
    {.prefix = "o3", .tile = tile_rule{85, 170}},
    {.prefix = "claude-opus-5-5", .edge = edge_rule{2'016, 4'784}},
    {.prefix = "claude-sonnet-5-5", .edge = edge_rule{2'016, 4'784}},
    {.prefix = "claude-haiku-4-5", .edge = edge_rule{1'568, 1'568}},
    {.prefix = "claude-opus-4-7", .edge = edge_rule{2'576, 4'784}},
    {.prefix = "claude-opus-4-8", .edge = edge_rule{2'576, 4'784}},
    {.prefix = "claude-opus-5", .edge = edge_rule{2'576, 4'784}},
    {.prefix = "claude-sonnet-5", .edge = edge_rule{2'576, 4'784}},
    {.prefix = "claude-fable-5", .edge = edge_rule{2'576, 4'784}},
    {.prefix = "claude-", .edge = edge_rule{1'568, 1'568}},
    {.prefix = "gemini-2", .any_size = -1},
    {.prefix = "gemini-", .any_size = 1'120},
});

/// Gemini 2: small ones as one tile of 768 pixels.
std::int64_t gemini_2_tokens(image_size size) noexcept {
    constexpr std::int64_t per_tile = 258;
    if (size.width <= 384 && size.height <= 384) return per_tile;
    return per_tile * over(size.width, 768) * over(size.height, 768);
}

}  // namespace

std::optional<std::int64_t> estimate_image_tokens(std::string_view model, image_size size,
                                                  std::string_view detail) noexcept {
    constexpr std::int64_t most_pixels = 1'000'000;  // of an edge: what is more is no image
    size = {std::clamp<std::int64_t>(size.width, 1, most_pixels),
            std::clamp<std::int64_t>(size.height, 1, most_pixels)};
    for (auto const& of : families) {
        if (!model.starts_with(of.prefix)) continue;
        if (of.patch) return tokens_of(*of.patch, size, detail);
        if (of.tile) return tokens_of(*of.tile, size, detail);
        if (of.edge) return tokens_of(*of.edge, size);
        return of.any_size > 0 ? of.any_size : gemini_2_tokens(size);
    }
    return std::nullopt;
}

}  // namespace coax
