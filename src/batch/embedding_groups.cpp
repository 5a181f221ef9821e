#include "batch/internal/embedding_groups.hpp"

#include <coax/bind/write.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <utility>

namespace coax::detail {

namespace {

/// How long a text waits for others: short beside any request.
constexpr std::chrono::milliseconds gathering{5};

/// The tokens of a request up to a byte of its texts, so that the shares of all texts make up the whole.
std::int64_t tokens_until(std::size_t end, std::size_t bytes, std::int64_t tokens) {
    return static_cast<std::int64_t>(static_cast<double>(tokens) * static_cast<double>(end) /
                                     static_cast<double>(bytes));
}

}  // namespace

embedding_groups::group_ptr const& embedding_groups::open_group() {
    if (!open_) open_ = std::make_shared<group>(group{.number = ++count_, .request = form_});
    return open_;
}

asio::awaitable<batch_output<std::string>> embedding_groups::embed(std::string text) {
    if (text.empty()) throw_error(invalid_argument("text", "no service takes an empty text"));
    auto const mine = open_group();
    auto const place = mine->request.texts.size();
    auto const begin = mine->bytes;
    auto const end = mine->bytes += text.size();
    mine->request.texts.push_back(std::move(text));
    if (place + 1 == size_) open_.reset();
    auto const response = co_await flights_.run(mine->number, [this, mine] { return ask(mine); });
    auto const tokens = response->usage.input_tokens;
    batch_output<std::string> output{.value = json::write(response->vectors[place].value()),
                                     .attempts = response->attempts};
    output.usage.input_tokens = tokens_until(end, mine->bytes, tokens) - tokens_until(begin, mine->bytes, tokens);
    co_return output;
}

asio::awaitable<embedding_groups::response_ptr> embedding_groups::ask(group_ptr texts) {
    co_await sleep_for(gathering);
    if (open_ == texts) open_.reset();
    co_return std::make_shared<embedding_response const>(co_await llm_.embed(std::move(texts->request)));
}

}  // namespace coax::detail
