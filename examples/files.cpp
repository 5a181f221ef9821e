// How do I ask about a picture, a PDF or a text?
// Run: build/release/examples/files [FILE]. Without a key a simulated service answers.
// Prints: what kind of content the file is; the answer, and what it cost.
#include "local_server.hpp"

#include <coax/coax.hpp>

#include <iostream>
#include <string>

namespace {

std::string kind_of(coax::content_part const& part) {
    if (part.image() != nullptr) return part.image()->media_type;
    return part.file() != nullptr ? part.file()->media_type : part.audio()->media_type;
}

boost::asio::awaitable<void> ask(coax::client llm, coax::content_part file) {
    coax::message const question{.parts = {coax::text_part{"What is this about?"}, file}};
    coax::chat_request const request{.messages = {question}};
    auto const reply = co_await llm.chat(request);
    std::cout << "answer: " << reply.text << "\n(" << reply.usage.input_tokens << " tokens in)\n";
}

}  // namespace

int main(int argc, char** argv) try {
    local_server const service;
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    auto const file = argc > 1 ? coax::content_file(argv[1])
                               : coax::content_part{coax::file_part{.media_type = "text/plain", .text = "On grass."}};
    std::cout << "file: " << kind_of(file) << '\n';
    rt.run(ask(llm, file));
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
