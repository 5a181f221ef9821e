#include <coax/schema/schema.hpp>

enum class kind { text, move };
struct event {
    kind type{};
#ifdef COAX_MISUSE
    static constexpr auto coax_schema = coax::describe("An event", coax::field(&event::type, {.constant = "draw"}));
#else
    static constexpr auto coax_schema = coax::describe("An event", coax::field(&event::type, {.constant = "move"}));
#endif
};

static_assert(!coax::json_schema<event>.empty());
