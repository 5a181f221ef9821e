#pragma once

#include <coax/sim/options.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace coax::sim {

/// What a server has done so far.
struct server_stats {
    std::uint64_t requests{0};                           ///< Read whole, of every kind.
    std::uint64_t model_requests{0};                     ///< Chats and embeddings: those that limits and faults count.
    std::map<int, std::uint64_t> responses_by_status{};  ///< Responses begun; a dropped connection has none.
    std::map<fault_kind, std::uint64_t> faults{};        ///< Faults injected, by kind.
    std::uint64_t connections{0};                        ///< Accepted.
    std::uint64_t failed_handshakes{0};                  ///< TLS connections that failed.
    std::size_t open_connections{0};                     ///< Now.
    std::size_t peak_connections{0};                     ///< Most at once.
    std::uint64_t prompt_tokens{0};                      ///< As reported in `usage`.
    std::uint64_t completion_tokens{0};                  ///< As reported in `usage`.
    std::uint64_t batches{0};                            ///< Made.
    std::uint64_t batch_rows{0};                         ///< Of batches, answered and billed.
};

/// A language model service on 127.0.0.1, for offline work, tests and demos: it checks requests, keeps rate limits,
/// streams and fails as the real ones do, and makes up its responses from a seed. The same seed and the same request
/// give the same text, whole or streamed; the seed and a request's number of arrival decide which fault it meets. What
/// `options::answers` has a rule for is answered by it.
///
/// Speaks, under any path prefix:
///  - OpenAI: `/chat/completions`, `/responses`, `/embeddings`, `/models`, and the `/rerank` of other servers;
///  - Azure OpenAI: `/openai/deployments/NAME/chat/completions?api-version=…` (and embeddings), `/openai/v1/…`;
///  - typed questions: `/v1/systemone` (System One), `/v1/decisions` (OpenAI's form, or System One's if the body has a
///    `state`), `/v1beta/decisions` (Gemini), and TypeSafe's list of models under `/typesafe/v1/models`;
///  - Anthropic: `/v1/messages` (message threads too), `/v1/messages/count_tokens`, `/v1/models` (with the
///    `anthropic-version` header);
///  - Azure AI model inference: `/models/chat/completions?api-version=…`, `/models/embeddings`, `/models/info`;
///  - Gemini and Vertex AI: `…/models/NAME:generateContent` and its like;
///  - batches of OpenAI and Azure (`/v1/batches`), Anthropic (`/v1/messages/batches`) and Gemini
///    (`…:batchGenerateContent`, `/v1beta/batches`);
///  - files of OpenAI, Anthropic (`/v1/files`) and Gemini (`/upload/v1beta/files`, `/v1beta/files`): the latest 64 MiB.
///
/// Runs one thread of its own. Thread safety: every member may be called from any thread; `stop()` and the destructor
/// not from within `options::handler`.
class server {
public:
    /// Binds, makes the certificate where one is wanted, and serves.
    /// @throws coax::exception  `errc::invalid_argument` (an option), `errc::io_failed` (the port), `errc::tls_failed`.
    explicit server(options opts = {});
    server(server const&) = delete;
    server& operator=(server const&) = delete;
    ~server();  ///< As `stop()`.

    /// "http://127.0.0.1:PORT", or "https://HOST:PORT" with TLS, HOST being "localhost" whatever the certificate says.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// The test CA that signed the certificate, in PEM; empty without TLS. Good for as long as the server lives.
    [[nodiscard]] std::string const& ca_pem() const noexcept;

    [[nodiscard]] server_stats stats() const;
    /// The last `options::record_requests` requests, oldest first.
    [[nodiscard]] std::vector<recorded_request> requests() const;

    /// Closes every connection and ends the thread. Responses under way are cut off. Further calls do nothing.
    void stop();

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace coax::sim
