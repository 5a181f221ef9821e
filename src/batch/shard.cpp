#include <coax/batch/shard.hpp>

#include <charconv>

namespace coax {

namespace {

using environment = std::function<std::optional<std::string>(std::string_view)>;

constexpr std::uint32_t most_shards = 65'535;

std::optional<std::uint32_t> to_number(std::string_view text) noexcept {
    std::uint32_t number = 0;
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

/// FNV-1a with 64 bits, whose high half is the better one.
std::uint32_t hash_of(std::string_view key) noexcept {
    std::uint64_t mixed = 14'695'981'039'346'656'037U;
    for (char const c : key) mixed = (mixed ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    mixed = (mixed ^ (mixed >> 33U)) * 0xFF51'AFD7'ED55'8CCDU;
    return static_cast<std::uint32_t>(mixed >> 32U);
}

/// A variable that holds a number. Errors: it holds something else.
result<std::optional<std::uint32_t>> number_in(environment const& look_up, std::string const& name) {
    auto const text = look_up(name);
    if (!text || text->empty()) return std::optional<std::uint32_t>{};
    auto const number = to_number(*text);
    if (!number) return invalid_argument(name, "\"" + *text + "\" is no number");
    return number;
}

result<std::optional<batch_shard>> slurm_shard(environment const& look_up) {
    std::string const prefix = "SLURM_ARRAY_TASK_";
    std::uint32_t values[5]{0, 0, 0, 1, 1};  // id, count, min, max, step
    int at = 0;
    bool known[5]{};
    for (auto const* const name : {"ID", "COUNT", "MIN", "MAX", "STEP"}) {
        auto const number = number_in(look_up, prefix + name);
        if (!number) return number.error();
        known[at] = number->has_value();
        values[at] = number->value_or(values[at]);
        ++at;
    }
    auto const [id, count, first, last, step] = values;
    if (!known[0]) return std::optional<batch_shard>{};
    bool const is_whole = known[1] && known[2] && step > 0 && id >= first && (id - first) % step == 0 &&
                          (id - first) / step < count && (!known[3] || (last - first) / step + 1 == count);
    if (!is_whole)
        return invalid_argument(prefix + "ID", "a job array with gaps: say which part this is with a shard I/N");
    return std::optional{batch_shard{(id - first) / step + 1, count}};
}

}  // namespace

bool batch_shard::holds(std::string_view key) const noexcept {
    return count == 1 || hash_of(key) % count == number - 1;
}

result<void> validate(batch_shard const& shard) {
    if (shard.count < 1 || shard.count > most_shards || shard.number < 1 || shard.number > shard.count)
        return invalid_argument("shard", "must be I/N with 1 <= I <= N <= 65535, such as 2/10");
    return {};
}

std::string to_string(batch_shard const& shard) {
    return std::to_string(shard.number) + '/' + std::to_string(shard.count);
}

result<batch_shard> parse_shard(std::string_view text, environment const& look_up) {
    auto const slash = text.find('/');
    auto const count = to_number(slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1));
    auto number = to_number(text.substr(0, slash));
    if (text.substr(0, slash) == "auto") {
        auto const index = number_in(look_up, "JOB_COMPLETION_INDEX");
        if (!index) return index.error();
        auto const slurm = slurm_shard(look_up);
        if (!slurm) return slurm.error();
        if (*slurm) number = (*slurm)->number;
        if (*index) number = **index + 1;
        if (!number)
            return invalid_argument("shard", "auto: neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set");
    }
    batch_shard const shard{number.value_or(0), count.value_or(0)};
    if (auto valid = validate(shard); !valid) return valid.error();
    return shard;
}

result<std::optional<batch_shard>> found_shard(environment const& look_up) {
    auto slurm = slurm_shard(look_up);
    if (!slurm || *slurm) return slurm;
    auto const index = look_up("JOB_COMPLETION_INDEX");
    if (!index || index->empty()) return std::optional<batch_shard>{};
    return invalid_argument("JOB_COMPLETION_INDEX",
                            "is set, but not how many parts there are: say shard auto/N with the "
                            "job's completions, or 1/1 for all rows");
}

}  // namespace coax
