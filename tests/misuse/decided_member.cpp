// A member that cannot be decided, each beside the remedy that its message names. COAX_MISUSE: the type.
#include <coax/client/decide.hpp>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

enum class mood { calm, upset };
enum class steps { a, b, c, d, e, f, g, h, i, j, k };
template <>
inline constexpr bool coax::is_ordered<steps> = true;
enum class marks { one = 1, two = 2, four = 4 };
template <>
inline constexpr bool coax::is_flags<marks> = true;

namespace refused {

using text = std::string;
using perhaps_text = std::optional<std::string>;
using real = double;
using unbounded = int;
using many_levels = steps;
using list = std::vector<mood>;
using texts = std::map<std::string, bool>;
using several = marks;
using either = std::variant<bool, int>;
struct part {
    bool whole{};
};
using perhaps_part = std::optional<part>;
struct inner {
    std::string words{};
};

}  // namespace refused

struct ticket {
    bool urgent{};
#ifdef COAX_MISUSE
    refused::COAX_MISUSE field{};
#else
    std::optional<mood> field{};
    int stars{};
    refused::part part{};
    static constexpr auto coax_schema =
        coax::describe("A ticket", coax::field(&ticket::stars, {.minimum = 1, .maximum = 5}));
#endif
};

boost::asio::awaitable<bool> ask(coax::client llm) {
    auto const decided = co_await llm.decide<ticket>("Help!", {.threshold = 0.8});
    co_return decided.answer(&ticket::urgent).probability > 0.9;
}

#ifdef COAX_MISUSE_ROOT
boost::asio::awaitable<void> ask_for_text(coax::client llm) { co_await llm.decide<bool>("Help!"); }
#endif
