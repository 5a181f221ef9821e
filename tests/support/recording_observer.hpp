#pragma once

#include <coax/telemetry/observer.hpp>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace coax::test {

/// Keeps what it is told, one line each: "+chat m", "-chat m", "-attempt timeout", "!reasked 1"; indented by how deep
/// the operation is in those before it.
class recording_observer : public observer {
public:
    explicit recording_observer(std::size_t most_content = 0) : most_content_{most_content} {}

    void began(operation& one) override {
        std::lock_guard const lock{mutex_};
        auto const parent = depth_.find(key(one.context.trace_id, one.parent));
        auto const depth = parent == depth_.end() ? 0 : parent->second + 1;
        depth_[key(one.context.trace_id, one.context.span_id)] = depth;
        parents_[name_of(one)] = one.parent;
        add(one, "+" + name_of(one));
        if (!one.input.empty()) add(one, "<" + std::string{one.input});
    }
    void ended(operation const& one) override {
        std::lock_guard const lock{mutex_};
        auto line = "-" + name_of(one);
        if (one.why != nullptr) line.append(" ").append(to_string(one.why->code));
        add(one, line);
        if (!one.output.empty()) add(one, ">" + std::string{one.output});
        if (one.call != nullptr) calls_.push_back(*one.call);
        took_.push_back(one.took);
    }
    void noticed(operation const& in, moment const& what) override {
        std::lock_guard const lock{mutex_};
        auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(what.time).count();
        switch (what.kind) {
            case moment_kind::queued: add(in, "!queued " + std::to_string(ms)); break;
            case moment_kind::first_token: add(in, "!first_token " + std::to_string(ms)); break;
            case moment_kind::reasked:
                add(in, "!reasked " + std::to_string(what.number) + ' ' + std::string{to_string(what.why->code)});
                break;
        }
    }
    [[nodiscard]] std::size_t content_bytes() const noexcept override { return most_content_; }

    [[nodiscard]] std::vector<std::string> lines() const {
        std::lock_guard const lock{mutex_};
        return lines_;
    }
    /// Of the operations with a call, in the order of their ends; views in them are no longer valid.
    [[nodiscard]] std::vector<call_details> const& calls() const { return calls_; }
    [[nodiscard]] std::vector<std::chrono::nanoseconds> const& took() const { return took_; }
    /// Of the operation of that name that began last.
    [[nodiscard]] std::array<std::uint8_t, 8> parent_of(std::string const& name) const { return parents_.at(name); }

private:
    using id = std::pair<std::array<std::uint8_t, 16>, std::array<std::uint8_t, 8>>;

    static id key(std::array<std::uint8_t, 16> const& trace, std::array<std::uint8_t, 8> const& span) {
        return {trace, span};
    }
    static std::string name_of(operation const& one) {
        switch (one.kind) {
            case operation_kind::chat: return "chat " + std::string{one.call->model};
            case operation_kind::embedding: return "embedding " + std::string{one.call->model};
            case operation_kind::rerank: return "rerank " + std::string{one.call->model};
            case operation_kind::decision: return "decide " + std::string{one.call->model};
            case operation_kind::service: return "service " + std::string{one.name};
            case operation_kind::attempt: return "attempt " + std::to_string(one.attempt->number);
            case operation_kind::parse: return "parse";
            case operation_kind::run: return "run";
            case operation_kind::tool: return "tool " + std::string{one.name};
            case operation_kind::batch: return "batch " + std::string{one.name};
            case operation_kind::record: return "record " + std::string{one.name};
            case operation_kind::function: return "function " + std::string{one.name};
        }
        return "";
    }
    void add(operation const& one, std::string const& text) {
        auto const found = depth_.find(key(one.context.trace_id, one.context.span_id));
        auto const depth = found == depth_.end() ? 99 : found->second;
        lines_.push_back(std::string(static_cast<std::size_t>(2 * depth), ' ') + text);
    }

    std::size_t most_content_;
    mutable std::mutex mutex_{};
    std::map<id, int> depth_{};
    std::map<std::string, std::array<std::uint8_t, 8>> parents_{};
    std::vector<std::string> lines_{};
    std::vector<call_details> calls_{};
    std::vector<std::chrono::nanoseconds> took_{};
};

}  // namespace coax::test
