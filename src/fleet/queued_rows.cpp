#include "fleet/internal/queued_rows.hpp"

#include <coax/batch/json_line.hpp>
#include <coax/fleet/messages_text.hpp>

#include <charconv>
#include <utility>

namespace coax::fleet::detail {
namespace {

constexpr std::size_t longest_key = 200;

}  // namespace

std::string hexadecimal(std::uint64_t number) {
    char text[17];
    return {text, std::to_chars(text, text + sizeof text, number, 16).ptr};
}

queued_rows::queued_rows(work_queue queue, std::function<std::string(batch_record const&)> sent, bool may_repeat)
    : queue_{std::move(queue)}, sent_{std::move(sent)}, may_repeat_{may_repeat} {}

asio::awaitable<batch_output<std::string>> queued_rows::ask(batch_record record, std::vector<message> messages) {
    auto payload = value_or_throw(messages_text(messages));
    auto key = key_of(record);
    keys_.insert_or_assign(record.index, key);
    co_return co_await queue_.ask(std::move(key), std::move(payload));
}

void queued_rows::written(batch_result<std::string> const& outcome) {
    if (auto const asked = keys_.extract(outcome.index)) queue_.forget(asked.mapped());
}

/// Names a row for all runs of the job: the same key with another prompt is another row.
std::string queued_rows::key_of(batch_record const& record) const {
    auto key = record.key.size() <= longest_key ? record.key : hexadecimal(sent_digest(record.key));
    key += '/' + hexadecimal(sent_digest(sent_(record)));
    return may_repeat_ ? key + '#' + std::to_string(record.index) : key;
}

}  // namespace coax::fleet::detail
