#include "json/internal/pointer.hpp"

#include "json/internal/scanner.hpp"

namespace coax::json::detail {
namespace {

/// Walks only into what leads to the place, and skips the rest.
class walker : scanner {
public:
    explicit walker(std::string_view text) : scanner{text, max_levels, false} {}

    std::size_t locate_pointer(std::string_view pointer) {
        while (start_value() && pointer_ != pointer) {
            bool found = false;
            while (!found && next_entry()) {
                found = pointer == pointer_ || pointer.starts_with(pointer_ + "/");
                if (!found && !skip_entry()) return closest_;
            }
            if (!found) return closest_;
        }
        return closest_;
    }

    std::string find_error_pointer() {
        while (start_value()) {
            bool found = false;
            while (!found && next_entry()) {
                char const* const start = at_;
                found = !skip_value();
                if (found) at_ = start;
                if (!found && !end_entry()) return container_pointer_;
            }
            if (!found) return container_pointer_;
        }
        return pointer_;
    }

private:
    static constexpr std::size_t max_levels = 1000;

    /// False: there is nothing to walk into.
    bool start_value() {
        skip_space();
        closest_ = offset();
        container_pointer_ = pointer_;
        index_ = 0;
        is_keyed_ = peek() == '{';
        return take('{') || take('[');
    }

    /// Goes to the value of the next member or item. False: there is none, or what is there cannot be followed.
    bool next_entry() {
        skip_space();
        bool const is_end = peek() == (is_keyed_ ? '}' : ']');
        if (is_end) closest_ = offset();
        std::string spare;
        std::string_view key;
        if (is_end || (is_keyed_ && (!take('"') || !take_string(key, spare)))) return false;
        pointer_ = container_pointer_;
        append_pointer(pointer_, is_keyed_ ? std::string{key} : std::to_string(index_++));
        skip_space();
        if (is_keyed_ && !take(':')) return false;
        skip_space();
        return true;
    }

    bool skip_entry() { return skip_value() && end_entry(); }
    bool end_entry() {
        skip_space();
        if (take(',')) return true;
        return peek() == '}' || peek() == ']';
    }

    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - text().data()); }

    std::string pointer_{};            ///< The pointer of the value at hand,
    std::string container_pointer_{};  ///< and of what it is in.
    bool is_keyed_{false};
    std::size_t index_{0};
    std::size_t closest_{0};
};

}  // namespace

std::size_t locate_pointer(std::string_view text, std::string_view pointer) {
    return walker{text}.locate_pointer(pointer);
}

std::string find_error_pointer(std::string_view text) { return walker{text}.find_error_pointer(); }

}  // namespace coax::json::detail
