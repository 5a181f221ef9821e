#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <cstddef>

namespace coax::schema::detail {

/// Which structs a type leads to, and which of them contain themselves. It grows by itself: a fixed array would cost
/// the compiler its full size for each schema.
class struct_graph {
public:
    constexpr explicit struct_graph(bind::detail::type_descriptor const& root) { explore(root); }
    struct_graph(struct_graph const&) = delete;
    struct_graph& operator=(struct_graph const&) = delete;
    constexpr ~struct_graph() { delete[] entries_; }

    /// The structs in the order in which they were met.
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bind::detail::type_descriptor const& operator[](std::size_t index) const {
        return *entries_[index].type;
    }

    [[nodiscard]] constexpr bool is_recursive(bind::detail::type_descriptor const& type) const {
        auto const* const known = find(type);
        return known != nullptr && known->recursive;
    }
    [[nodiscard]] constexpr bool has_recursion() const {
        for (std::size_t i = 0; i < size_; ++i)
            if (entries_[i].recursive) return true;
        return false;
    }
    /// Whether a struct contains itself through required fields only.
    [[nodiscard]] constexpr bool has_required_recursion() {
        for (std::size_t i = 0; i < size_; ++i) entries_[i].walk = walk_state::fresh;
        for (std::size_t i = 0; i < size_; ++i)
            if (returns_by_required(entries_[i])) return true;
        return false;
    }
    /// From 1, among the recursive structs of the same name: those of different namespaces.
    [[nodiscard]] constexpr std::size_t number_among_namesakes(bind::detail::type_descriptor const& type) const {
        std::size_t number = 1;
        for (std::size_t i = 0; i < size_ && entries_[i].type != &type; ++i)
            if (entries_[i].recursive && entries_[i].type->name == type.name) ++number;
        return number;
    }

private:
    enum class walk_state : unsigned char { fresh, open, done };
    struct entry {
        bind::detail::type_descriptor const* type{nullptr};
        walk_state walk{walk_state::open};
        bool recursive{false};
    };

    /// Calls `visitor` with each struct that a value of the type holds, through lists and the like.
    template <class Visitor>
    static constexpr void visit_structs(bind::detail::type_descriptor const& type, Visitor visitor) {
        if (type.inner != nullptr) return visit_structs(*type.inner, visitor);
        if (type.variant != nullptr)
            for (std::size_t i = 0; i < type.variant->count; ++i)
                visit_structs(*type.variant->alternatives[i].type, visitor);
        if (type.tuple != nullptr)
            for (std::size_t i = 0; i < type.tuple->count; ++i) visit_structs(*type.tuple->parts[i], visitor);
        if (type.structure != nullptr) visitor(type);
    }

    /// Walks every struct once, depth first; one that is met again while it is still open contains itself.
    constexpr void explore(bind::detail::type_descriptor const& type) {
        visit_structs(type, [this](bind::detail::type_descriptor const& each) { explore_struct(each); });
    }
    constexpr void explore_struct(bind::detail::type_descriptor const& type) {
        if (auto* const known = find(type); known != nullptr) {
            known->recursive = known->recursive || known->walk == walk_state::open;
            return;
        }
        auto const index = size_;
        add(type);
        for (std::size_t i = 0; i < type.structure->field_count; ++i)
            if (type.structure->fields[i].type != nullptr) explore(*type.structure->fields[i].type);
        entries_[index].walk = walk_state::done;
    }

    constexpr bool returns_by_required(entry& from) {
        if (from.walk != walk_state::fresh) return from.walk == walk_state::open;
        from.walk = walk_state::open;
        bool returns = false;
        auto const& structure = *from.type->structure;
        for (std::size_t i = 0; i < structure.field_count; ++i)
            if (auto const& field = structure.fields[i]; field.type != nullptr && field.required)
                visit_structs(*field.type, [&](bind::detail::type_descriptor const& each) {
                    returns = returns || returns_by_required(*find(each));
                });
        from.walk = walk_state::done;
        return returns;
    }

    [[nodiscard]] constexpr entry* find(bind::detail::type_descriptor const& type) const {
        for (std::size_t i = 0; i < size_; ++i)
            if (entries_[i].type == &type) return entries_ + i;
        return nullptr;
    }
    constexpr void add(bind::detail::type_descriptor const& type) {
        if (size_ == capacity_) grow();
        entries_[size_++] = {&type};
    }
    constexpr void grow() {
        capacity_ = capacity_ == 0 ? 4 : capacity_ * 2;
        auto* const larger = new entry[capacity_];
        for (std::size_t i = 0; i < size_; ++i) larger[i] = entries_[i];
        delete[] entries_;
        entries_ = larger;
    }

    entry* entries_{nullptr};
    std::size_t size_{0};
    std::size_t capacity_{0};
};

}  // namespace coax::schema::detail
