#include "batch/journal_index.hpp"

#include "batch/line_reader.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/detail/value_access.hpp>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace coax::detail {

namespace {

constexpr std::size_t longest_line = std::size_t{1} << 30U;
constexpr std::uint64_t most_rows = 1'000'000'000;

}  // namespace

result<journal_index> journal_index::open(std::string path, bool flatten) {
    journal_index index{std::move(path), flatten};
    if (auto done = index.read(); !done) return done.error();
    return index;
}

result<void> journal_index::read() {
    file_ = file_handle{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file_.get() < 0) return file_error("cannot open", path_, errno);
    auto lines = line_reader::open(path_, longest_line);
    if (!lines) return lines.error();
    std::string text;
    for (;;) {
        auto const begin = lines->offset();
        auto const kind = lines->next(text);
        if (!kind) return kind.error();
        if (*kind == line_kind::end || !lines->terminated()) return {};  // a torn line does not count
        auto const line = parse(text, path_ + ':' + std::to_string(lines->line_number()));
        if (!line) return line.error();
        if (begins_.size() <= line->index) begins_.resize(line->index + 1);
        begins_[line->index] = begin + 1;
        if (line->status == "ok") answers_.add(answer_row(line->output));
        has_models_ = has_models_ || line->model;
        has_finish_reasons_ = has_finish_reasons_ || line->finish_reason;
    }
}

result<result_line> journal_index::parse(std::string const& text, std::string const& where) const {
    auto line = json::read<result_line>(text, {.check_utf8 = false, .require_fields = false, .max_bytes = 0});
    if (line && line->index < most_rows && (line->status == "ok" || line->status == "error")) return line;
    return error{.code = errc::invalid_json, .message = "not a line of a batch's output", .where = where};
}

result<std::optional<result_line>> journal_index::find(std::uint64_t index) const {
    if (index >= begins_.size() || begins_[index] == 0) return std::optional<result_line>{};
    std::string text;
    for (std::size_t end = std::string::npos; end == std::string::npos; end = text.find('\n')) {
        auto const had = text.size();
        text.resize(had == 0 ? 4'096 : had * 2);
        auto const got =
            ::pread(file_.get(), text.data() + had, text.size() - had, static_cast<off_t>(begins_[index] - 1 + had));
        if (got < 0 && errno != EINTR) return file_error("cannot read", path_, errno);
        text.resize(had + static_cast<std::size_t>(got < 0 ? 0 : got));
        if (got == 0) break;
    }
    text.resize(std::min(text.find('\n'), text.size()));
    auto line = parse(text, path_);
    if (!line) return line.error();
    return std::optional{std::move(*line)};
}

json_value answer_row(json_value const& output) {
    if (output.is_object() && output.text() != "{}") return output;
    return json::detail::value_access::make("{\"output\":" + output.text() + '}');
}

}  // namespace coax::detail
