#pragma once

#include <coax/http/sse.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// A value that may differ between events that mean the same otherwise.
struct event_hole {
    enum class kind { text, ignored_text, number };

    std::string_view pointer;  ///< JSON pointer.
    kind what;
};

/// Most events of a stream differ from the one before in the text that they add, and maybe in a number and in padding.
/// This remembers an event that was read and tells by comparing bytes that another is the same but for these.
class repeated_event {
public:
    /// @param holes  One text, and others that need not be there. Their pointers must live as long.
    template <std::size_t N>
    explicit repeated_event(event_hole const (&holes)[N]) : wanted_{holes, holes + N} {}

    /// Remembers an event, from whose text hole the reader made `text`. Does nothing when that is not plain to see, or
    /// when no event was ever a repetition of those before.
    void remember(sse_event const& event, std::string_view text);
    void forget() noexcept { holes_.clear(); }

    /// Whether the event is the remembered one with another text, which then is `text()`.
    [[nodiscard]] bool matches(sse_event const& event);
    [[nodiscard]] std::string& text() noexcept { return text_; }
    /// Of the number hole; -1: there is none.
    [[nodiscard]] std::int64_t number() const noexcept { return number_; }

private:
    struct place {
        event_hole::kind what;
        std::size_t begin;
        std::size_t end;
    };

    [[nodiscard]] bool find_holes(std::string_view text);
    [[nodiscard]] std::size_t take(event_hole::kind what, std::string_view rest);

    std::vector<event_hole> wanted_;
    std::string type_{};
    std::string data_{};
    std::vector<place> holes_{};  ///< In the order of the data; empty: nothing is remembered.
    std::string text_{};
    std::int64_t number_{-1};
    int in_vain_{0};  ///< Events remembered since one was repeated.
};

}  // namespace coax::detail
