// The two documents of json_bench, as structs and as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace documents {

// --- a chat completion, as a service answers it ---

struct function_call {
    std::string name;
    std::string arguments;
};
struct tool_call {
    std::string id;
    std::string type;
    function_call function;
};
struct message {
    std::string role;
    std::optional<std::string> content;
    std::optional<std::string> refusal;
    std::vector<std::string> annotations;
    std::optional<std::vector<tool_call>> tool_calls;
};
struct choice {
    int index;
    documents::message message;
    std::optional<std::string> logprobs;
    std::string finish_reason;
};
struct prompt_details {
    int cached_tokens;
    int audio_tokens;
};
struct completion_details {
    int reasoning_tokens;
    int audio_tokens;
    int accepted_prediction_tokens;
    int rejected_prediction_tokens;
};
struct usage {
    int prompt_tokens;
    int completion_tokens;
    int total_tokens;
    prompt_details prompt_tokens_details;
    completion_details completion_tokens_details;
};
struct completion {
    std::string id;
    std::string object;
    std::int64_t created;
    std::string model;
    std::vector<choice> choices;
    documents::usage usage;
    std::string service_tier;
    std::string system_fingerprint;
};

/// 1.5 KB, most of it the answer's text, with an escape in every line.
inline std::string completion_text() {
    std::string content;
    for (int i = 0; i < 8; ++i)
        content += "Line " + std::to_string(i) +
                   " says that the review is \\\"mixed\\\": it praises the food and the view, not the wait.\\n";
    return R"({"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"gpt-4.1-2025-04-14",)"
           R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
           content +
           R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,)"
           R"("total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,)"
           R"("audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_44709d6fcb"})";
}

// --- 1,000 records of 10 fields ---

enum class role { lead, user, churn };

struct record {
    int id;
    std::string name;
    int age;
    double score;
    bool ok;
    std::string city;
    std::vector<std::string> tags;
    int quantity;
    std::optional<std::string> note;
    documents::role role;
};

inline std::string records_text() {
    std::string text = "[";
    for (int i = 0; i < 1000; ++i) {
        auto const n = std::to_string(i);
        text += (i == 0 ? "" : ",") + std::string{R"({"id":)"} + n + R"(,"name":"Person )" + n + R"(","age":)" +
                std::to_string(20 + i % 60) + R"(,"score":)" + std::to_string(i % 100) + "." + std::to_string(i % 97) +
                R"(,"ok":)" + (i % 2 == 0 ? "true" : "false") + R"(,"city":"Tampere","tags":["a","b"],"quantity":)" +
                std::to_string(i * 7 % 1000) + R"(,"note":)" + (i % 3 == 0 ? "null" : R"("x")") + R"(,"role":"user"})";
    }
    return text + "]";
}

}  // namespace documents
