// What one would write without a library for models: libcurl's multi interface and nlohmann/json.
// Usage: peer_curl URL chat|stream CALLS CALLERS CA_FILE; prints the letters of text received.

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <cstring>
#include <curl/curl.h>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

struct call {
    CURL* easy{nullptr};
    bool streams{false};
    std::string received{};
    std::size_t letters{0};

    /// Takes the events that are whole.
    void read_events() {
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = received.find("\n\n", begin)) != std::string::npos; begin = end + 2) {
            auto const event = received.substr(begin, end - begin);
            if (!event.starts_with("data: ") || event == "data: [DONE]") continue;
            auto const parsed = nlohmann::json::parse(event.begin() + 6, event.end());
            auto const& delta = parsed["choices"][0]["delta"];
            if (delta.contains("content")) letters += delta["content"].get_ref<std::string const&>().size();
        }
        received.erase(0, begin);
    }
    void finish() {
        if (!streams)
            letters += nlohmann::json::parse(received)["choices"][0]["message"]["content"]
                           .get_ref<std::string const&>()
                           .size();
        received.clear();
    }
};

std::size_t receive(char* data, std::size_t, std::size_t size, void* to) {
    auto& at = *static_cast<call*>(to);
    at.received.append(data, size);
    if (at.streams) at.read_events();
    return size;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    bool const streams = std::strcmp(argv[2], "stream") == 0;
    auto left = std::atoi(argv[3]);
    std::vector<call> callers(static_cast<std::size_t>(std::atoi(argv[4])));
    auto const url = std::string{argv[1]} + "/v1/chat/completions";
    nlohmann::json request{{"model", "gpt-5.4"},
                           {"messages", {{{"role", "user"}, {"content", std::string(900, 'x')}}}}};
    if (streams) request["stream"] = true;
    auto const body = request.dump();

    curl_global_init(CURL_GLOBAL_DEFAULT);
    auto* const headers =
        curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Authorization: Bearer none");
    auto* const multi = curl_multi_init();
    for (auto& each : callers) {
        if (left-- <= 0) break;
        each.easy = curl_easy_init();
        each.streams = streams;
        curl_easy_setopt(each.easy, CURLOPT_URL, url.c_str());
        curl_easy_setopt(each.easy, CURLOPT_CAINFO, argv[5]);
        curl_easy_setopt(each.easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(each.easy, CURLOPT_POSTFIELDS, body.c_str());
        curl_easy_setopt(each.easy, CURLOPT_WRITEFUNCTION, receive);
        curl_easy_setopt(each.easy, CURLOPT_WRITEDATA, &each);
        curl_easy_setopt(each.easy, CURLOPT_PRIVATE, &each);
        curl_multi_add_handle(multi, each.easy);
    }
    std::size_t letters = 0;
    for (int running = 1; running != 0;) {
        curl_multi_perform(multi, &running);
        int queued = 0;
        while (auto const* const done = curl_multi_info_read(multi, &queued)) {
            if (done->msg != CURLMSG_DONE) continue;
            if (done->data.result != CURLE_OK) {
                std::cerr << curl_easy_strerror(done->data.result) << '\n';
                return 1;
            }
            auto* const easy = done->easy_handle;
            call* of = nullptr;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &of);
            of->finish();
            letters += std::exchange(of->letters, 0);
            curl_multi_remove_handle(multi, easy);
            if (left-- <= 0) continue;
            curl_multi_add_handle(multi, easy);
            running = 1;
        }
        if (running != 0) curl_multi_poll(multi, nullptr, 0, 1'000, nullptr);
    }
    std::cout << letters << '\n';
}
