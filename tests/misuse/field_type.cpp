// One field of a type that has no JSON form, each beside the remedy that its message names. COAX_MISUSE: the type.
#include <coax/bind/read.hpp>

#include <filesystem>
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
struct read_only {
    int const size{3};
};
using read_only_item = std::optional<std::shared_ptr<int const>>;
using null_pointer = std::nullptr_t;
using member_pointer = int made_of_a_number::*;
using repeated_keys = std::multimap<std::string, int>;
using path = std::vector<std::filesystem::path>;
using array_pointer = std::unique_ptr<int[]>;
struct freed {
    void operator()(int* held) const { delete held; }
};
using deleter = std::unique_ptr<int, freed>;
inline int number = 0;
struct reference_first {
    int& name{number};
    int age{};
};
struct reference_last {
    int age{};
    int& name{number};
};
struct const_reference {
    int age{};
    int const& name{number};
};
struct open_reference {
    int& name;
};
struct bit_field {
    int age{};
    int size : 3;
};
enum class http_status { ok = 200 };
enum class status { none, ok = 200 };
enum class below { none, gone = -42 };
enum class far { none, all = 65536 };
enum class byte_sized : unsigned char { none, most = 240 };
enum class renamed { red, green };
enum class listed_twice { red, green };

}  // namespace refused

template <>
struct coax::schema_for<refused::renamed> {
    static constexpr auto coax_schema = coax::describe("", coax::value(refused::renamed::red, "green"));
};
template <>
struct coax::schema_for<refused::listed_twice> {
    static constexpr auto coax_schema =
        coax::describe("", coax::value(refused::listed_twice::red, "r"), coax::value(refused::listed_twice::red, "R"));
};

/// Enumerators far off that are listed, or are meant to be left out.
enum class listed { none, ok = 200, gone = 410 };
template <>
struct coax::schema_for<listed> {
    static constexpr auto coax_schema =
        coax::describe("", coax::value(listed::ok), coax::value(listed::gone, coax::doc{.skip = true}));
};

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
    std::monostate null{};
    std::map<std::string, std::vector<int>> repeated_keys{};
    std::string path{};
    listed status{};
};

struct holder {
#ifdef COAX_MISUSE
    int other{};
    refused::COAX_MISUSE field;
#else
    remedies field{};
#endif
};

int main() { return coax::json::read<holder>("{}") ? 0 : 1; }
