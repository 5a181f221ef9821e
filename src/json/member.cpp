#include "json/internal/member.hpp"

#include "json/internal/scanner.hpp"

namespace coax::json::detail {
namespace {

constexpr std::size_t max_levels = 1000;

/// Walks over the members of a value, which is compact and known to be JSON.
class member_finder : scanner {
public:
    explicit member_finder(std::string_view object) : scanner{object, max_levels, false} {}

    std::optional<std::string_view> find(std::string_view name) {
        std::optional<std::string_view> found;
        if (!take('{')) return found;
        std::string spare;
        std::string_view key;
        do {
            if (!take('"') || !take_string(key, spare) || !take(':')) break;
            char const* const begin = at_;
            if (!skip_value()) break;
            if (key == name) found = {begin, static_cast<std::size_t>(at_ - begin)};
        } while (take(','));
        return found;
    }
};

}  // namespace

std::optional<std::string_view> find_member(std::string_view object, std::string_view name) {
    return member_finder{object}.find(name);
}

}  // namespace coax::json::detail
