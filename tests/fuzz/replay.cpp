// Runs a fuzz target over its corpus, for builds without libFuzzer: one input a line, with \n, \r, \t, \\ and \xHH for
// bytes that are not printable ASCII. The last line printed before a failure names the input. Usage: replay_NAME
// corpus/NAME.txt
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size);

namespace {

std::vector<std::uint8_t> unescape(std::string const& line) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] != '\\') {
            bytes.push_back(static_cast<std::uint8_t>(line[at]));
            continue;
        }
        char const kind = ++at < line.size() ? line[at] : '\\';
        std::uint8_t byte = static_cast<std::uint8_t>(kind == 'n'   ? '\n'
                                                      : kind == 'r' ? '\r'
                                                      : kind == 't' ? '\t'
                                                                    : kind);
        if (kind == 'x' && at + 2 < line.size()) {
            std::from_chars(line.data() + at + 1, line.data() + at + 3, byte, 16);
            at += 2;
        }
        bytes.push_back(byte);
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    std::ifstream corpus{argc == 2 ? argv[1] : ""};
    int number = 0;
    for (std::string line; std::getline(corpus, line);) {
        std::cout << argv[1] << ':' << ++number << std::endl;
        auto const input = unescape(line);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::cout << number << " inputs replayed\n";
    return number > 0 ? 0 : 1;
}
