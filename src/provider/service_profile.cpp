#include "core/internal/boxed.hpp"

#include <coax/provider/service_profile.hpp>

namespace coax {

bool service_profile::operator==(service_profile const& other) const = default;

template class boxed<service_profile>;

}  // namespace coax
