#pragma once

#include <boost/asio/recycling_allocator.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace coax::detail {

/// The rest of a suspended coroutine: called once it resumes it, dropped uncalled it unwinds it.
class continuation {
public:
    using allocator_type = boost::asio::recycling_allocator<void>;

    continuation() noexcept = default;
    template <class Handler>
        requires(!std::is_same_v<std::remove_cvref_t<Handler>, continuation>)
    explicit continuation(Handler&& handler)
        : body_{holder<std::decay_t<Handler>>::make(std::forward<Handler>(handler))} {}
    continuation(continuation&& other) noexcept : body_{std::exchange(other.body_, nullptr)} {}
    continuation& operator=(continuation&& other) noexcept {
        std::swap(body_, other.body_);
        return *this;
    }
    ~continuation() {
        if (body_ != nullptr) body_->finish(body_, false);
    }

    void operator()() {
        auto* const whole = std::exchange(body_, nullptr);
        whole->finish(whole, true);
    }
    explicit operator bool() const noexcept { return body_ != nullptr; }
    [[nodiscard]] allocator_type get_allocator() const noexcept { return {}; }

private:
    struct body {
        void (*finish)(body* self, bool resume);
    };

    template <class Handler>
    struct holder : body {
        using allocator = boost::asio::recycling_allocator<holder>;

        explicit holder(Handler&& handler) : body{&holder::end}, handler_{std::move(handler)} {}

        static body* make(Handler&& handler) {
            auto* const memory = allocator{}.allocate(1);
            return std::construct_at(memory, std::move(handler));
        }

        /// The memory goes back first, so that the next wait can have it.
        static void end(body* self, bool resume) {
            auto* const whole = static_cast<holder*>(self);
            Handler handler{std::move(whole->handler_)};
            std::destroy_at(whole);
            allocator{}.deallocate(whole, 1);
            if (resume) std::move(handler)();
        }

        Handler handler_;
    };

    body* body_{nullptr};
};

}  // namespace coax::detail
