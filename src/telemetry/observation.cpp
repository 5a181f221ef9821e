#include "telemetry/internal/observation.hpp"

#include <algorithm>
#include <random>

namespace coax::telemetry::detail {
namespace {

/// SplitMix64 with a start of its own in each thread. Ids are to differ, not to be secrets.
std::uint64_t random_bits() {
    thread_local std::uint64_t state = [] {
        std::random_device device;
        return std::uint64_t{device()} << 32U | device();
    }();
    auto bits = state += 0x9e3779b97f4a7c15U;
    bits = (bits ^ bits >> 30U) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ bits >> 27U) * 0x94d049bb133111ebU;
    return bits ^ bits >> 31U;
}

/// Not all zeros, which would be no id.
template <std::size_t N>
void fill_with_random(std::array<std::uint8_t, N>& id) {
    for (std::size_t at = 0; at < N; at += 8) {
        auto bits = std::max(random_bits(), std::uint64_t{1});
        for (std::size_t i = 0; i < 8; ++i, bits >>= 8U) id[at + i] = static_cast<std::uint8_t>(bits);
    }
}

error abandoned() { return {.code = errc::cancelled, .message = "given up before its end"}; }

}  // namespace

span_context make_span(span_context const* parent) {
    span_context fresh;
    if (parent != nullptr && *parent)
        fresh = *parent;
    else
        fill_with_random(fresh.trace_id);
    fill_with_random(fresh.span_id);
    return fresh;
}

observation::observation(telemetry_options const& who, operation_kind kind, clock const& time)
    : who_{&who}, time_{&time} {
    facts.kind = kind;
    bool asked = false;
    std::vector<texts> wanted;
    for (auto const& each : who.observers) {
        wanted.push_back({.most_bytes = each->content_bytes()});
        asked |= wanted.back().most_bytes > 0;
    }
    if (asked) contents_ = std::move(wanted);
}

observation::~observation() {
    if (!under_way_) return;
    auto const why = abandoned();
    end(&why);
}

template <class F>
void observation::tell_each(F const& tell) noexcept {
    for (std::size_t i = 0; i < who_->observers.size(); ++i) {
        if (wants_content()) {
            facts.input = contents_[i].input;
            facts.output = contents_[i].output;
        }
        try {
            tell(*who_->observers[i]);
        } catch (...) {  // NOLINT(bugprone-empty-catch): an observer harms no call
        }
    }
}

void observation::begin(span_context const* parent) {
    facts.context = make_span(parent);
    if (parent != nullptr && *parent) facts.parent = parent->span_id;
    facts.began = time_->system_now();
    began_ = time_->now();
    under_way_ = true;
    tell_each([this](observer& each) { each.began(facts); });
    span_ = std::make_shared<span_context const>(facts.context);
}

void observation::notice(moment const& what) noexcept {
    tell_each([&](observer& each) { each.noticed(facts, what); });
}

void observation::end(error const* why) noexcept {
    if (!under_way_) return;
    under_way_ = false;
    facts.took = elapsed();
    facts.why = why;
    tell_each([this](observer& each) { each.ended(facts); });
}

std::chrono::nanoseconds observation::elapsed() const noexcept { return time_->now() - began_; }

}  // namespace coax::telemetry::detail
