#pragma once

#include <coax/bind/detail/descriptor_of.hpp>

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
        fill(coax::bind::detail::descriptor_of<T>, &value, nullptr, 0);
    }

private:
    using type_descriptor = coax::bind::detail::type_descriptor;

    std::uint64_t below(std::uint64_t count) { return engine_() % count; }
    bool toss() { return below(2) == 0; }

    void fill(type_descriptor const& type, void* into, doc const* said, int level);
    void fill_integer(type_descriptor const& type, void* into, doc const& said);
    void fill_real(type_descriptor const& type, void* into, doc const& said);
    std::string make_text(doc const& said);
    std::string make_form(coax::bind::detail::formatted_descriptor const& form);
    void fill_list(type_descriptor const& type, void* into, doc const* said, int level);
    void fill_object(type_descriptor const& type, void* into, int level);
    std::size_t make_count(doc const* said, int level);

    std::mt19937_64 engine_;
};

}  // namespace coax::json::testing
