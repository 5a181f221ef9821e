#include "json/internal/find_member.hpp"

#include "json/internal/scanner.hpp"

namespace coax::json::detail {
namespace {

class member_finder : scanner {
public:
    explicit member_finder(std::string_view object) : scanner{object, 1000, false} {}

    member_found find(std::string_view key, std::string& value) {
        std::string spare;
        ++at_;
        while (true) {
            skip_space();
            std::string_view name;
            if (!take('"') || !take_string(name, spare)) return member_found::no;
            bool const wanted = name == key;
            skip_space();
            if (!take(':')) return member_found::no;
            skip_space();
            if (wanted) return take_value(value);
            if (!skip_value()) return member_found::no;
            skip_space();
            if (!take(',')) return member_found::no;
        }
    }

private:
    member_found take_value(std::string& value) {
        std::string spare;
        std::string_view content;
        if (!take('"')) return member_found::other;
        if (!take_string(content, spare)) return member_found::no;
        value = content;
        return member_found::string;
    }
};

}  // namespace

member_found find_member(std::string_view text, char const* object, std::string_view key, std::string& value) {
    return member_finder{text.substr(static_cast<std::size_t>(object - text.data()))}.find(key, value);
}

}  // namespace coax::json::detail
