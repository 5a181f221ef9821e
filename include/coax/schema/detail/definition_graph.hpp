#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// The root and the definitions that it leads to: how often each is used, and which contain themselves. It grows by
/// itself: a fixed array would cost the compiler its full size for each schema.
/// @tparam Source  `type_source` or `json_source`.
template <class Source>
class definition_graph {
public:
    using definition_key = typename Source::definition_key;

    struct entry {
        definition_key what{};
        std::size_t uses{0};
        bool recursive{false};
        bool open{true};          ///< A walk is inside of it.
        bool visited{false};      ///< By the search for a way back.
        bool referred{false};     ///< A `$ref` to it is written.
        bool written{false};      ///< It stands in `$defs`.
        std::size_t deepest{0};   ///< The deepest level at which a reference to it stands.
        std::size_t namesake{1};  ///< Tells those of one name apart, such as structs of two namespaces.

        /// Whether it is written once and referred to.
        [[nodiscard]] constexpr bool is_definition() const { return Source::keeps_references || recursive || uses > 1; }
    };

    constexpr explicit definition_graph(Source& source) : source_{source} {
        explore(source.root_key());
        for (std::size_t i = 0; i < size_; ++i) number(i);
    }
    definition_graph(definition_graph const&) = delete;
    definition_graph& operator=(definition_graph const&) = delete;
    constexpr ~definition_graph() { delete[] entries_; }

    /// In the order in which they are met; the root is the first.
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr entry& operator[](std::size_t index) { return entries_[index]; }
    [[nodiscard]] constexpr entry& at(definition_key what) { return *find(what); }

    /// Whether it contains itself through what must be there.
    [[nodiscard]] constexpr bool recurs_by_required(definition_key what) {
        for (std::size_t i = 0; i < size_; ++i) entries_[i].visited = false;
        return leads_to(what, what);
    }

private:
    /// Walks each once, depth first; one that is met again while it is still open contains itself.
    constexpr void explore(definition_key what) {
        if (auto* const known = find(what); known != nullptr) {
            ++known->uses;
            known->recursive = known->recursive || known->open;
            return;
        }
        auto const index = size_;
        add({.what = what, .uses = index == 0 ? 0U : 1U});
        source_.visit_references(what, false, [this](definition_key each) { explore(each); });
        entries_[index].open = false;
    }

    constexpr bool leads_to(definition_key from, definition_key wanted) {
        bool found = false;
        source_.visit_references(from, true, [&](definition_key each) {
            auto& next = *find(each);
            if (found || (found = each == wanted) || next.visited) return;
            next.visited = true;
            found = leads_to(each, wanted);
        });
        return found;
    }

    constexpr void number(std::size_t index) {
        if (!entries_[index].is_definition()) return;
        for (std::size_t i = 0; i < index; ++i)
            if (entries_[i].is_definition() &&
                source_.definition_name(entries_[i].what) == source_.definition_name(entries_[index].what))
                ++entries_[index].namesake;
    }

    [[nodiscard]] constexpr entry* find(definition_key what) const {
        for (std::size_t i = 0; i < size_; ++i)
            if (entries_[i].what == what) return entries_ + i;
        return nullptr;
    }
    constexpr void add(entry const& fresh) {
        if (size_ == capacity_) grow();
        entries_[size_++] = fresh;
    }
    constexpr void grow() {
        capacity_ = capacity_ == 0 ? 4 : capacity_ * 2;
        auto* const larger = new entry[capacity_];
        for (std::size_t i = 0; i < size_; ++i) larger[i] = entries_[i];
        delete[] entries_;
        entries_ = larger;
    }

    Source& source_;
    entry* entries_{nullptr};
    std::size_t size_{0};
    std::size_t capacity_{0};
};

}  // namespace coax::schema::detail
