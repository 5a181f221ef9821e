#pragma once

#include <coax/bind/read.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::json {

/// How much of one value in a document has arrived.
enum class presence {
    absent,   ///< Nothing yet: the value has what a default-constructed one has.
    growing,  ///< A string, list, map or struct that is not at its end.
    complete  ///< All of it, null included; a second key of the same name could still change it.
};

}  // namespace coax::json

namespace coax::bind::detail {

/// The part of a partial reader that is the same for every type.
class partial_core {
public:
    virtual ~partial_core() = default;
    virtual void feed(std::string_view bytes) = 0;
    [[nodiscard]] virtual bool is_complete() const = 0;
    [[nodiscard]] virtual std::optional<error> problem() const = 0;
    [[nodiscard]] virtual json::presence presence_at(std::string_view pointer) const = 0;
    /// The same for a field of the root object, by its address.
    [[nodiscard]] virtual json::presence presence_of(void const* member) const = 0;
    /// The complete items of an open list: the root (`member` null) or this field of the root.
    [[nodiscard]] virtual std::size_t open_items(void const* member) const = 0;
    /// The text is at its end. True: the value is what `read` would have made of it.
    [[nodiscard]] virtual bool finish() = 0;
    [[nodiscard]] virtual std::string_view text() const = 0;
    [[nodiscard]] virtual json::read_options const& options() const = 0;
};

[[nodiscard]] coax::core::detail::opaque<partial_core> make_partial_core(type_descriptor const& type, void* into,
                                                                         json::read_options const& options);

}  // namespace coax::bind::detail

namespace coax::json {

/// Reads a `T` while its text arrives. Every byte is looked at once; asking what is there costs nothing.
///
/// The value is a plain `T`. Strings grow, lists and maps gain items; numbers, enums, dates, variants and the like
/// appear when they are complete. What is not there yet is as in a
/// default-constructed `T`: `presence_at` and `presence_of` tell it from null.
/// Where the text needs leniency, the value may stop growing until `finish`, except for text and fences around it,
/// trailing commas and scalars of another kind.
/// Thread safety: as a container's.
template <class T>
class partial_reader {
public:
    explicit partial_reader(read_options const& options = {})
        : value_{std::make_shared<T>()},
          core_{bind::detail::make_partial_core(bind::detail::descriptor_of<T>, value_.get(), options)} {}

    /// Takes what arrived, cut anywhere, also inside a code point.
    void feed(std::string_view bytes) { core_->feed(bytes); }

    /// What has arrived so far. The reference stays good until `finish` or destruction; its content moves with `feed`.
    [[nodiscard]] T const& value() const noexcept { return *value_; }
    /// The same, to keep beyond the reader.
    [[nodiscard]] std::shared_ptr<T const> share_value() const noexcept { return value_; }

    /// How much has arrived of the value that a JSON pointer leads to; empty: of the whole.
    [[nodiscard]] presence presence_at(std::string_view pointer) const { return core_->presence_at(pointer); }
    /// How much has arrived of a field of `T`.
    template <class Field, class Struct>
        requires std::derived_from<T, Struct>
    [[nodiscard]] presence presence_of(Field Struct::* field) const {
        return core_->presence_of(&(value_.get()->*field));
    }

    /// The items of a list at the root that are complete.
    [[nodiscard]] auto complete_items() const
        requires requires(T const& list) { std::span{list}; }
    {
        auto const all = std::span{std::as_const(*value_)};
        return is_complete() ? all : all.first(core_->open_items(nullptr));
    }
    /// The items of a field of `T` that are complete.
    template <class Item, class Struct>
        requires std::derived_from<T, Struct>
    [[nodiscard]] std::span<Item const> complete_items(std::vector<Item> Struct::* field) const {
        auto const& list = value_.get()->*field;
        std::span<Item const> const all{list};
        switch (core_->presence_of(&list)) {
            case presence::absent: return {};
            case presence::growing: return all.first(core_->open_items(&list));
            case presence::complete: return all;
        }
        return {};
    }

    /// The value has ended; only white space, or what leniency allows, may follow.
    [[nodiscard]] bool is_complete() const noexcept { return core_->is_complete(); }

    /// What is wrong with the text so far, as `read` would report it; nothing: it can still become a `T`. Behind prose,
    /// where `leniency::prose` allows it, only what the value's end shows is reported.
    [[nodiscard]] std::optional<error> problem() const { return core_->problem(); }

    /// All that was fed.
    [[nodiscard]] std::string_view text() const noexcept { return core_->text(); }

    /// The text is at its end: gives what `read<T>(text())` gives. The reader is then used up.
    [[nodiscard]] result<T> finish() {
        result<T> outcome{T{}};
        if (core_->finish())
            *outcome = std::move(*value_);
        else if (auto done =
                     bind::detail::read_text(text(), bind::detail::descriptor_of<T>, &*outcome, core_->options());
                 !done)
            outcome = std::move(done).error();
        return outcome;
    }

    /// The part that is the same for every type: for coax's own streams.
    [[nodiscard]] bind::detail::partial_core& core() noexcept { return *core_; }

private:
    std::shared_ptr<T> value_;  // stays in its place when the reader moves
    coax::core::detail::opaque<bind::detail::partial_core> core_;
};

}  // namespace coax::json
