#include "sim/fault_plan.hpp"

#include "sim/random.hpp"

#include <algorithm>

namespace coax::sim::detail {

fault_plan::fault_plan(std::uint64_t seed, std::vector<fault> faults, std::vector<scripted_fault> script)
    : seed_{seed}, faults_{std::move(faults)}, struck_(faults_.size(), 0), script_{std::move(script)} {}

fault const* fault_plan::draw(std::uint64_t number) {
    auto const scripted = std::ranges::find(script_, number, &scripted_fault::request);
    if (scripted != script_.end()) return &scripted->fault;
    for (std::size_t i = 0; i < faults_.size(); ++i) {
        auto const& candidate = faults_[i];
        if (number <= candidate.after_requests) continue;
        if (candidate.max_count != 0 && struck_[i] >= candidate.max_count) continue;
        if (unit_of(mix(mix(seed_, number), i)) >= candidate.probability) continue;
        ++struck_[i];
        return &candidate;
    }
    return nullptr;
}

}  // namespace coax::sim::detail
