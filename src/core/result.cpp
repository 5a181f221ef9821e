#include <coax/core/result.hpp>

namespace coax::detail {

error_slot::error_slot(coax::error&& why) : failed_{true}, why_{new coax::error(std::move(why))} {}

error_slot::error_slot(error_slot const& other)
    : failed_{other.failed_}, why_{other.why_ != nullptr ? new coax::error(*other.why_) : nullptr} {}

coax::error const& error_slot::error() const& noexcept {
    static coax::error const none{};
    return why_ != nullptr ? *why_ : none;
}

coax::error error_slot::error() && noexcept {
    if (why_ == nullptr) return {};
    return std::move(*why_);
}

void error_slot::drop(coax::error* why) noexcept { delete why; }

}  // namespace coax::detail
