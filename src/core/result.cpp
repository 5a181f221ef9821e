#include <coax/core/result.hpp>

namespace coax::core::detail {

error error_slot::moved_away{};

error_slot::error_slot(coax::error&& why) : why_{new coax::error(std::move(why))} {}

error_slot::error_slot(error_slot const& other) : why_{other.has_error() ? new coax::error(other.error()) : nullptr} {}

coax::error const& error_slot::error() const& noexcept { return has_error() ? *why_ : moved_away; }

coax::error error_slot::error() && noexcept {
    if (has_value() || why_ == &moved_away) return {};
    return std::move(*why_);
}

void error_slot::drop(coax::error* why) noexcept {
    if (why != &moved_away) delete why;
}

}  // namespace coax::core::detail
