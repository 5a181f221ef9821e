// A server of the Model Context Protocol over standard input and output, written from the specification and without
// coax: what a tool does is its name, and what the server speaks its first argument (modern, legacy, silent, touchy,
// foreign). It is as strict as the official ones.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace {

using std::string;
using std::string_view;

string era;
bool greeted = false;
bool ready = false;
int lists = 0;
std::set<string> waiting;

/// The text of the last member of that name in a message; enough for what coax sends.
string member(string_view text, string_view name) {
    auto const key = '"' + string{name} + "\":";
    auto const at = text.rfind(key);
    if (at == string_view::npos) return {};
    auto const from = at + key.size();
    if (text[from] == '"') return string{text.substr(from + 1, text.find('"', from + 1) - from - 1)};
    if (text[from] == '{') {
        int depth = 0;
        for (auto end = from; end < text.size(); ++end) {
            depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
            if (depth == 0) return string{text.substr(from, end - from + 1)};
        }
    }
    return string{text.substr(from, text.find_first_of(",}", from) - from)};
}

void line(string const& text) { std::cout << text << '\n' << std::flush; }
void result(string const& id, string const& value) {
    line(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":)" + value + "}");
}
void failure(string const& id, int code, string const& message, string const& data = "null") {
    line(R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" + std::to_string(code) + R"(,"message":")" +
         message + R"(","data":)" + data + "}}");
}
string text_result(string const& text, string const& more = "") {
    return R"({"content":[{"type":"text","text":")" + text + "\"}]" + more + "}";
}
string tool(string const& name, string const& more = R"("inputSchema":{"type":"object"})") {
    return R"({"name":")" + name + R"(","description":"does )" + name + R"(",)" + more + "}";
}

[[noreturn]] void endless() {
    string const piece(8'192, 'x');
    std::cout << R"({"jsonrpc":"2.0","id":1,"result":")";
    while (std::cout << piece << std::flush) {
    }
    std::exit(0);
}

[[noreturn]] void flood() {
    for (;;) line(R"({"jsonrpc":"2.0","method":"notifications/message","params":{"data":"again"}})");
}

[[noreturn]] void drip() {
    for (;;) {
        std::cout << ' ' << std::flush;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
}

void list(string const& id, string const& cursor) {
    ++lists;
    string const ttl = era == "modern" ? R"(,"ttlMs":60000,"cacheScope":"public")" : "";
    if (cursor == "broken") return result(id, R"({"tools":5})");
    if (cursor.empty())
        return result(
            id,
            R"({"tools":[)" +
                tool(
                    "echo",
                    R"("inputSchema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false})") +
                "," + tool("crash") + "," + tool("odd.name/x") + R"(],"nextCursor":"two")" + ttl + "}");
    if (cursor == "two")
        return result(
            id,
            R"({"tools":[)" +
                tool(
                    "structured",
                    R"("inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})") +
                "," + tool("remote", R"("inputSchema":{"$ref":"https://example.com/schema.json"})") + "," +
                R"({"name":7})" + "," + tool("pid", R"("inputSchema":{},"annotations":{"readOnlyHint":true})") +
                R"(],"nextCursor":"three")" + ttl + "}");
    result(id, R"({"tools":[)" + tool("last") + "," + tool("wait") + "," + tool("environment") + "]" + ttl + "}");
}

void call(string const& id, string_view text) {
    auto const name = member(text, "name");
    if (name == "echo") return result(id, text_result(member(text, "text")));
    if (name == "pid") return result(id, text_result(std::to_string(getpid())));
    if (name == "lists") return result(id, text_result(std::to_string(lists)));
    if (name == "environment") {
        char const* const value = std::getenv("COAX_TEST_KEY");
        return result(id, text_result(value == nullptr ? "unset" : value));
    }
    if (name == "fail") return result(id, text_result("the disk is full", R"(,"isError":true)"));
    if (name == "structured") return result(id, R"({"content":[],"structuredContent":{"n":42}})");
    if (name == "image")
        return result(
            id,
            R"({"content":[{"type":"text","text":"a cat"},{"type":"image","data":"aGk=","mimeType":"image/png"}]})");
    if (name == "resource")
        return result(
            id,
            R"({"content":[{"type":"resource","resource":{"uri":"file:///a","mimeType":"text/plain","text":"inside"}},{"type":"resource_link","uri":"file:///b","name":"b"},{"type":"audio","data":"","mimeType":"audio/wav"}]})");
    if (name == "needs_input")
        return result(
            id, R"({"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{}}}})");
    if (name == "wrong_types") return result(id, R"({"content":"text"})");
    if (name == "no_object") return result(id, "[1]");
    if (name == "wait" || name == "wait_for_ever") {
        waiting.insert(id);
        return;
    }
    if (name == "waiting") return result(id, text_result(std::to_string(waiting.size())));
    if (name == "change") {
        line(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
        return result(id, text_result("changed"));
    }
    if (name == "sample") {
        line(R"({"jsonrpc":"2.0","id":"s1","method":"sampling/createMessage","params":{}})");
        string answer;
        std::getline(std::cin, answer);
        return result(id, text_result(member(answer, "message") + ' ' + member(answer, "code")));
    }
    if (name == "ping") {
        line(R"({"jsonrpc":"2.0","id":"p1","method":"ping"})");
        string answer;
        std::getline(std::cin, answer);
        return result(id, text_result(member(answer, "result").empty() ? "no" : "pong"));
    }
    if (name == "print") {
        line("a line that should be in the log");
        return result(id, text_result("printed"));
    }
    if (name == "crash") {
        std::cerr << "out of cheese" << std::endl;
        std::_Exit(3);
    }
    if (name == "bad_id") return result("9999", text_result("to nobody"));
    if (name == "word_id") return result("\"1\"", text_result("to nobody"));
    if (name == "no_json") return line(R"({"jsonrpc":"2.0","id":)");
    if (name == "endless") endless();
    if (name == "flood") flood();
    if (name == "drip") drip();
    failure(id, -32602, "Unknown tool: " + name);
}

/// Whether a request may be made at this moment; says so if not.
bool allowed(string const& id, string const& method, string_view text) {
    if (era == "modern") {
        if (text.find("io.modelcontextprotocol/protocolVersion") != string_view::npos &&
            text.find("io.modelcontextprotocol/clientCapabilities") != string_view::npos)
            return true;
        failure(id, -32602, "no _meta");
        return false;
    }
    if (ready || method == "initialize" || method == "ping") return true;
    failure(id, -32000, "not initialized");
    return false;
}

void discover(string const& id) {
    if (era == "touchy") std::exit(1);
    if (era == "silent") return;
    if (era == "foreign") return failure(id, -32022, "Unsupported", R"({"supported":["2099-01-01"]})");
    if (era != "modern") return failure(id, -32601, "Method not found");
    result(
        id,
        R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"Be kind.","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"scripted","version":"1"}}})");
}

void initialize(string const& id) {
    if (era == "modern" || era == "foreign")
        return failure(id, -32022, "Unsupported", R"({"supported":["2099-01-01"]})");
    greeted = true;
    result(id,
           R"({"protocolVersion":")" + string{era == "ancient" ? "1999-01-01" : "2025-11-25"} +
               R"(","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"scripted","version":"1"}})");
}

void take(string const& text) {
    auto const method = member(text, "method");
    auto const id = member(text, "id");
    if (method == "notifications/initialized") ready = greeted;
    if (method == "notifications/cancelled") waiting.erase(member(text, "requestId"));
    if (id.empty()) return;
    if (method == "server/discover") return discover(id);
    if (!allowed(id, method, text)) return;
    if (method == "initialize") return initialize(id);
    if (method == "tools/list")
        return list(id, era == "broken" ? "broken" : era == "circle" ? "" : member(text, "cursor"));
    if (method == "tools/call") return call(id, text);
    failure(id, -32601, "Method not found");
}

}  // namespace

int main(int argc, char** argv) {
    era = argc > 1 ? argv[1] : "modern";
    if (era == "dead") {
        std::cerr << "no licence" << std::endl;
        return 4;
    }
    if (era == "stubborn") std::signal(SIGTERM, SIG_IGN);
    std::string text;
    while (std::getline(std::cin, text)) take(text);
    while (era == "stubborn") pause();
    return 0;
}
