#include "telemetry/internal/span_executor.hpp"

#include <coax/telemetry/current_span.hpp>

#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <utility>

namespace coax::telemetry::detail {
namespace {

/// An executor that carries a span: coroutines have one for as long as they live, and give it to their children.
class span_executor {
public:
    span_executor(asio::any_io_executor inner, std::shared_ptr<span_scope const> of) noexcept
        : inner_{std::move(inner)}, scope_{std::move(of)} {}

    template <class F>
    void execute(F&& f) const {
        inner_.execute(std::forward<F>(f));
    }
    template <class Property>
        requires(asio::can_query<asio::any_io_executor const&, Property>::value)
    typename asio::query_result<asio::any_io_executor const&, Property>::type query(Property const& what) const {
        return asio::query(inner_, what);
    }
    template <class Property>
        requires(asio::can_require<asio::any_io_executor const&, Property>::value)
    span_executor require(Property const& what) const {
        return {asio::require(inner_, what), scope_};
    }
    template <class Property>
        requires(asio::can_prefer<asio::any_io_executor const&, Property>::value &&
                 !asio::can_require<asio::any_io_executor const&, Property>::value)
    span_executor prefer(Property const& what) const {
        return {asio::prefer(inner_, what), scope_};
    }
    [[nodiscard]] bool operator==(span_executor const&) const noexcept = default;

    asio::any_io_executor inner_;
    std::shared_ptr<span_scope const> scope_;
};

}  // namespace

span_scope const* scope_of(asio::any_io_executor const& executor) noexcept {
    auto const* const own = executor.target<span_executor>();
    return own == nullptr ? nullptr : own->scope_.get();
}

std::shared_ptr<span_context const> span_of(asio::any_io_executor const& executor) {
    auto const* const own = executor.target<span_executor>();
    if (own == nullptr || !own->scope_->span) return nullptr;
    return {own->scope_, &own->scope_->span};
}

asio::any_io_executor const* without_span(asio::any_io_executor const& executor) noexcept {
    auto const* const own = executor.target<span_executor>();
    return own == nullptr ? nullptr : &own->inner_;
}

asio::any_io_executor executor_in(asio::any_io_executor const& where, span_scope scope) {
    auto const* const plain = without_span(where);
    return span_executor{plain == nullptr ? where : *plain, std::make_shared<span_scope const>(std::move(scope))};
}

asio::any_io_executor executor_in(asio::any_io_executor const& where, span_context span) {
    auto const* const outer = scope_of(where);
    return executor_in(where, span_scope{std::move(span), outer == nullptr ? telemetry_options{} : outer->who});
}

}  // namespace coax::telemetry::detail

namespace coax {

asio::awaitable<span_context> current_span() {
    auto const span = telemetry::detail::span_of(co_await asio::this_coro::executor);
    co_return span ? *span : span_context{};
}

}  // namespace coax
