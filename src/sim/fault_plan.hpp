#pragma once

#include <coax/sim/options.hpp>

#include <cstdint>
#include <vector>

namespace coax::sim::detail {

/// Decides which fault, if any, a request meets: a function of the seed, the options and the request's number.
class fault_plan {
public:
    fault_plan(std::uint64_t seed, std::vector<fault> faults, std::vector<scripted_fault> script);

    /// @param number  The request's, from 1; to be asked once for each, in order.
    /// @returns The fault, owned by the plan, or nullptr.
    [[nodiscard]] fault const* draw(std::uint64_t number);

private:
    std::uint64_t seed_;
    std::vector<fault> faults_;
    std::vector<std::uint64_t> struck_;
    std::vector<scripted_fault> script_;
};

}  // namespace coax::sim::detail
