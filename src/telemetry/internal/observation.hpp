#pragma once

#include <coax/runtime/clock.hpp>
#include <coax/telemetry/observer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace coax::telemetry::detail {

/// One operation under way, and those who are told of it. One that dies under way ends as cancelled.
/// Thread safety: one thread at a time.
class observation {
public:
    /// @param who   Outlives it.
    /// @param time  Outlives it, or is the real clock.
    observation(telemetry_options const& who, operation_kind kind, clock const& time);
    observation(observation const&) = delete;
    observation& operator=(observation const&) = delete;
    ~observation();

    /// Whether texts are to be kept at all.
    [[nodiscard]] bool wants_content() const noexcept { return !contents_.empty(); }
    /// What went in, and what came out: `text(most_bytes)` is called for each observer that asks.
    template <class F>
    void keep_input(F const& text) {
        for (auto& each : contents_)
            if (each.most_bytes > 0) each.input = text(each.most_bytes);
    }
    template <class F>
    void keep_output(F const& text) {
        for (auto& each : contents_)
            if (each.most_bytes > 0) each.output = text(each.most_bytes);
    }

    /// Tells the beginning. All that is known then has been set in `facts`.
    void begin(span_context const* parent);
    void notice(moment const& what) noexcept;
    /// Tells the end; later ends are ignored.
    void end(error const* why) noexcept;

    /// For those who run as a part of it, also after its end.
    [[nodiscard]] std::shared_ptr<span_context const> const& span() const noexcept { return span_; }
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;
    [[nodiscard]] clock const& time() const noexcept { return *time_; }

    operation facts{};

private:
    struct texts {
        std::size_t most_bytes;
        std::string input{};
        std::string output{};
    };

    /// Calls `tell(observer)` for each, with its own view of the texts.
    template <class F>
    void tell_each(F const& tell) noexcept;

    telemetry_options const* who_;
    clock const* time_;
    clock::time_point began_{};
    std::shared_ptr<span_context const> span_{};
    std::vector<texts> contents_{};  ///< As many as observers; empty: none of them asks.
    bool under_way_{false};
};

/// Fresh ids: a child of `parent`, or, where that is null, the first operation of a trace.
[[nodiscard]] span_context make_span(span_context const* parent);

}  // namespace coax::telemetry::detail
