// One field of a type that has no JSON form, each beside the remedy that its message names. COAX_MISUSE: the type.
#include <coax/bind/read.hpp>

#include <forward_list>
#include <list>
#include <map>
#include <string_view>

namespace refused {

using character = char;
using long_double = long double;
using single_byte = std::byte;
using raw_pointer = int*;
using c_array = int[3];
using too_fine = std::chrono::duration<long long, std::pico>;
using number_keys = std::map<int, int>;
using view = std::string_view;
using views = std::optional<std::vector<std::string_view>>;
using container = std::forward_list<int>;
union raw_union {
    int number;
    float share;
};
class no_form {
private:
    [[maybe_unused]] int value_{0};
};
class made_of_a_number {
public:
    explicit made_of_a_number(int value) : value_{value} {}

private:
    int value_;

public:
    static constexpr auto coax_schema = coax::describe("A number", coax::field(&made_of_a_number::value_));
};
using no_default = std::vector<made_of_a_number>;

}  // namespace refused

struct remedies {
    std::string character{};
    double long_double{};
    std::uint8_t single_byte{};
    std::vector<std::byte> bytes{};
    std::unique_ptr<int> pointer{};
    std::array<int, 3> c_array{};
    std::chrono::nanoseconds fine{};
    std::map<std::string, int> keys{};
    std::list<int> container{};
    std::variant<int, float> either{};
};

struct holder {
#ifdef COAX_MISUSE
    refused::COAX_MISUSE field;
#else
    remedies field{};
#endif
};

int main() { return coax::json::read<holder>("{}") ? 0 : 1; }
