#include <coax/batch/outcome.hpp>
#include <coax/json/writer.hpp>

namespace coax {

std::string to_json(batch_summary const& summary) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("ok", summary.ok).member("failed", summary.failed);
    out.key("failures").begin_object();
    for (auto const& [code, count] : summary.failures) out.member(to_string(code), count);
    out.end_object().member("unfinished", summary.unfinished);
    if (summary.remaining) out.member("remaining", *summary.remaining);
    out.member("requests", summary.attempts + summary.resent).member("retries", summary.retries);
    out.member("reasks", summary.reasks).member("cached", summary.cached);
    out.member("input_tokens", summary.usage.input_tokens).member("output_tokens", summary.usage.output_tokens);
    out.member("cached_input_tokens", summary.usage.cached_input_tokens);
    out.member("elapsed_ms", summary.elapsed.count()).member("stopped", summary.stopped);
    if (summary.ended_by) {
        out.key("ended_by").begin_object().member("code", to_string(summary.ended_by->code));
        out.member("message", std::string_view{to_string(*summary.ended_by)}).end_object();
    }
    out.end_object();
    return text;
}

}  // namespace coax
