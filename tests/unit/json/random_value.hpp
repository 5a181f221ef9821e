#pragma once

#include <coax/json/detail/plan_of.hpp>

#include <cstdint>
#include <random>
#include <string>

namespace coax::json::testing {

/// Fills any object that coax can describe with values that its documentation allows, the same for the same seed.
class random_filler {
public:
    explicit random_filler(std::uint64_t seed) : engine_{seed} {}

    template <class T>
    void fill(T& value) {
        fill(detail::plan_of<T>, &value, nullptr, 0);
    }

private:
    using plan = detail::plan;

    std::uint64_t below(std::uint64_t count) { return engine_() % count; }
    bool toss() { return below(2) == 0; }

    void fill(plan const& type, void* into, doc const* said, int level);
    void fill_integer(plan const& type, void* into, doc const& said);
    void fill_real(plan const& type, void* into, doc const& said);
    std::string make_text(doc const& said);
    std::string make_form(detail::formatted_plan const& form);
    void fill_list(plan const& type, void* into, doc const* said, int level);
    void fill_object(plan const& type, void* into, int level);
    std::size_t make_count(doc const* said, int level);

    std::mt19937_64 engine_;
};

}  // namespace coax::json::testing
