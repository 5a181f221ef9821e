#include "batch/internal/run_text.hpp"
#include "batch/output_file.hpp"
#include "batch/output_reader.hpp"

#include <coax/batch/journal.hpp>
#include <coax/batch/merge.hpp>
#include <coax/batch/shard.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace coax {

namespace {

using detail::output_reader;

constexpr std::size_t piece_bytes = 256U << 10U;
constexpr std::size_t most_named = 20;

/// What the lines of all parts have in common, and which rows they have.
class merger {
public:
    explicit merger(merge_options options) noexcept : options_{options} {}

    result<void> copy(std::string const& part, detail::output_file& out);
    /// All parts are there.
    result<merge_report> finish();

private:
    result<void> check_run(output_reader const& reader);
    result<void> check_division(std::string const& part, detail::run_description const& run);
    result<void> add(output_reader const& reader);

    merge_options options_;
    std::string first_part_{};
    run_identity run_{};  ///< Of the first line.
    bool is_first_{true};
    std::uint64_t records_{0};
    std::uint32_t count_{0};  ///< Of shards; 0: not known.
    std::set<std::uint32_t> shards_{};
    std::vector<bool> rows_{};
    merge_report report_{};
};

result<void> merger::copy(std::string const& part, detail::output_file& out) {
    auto reader = output_reader::open(part);
    if (!reader) return reader.error();
    if (first_part_.empty()) first_part_ = part;
    std::string text;
    detail::run_description last;  // what its last run says of it
    for (;;) {
        auto const found = reader->next();
        if (!found) return found.error();
        if (reader->foreign()) return *reader->foreign();
        if (*found == output_reader::found::end || text.size() > piece_bytes) {
            if (auto written = out.append(std::exchange(text, {})); !written) return written;
            if (*found == output_reader::found::end) return check_division(part, last);
        }
        if (*found == output_reader::found::damaged)
            return error{.code = errc::invalid_json,
                         .message = "a damaged line: resume that part, which asks for it again",
                         .where = reader->where()};
        if (auto fits = check_run(*reader); !fits) return fits;
        if (reader->head().run) last = detail::parse_run(*reader->head().run);
        if (auto added = add(*reader); !added) return added;
        text.append(reader->line()).append("\n");
    }
}

result<void> merger::check_run(output_reader const& reader) {
    auto const& head = reader.head();
    auto const origin = parse_origin(head.origin.value_or(std::string{}));
    auto const told = head.run ? detail::parse_run(*head.run) : detail::run_description{};
    if (std::exchange(is_first_, false)) {
        auto const text = [](auto const& part) { return part.value_or(std::string{}); };
        run_ = {.digests = origin,
                .prompt = text(told.prompt),
                .model = text(told.model),
                .schema = text(told.schema),
                .service = text(told.service),
                .parameters = text(told.parameters)};
    }
    if (auto const changed = differences(origin, run_.digests); !changed.empty())
        return invalid_argument(reader.where(), "made with " + changed + " than " + first_part_);
    return {};
}

result<void> merger::check_division(std::string const& part, detail::run_description const& run) {
    auto const records = run.records.value_or(0);
    if (records != 0 && records_ != 0 && records != records_)
        return invalid_argument(part, "the input had " + std::to_string(records) + " rows for this part, " +
                                          std::to_string(records_) + " for " + first_part_);
    records_ = std::max(records_, records);
    if (!run.shard) return {};
    auto const shard = parse_shard(*run.shard, [](std::string_view) { return std::nullopt; });
    if (!shard || (count_ != 0 && shard->count != count_))
        return invalid_argument(part, "is part " + *run.shard + ", the others are parts of " + std::to_string(count_));
    count_ = shard->count;
    shards_.insert(shard->number);
    return {};
}

result<void> merger::add(output_reader const& reader) {
    auto const index = reader.head().index;
    if (index >= rows_.size()) rows_.resize(index + 1 + index / 2);
    if (rows_[index])
        return invalid_argument(reader.where(), "row " + std::to_string(index) + " is there twice, here and before");
    rows_[index] = true;
    ++(reader.failed() ? report_.failed : report_.ok);
    return {};
}

result<merge_report> merger::finish() {
    for (std::uint32_t number = 1; number <= count_; ++number)
        if (!shards_.contains(number)) report_.shards.push_back(to_string(batch_shard{number, count_}));
    auto const last = std::find(rows_.rbegin(), rows_.rend(), true);
    auto const rows = records_ != 0 ? records_ : static_cast<std::uint64_t>(rows_.rend() - last);
    auto const done = report_.ok + report_.failed;
    report_.missing = rows - std::min(rows, done);
    if (report_.missing > 0) {
        auto const first = std::find(rows_.begin(), rows_.end(), false);
        report_.first_missing = static_cast<std::uint64_t>(first - rows_.begin());
    }
    if (report_.missing == 0 || options_.partial) return report_;
    std::string named;
    for (std::size_t i = 0; i < std::min(report_.shards.size(), most_named); ++i)
        named.append(i == 0 ? "; no rows came of part " : ", ").append(report_.shards[i]);
    if (report_.shards.size() > most_named) named += ", …";
    return invalid_argument({}, std::to_string(report_.missing) + " of " + std::to_string(rows) +
                                    " rows are missing, the first is " + std::to_string(report_.first_missing) + named +
                                    ": resume the parts, or merge what there is as partial");
}

}  // namespace

result<merge_report> merge_outputs(std::vector<std::string> const& parts, std::string const& out,
                                   merge_options options) {
    auto file = detail::output_file::open(out);
    if (!file) return file.error();
    if (!file->regular() || file->size() > 0)
        return error{.code = errc::io_failed, .message = "the merged file must be a new one", .where = out};
    merger all{options};
    merge_report report;
    auto const fill = [&](detail::output_file& fresh) -> result<void> {
        for (auto const& part : parts)
            if (auto copied = all.copy(part, fresh); !copied) return copied;
        auto finished = all.finish();
        if (!finished) return std::move(finished).error();
        report = *std::move(finished);
        return {};
    };
    if (auto merged = file->replace(fill); !merged) {
        file->discard_if_unused();
        return std::move(merged).error();
    }
    return report;
}

}  // namespace coax
