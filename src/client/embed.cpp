#include "client/client_impl.hpp"
#include "client/embedding_split.hpp"
#include "client/run_on_shard.hpp"

#include <coax/provider/embedding.hpp>
#include <coax/tasks/map.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace coax {
namespace {

using detail::run_on_shard;
using detail::shared_impl;

/// Texts that one request asks for.
struct embedding_part {
    embedding_request request{};
    std::vector<std::size_t> places{};  ///< In the caller's list.
};

/// What the requests of one `embed` share, in the frame that waits for them all.
class embed_run {
public:
    embed_run(shared_impl self, detail::shard& at, detail::call_scope scope, embedding_request request)
        : self_{std::move(self)},
          at_{at},
          scope_{std::move(scope)},
          texts_{std::exchange(request.texts, {})},
          form_{std::move(request)} {
        out_.vectors.assign(texts_.size(), invalid_argument("texts", "no service takes an empty text"));
    }

    asio::awaitable<result<embedding_response>> run() {
        auto const limits = detail::limits_of_request(form_, self_->provider->limits_of_embedding(),
                                                      self_->options.policies.limits.max_body_bytes);
        auto parts = detail::split_texts(texts_, limits);
        auto const began = now(at_.executor);
        auto work = [this](std::vector<std::size_t> places) { return embed(part_of(std::move(places))); };
        auto const done = co_await map(std::move(parts), {.concurrency = form_.concurrency}, std::move(work));
        for (auto const& one : done)
            if (!one) co_return one.error();
        out_.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at_.executor) - began);
        co_return std::move(out_);
    }

private:
    embedding_part part_of(std::vector<std::size_t> places) {
        embedding_part part{form_, std::move(places)};
        for (auto const place : part.places) part.request.texts.push_back(std::move(texts_[place]));
        return part;
    }

    [[nodiscard]] embedding_part take_second_half(embedding_part& part) const {
        auto const kept = static_cast<std::ptrdiff_t>(part.places.size() - part.places.size() / 2);
        auto& texts = part.request.texts;
        embedding_part half{form_, {part.places.begin() + kept, part.places.end()}};
        half.request.texts.assign(std::make_move_iterator(texts.begin() + kept), std::make_move_iterator(texts.end()));
        texts.erase(texts.begin() + kept, texts.end());
        part.places.erase(part.places.begin() + kept, part.places.end());
        return half;
    }

    /// Asks for all texts of the part; where they are refused together, for those of each half.
    asio::awaitable<void> embed(embedding_part part) {
        auto vectors = co_await ask(part.request);
        if (vectors) {
            rule_.on_success();
            for (std::size_t i = 0; i < part.places.size(); ++i)
                out_.vectors[part.places[i]] = std::move((*vectors)[i]);
            co_return;
        }
        if (!rule_.splits(vectors.error(), part.places.size())) {
            for (auto const place : part.places) out_.vectors[place] = vectors.error();
            co_return;
        }
        auto second = take_second_half(part);
        co_await embed(std::move(part));
        co_await embed(std::move(second));
    }

    /// One request. Counts what it cost.
    asio::awaitable<result<std::vector<result<std::vector<float>>>>> ask(embedding_request const& part) {
        auto encoded = self_->provider->encode_embedding(part);
        if (!encoded) co_return std::move(encoded).error();
        embedding_response got;
        auto decode = [&](http_response const& response, std::chrono::system_clock::time_point when) {
            return self_->provider->decode_embedding(part, response, when);
        };
        detail::service_call call{.request = *std::move(encoded),
                                  .decode = detail::read_into(got, std::move(decode)),
                                  .estimated_tokens = tokens_of(part.texts),
                                  .kind = operation_kind::embedding,
                                  .model = part.model};
        auto work = self_->ask(at_, std::move(call), scope_);
        if (scope_.deadline != clock::time_point::max())
            work = within_timeout(self_, at_, scope_.deadline, std::move(work));
        auto const reply = co_await std::move(work);
        if (!reply) co_return count_failure(reply.error());
        out_.usage += reply->usage;
        out_.attempts += reply->attempts;
        out_.model = std::move(got.model);
        co_return std::move(got.vectors);
    }

    /// The error of each text of a request, which none of them alone has paid for.
    error count_failure(error why) {
        out_.usage += detail::billed(why);
        out_.attempts += why.attempts;
        why.input_tokens = 0;
        why.output_tokens = 0;
        return why;
    }

    static std::int64_t tokens_of(std::vector<std::string> const& texts) {
        return std::accumulate(texts.begin(), texts.end(), std::int64_t{0},
                               [](std::int64_t sum, auto const& text) { return sum + detail::estimated_tokens(text); });
    }

    shared_impl self_;
    detail::shard& at_;
    detail::call_scope scope_;
    std::vector<std::string> texts_;
    embedding_request form_;  ///< All of the request but its texts.
    embedding_response out_{};
    detail::split_rule rule_{};
};

/// Names the model, and checks what would be wrong with every request before there is one.
result<void> complete(client::impl const& self, embedding_request& request) {
    if (auto valid = validate(request); !valid) return valid;
    auto const& service = self.options.service;
    if (request.model.empty()) request.model = service.embedding_model;
    if (request.model.empty() && service.provider.deployment.empty()) request.model = service.model;
    auto texts = std::exchange(request.texts, {"probe"});
    auto const encoded = self.provider->encode_embedding(request);
    request.texts = std::move(texts);
    return encoded ? result<void>{} : encoded.error();
}

asio::awaitable<result<embedding_response>> embed_at(shared_impl self, detail::shard& at, embedding_request request,
                                                     detail::call_scope scope) {
    if (auto ready = complete(*self, request); !ready) co_return std::move(ready).error();
    embed_run run{std::move(self), at, std::move(scope), std::move(request)};
    co_return co_await run.run();
}

}  // namespace

/// The timeout is that of each request, so that what came in time is not lost with the rest.
asio::awaitable<embedding_response> client::embed(embedding_request request) const {
    return run_on_shard<embedding_response, false>(
        impl_,
        [request = std::move(request)](shared_impl self, detail::shard& at, detail::call_scope scope) mutable {
            return embed_at(std::move(self), at, std::move(request), std::move(scope));
        },
        {.stays = true});
}

asio::awaitable<embedding_response> client::embed(std::vector<std::string> texts) const {
    return embed(embedding_request{.texts = std::move(texts)});
}

}  // namespace coax
