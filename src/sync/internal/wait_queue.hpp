#pragma once

#include <cstddef>

namespace coax::sync::detail {

/// What a waiter derives from to stand in a `wait_queue`.
template <class Waiter>
class wait_queue_hook {
public:
    [[nodiscard]] bool queued() const noexcept { return queued_; }

private:
    template <class>
    friend class wait_queue;

    Waiter* previous_{nullptr};
    Waiter* next_{nullptr};
    bool queued_{false};
};

/// First in, first out, with leaving from anywhere in O(1); owns nothing. The caller locks.
template <class Waiter>
class wait_queue {
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Waiter& front() const noexcept { return *first_; }

    void push_back(Waiter& one) noexcept {
        auto& hook = hook_of(one);
        hook.previous_ = last_;
        hook.next_ = nullptr;
        hook.queued_ = true;
        (last_ != nullptr ? hook_of(*last_).next_ : first_) = &one;
        last_ = &one;
        ++size_;
    }

    void remove(Waiter& one) noexcept {
        auto& hook = hook_of(one);
        (hook.previous_ != nullptr ? hook_of(*hook.previous_).next_ : first_) = hook.next_;
        (hook.next_ != nullptr ? hook_of(*hook.next_).previous_ : last_) = hook.previous_;
        hook.queued_ = false;
        --size_;
    }

    Waiter& pop_front() noexcept {
        auto& one = *first_;
        remove(one);
        return one;
    }

    /// Removes those for whom `leaves(one)` says so; such a one may be woken in there.
    template <class Predicate>
    void remove_if(Predicate leaves) noexcept {
        for (auto* at = first_; at != nullptr;) {
            auto* const one = at;
            at = hook_of(*one).next_;
            if (leaves(*one)) remove(*one);
        }
    }

private:
    static wait_queue_hook<Waiter>& hook_of(Waiter& one) noexcept { return one; }

    Waiter* first_{nullptr};
    Waiter* last_{nullptr};
    std::size_t size_{0};
};

}  // namespace coax::sync::detail
