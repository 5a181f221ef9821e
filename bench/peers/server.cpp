// The server of scripts/peers. Usage: peer_server plain|tls chat|stream CA_FILE
// Writes its authority to CA_FILE and its address to standard output; ends when standard input does.

#include "load_server.hpp"

#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    constexpr std::size_t events_per_stream = 1'000;
    bool const streams = std::strcmp(argv[2], "stream") == 0;
    bench::load_server const server{
        {.tls = std::strcmp(argv[1], "tls") == 0, .events = streams ? events_per_stream : 0}};
    std::ofstream{argv[3]} << server.ca_pem();
    std::cout << server.url() << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
    }
}
