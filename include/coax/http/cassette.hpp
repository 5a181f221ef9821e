#pragma once

#include <coax/core/secret.hpp>
#include <coax/http/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Cassettes: exchanges with a service, recorded once, that a test replays without network, key and cost.
///
///     auto const network = std::make_shared<coax::http_transport>(executor, options.http);
///     options.service.transport = std::make_shared<coax::record_transport>(network, "answers.jsonl");  // once
///     options.service.transport = std::make_shared<coax::replay_transport>("answers.jsonl");           // afterwards
///
/// A cassette is a file of JSON lines: after the first, which says what is not in it, each is one exchange, the body of
/// request and response standing as JSON where it is JSON, a stream as its events and when they came. It may be edited.
namespace coax {

/// What a cassette does not hold: "[secret]" stands in its place. Besides these are hidden, always: the request's
/// headers and query parameters whose names tell of a key, token or cookie, their values wherever else they stand in
/// the exchange, and `Set-Cookie`. Names compare without regard to case.
struct scrub_rules {
    /// Header fields, of requests and responses.
    std::vector<std::string> headers{};
    /// Parameters of the query.
    std::vector<std::string> query{};
    /// Members of JSON bodies and of a stream's events, in whatever depth: "user". Requests that differ only there are
    /// the same.
    std::vector<std::string> members{};
    /// Texts that are hidden wherever they stand as they are: in names, bodies, events. One of less than 8 characters
    /// is only where it is a word, of less than 4 nowhere, as `redact` says; so are the values of hidden headers.
    std::vector<secret> texts{};
};

/// What a `record_transport` keeps.
struct recording_options {
    scrub_rules scrub{};
    /// Most bytes of a cassette, and of one body. Beyond it exchanges go on unrecorded and `save` fails. Must be > 0.
    std::size_t max_bytes{64U << 20U};
};

/// Passes exchanges on to another transport and writes them to a cassette: whole responses, streams with their timing,
/// failures of the transport. A stream that its reader leaves ends there, as a lost connection.
/// Thread safety, cancellation: as `transport`. What is cancelled is not recorded.
class record_transport final : public transport {
public:
    /// @param path  Written by `save`, and replaced then: nothing is added to an older cassette.
    /// @throws coax::exception  `errc::invalid_argument`: no transport, no path, a bound of 0.
    record_transport(std::shared_ptr<transport> through, std::string path, recording_options options = {});
    /// Saves what was not saved yet, once the last of its streams is gone too; a failure is ignored.
    ~record_transport() override;

    boost::asio::awaitable<result<http_response>> send(http_request request, exchange_limits limits) override;
    boost::asio::awaitable<result<std::unique_ptr<streaming_response>>> open(http_request request,
                                                                             exchange_limits limits) override;
    [[nodiscard]] std::uint64_t resent() const noexcept override { return through_->resent(); }

    /// Writes all exchanges that are over, in the order of their requests, in one step: the file is the old one or the
    /// new one, whatever happens meanwhile.
    /// Errors: `errc::io_failed`; `errc::too_large`: `max_bytes` was reached, nothing is written.
    [[nodiscard]] result<void> save();

    class recorder;

private:
    std::shared_ptr<transport> through_;
    std::shared_ptr<recorder> recorder_;
};

/// How a cassette is replayed.
struct replay_options {
    /// Responses and the events of streams come when they came from the service, by the clock of the executor: in
    /// virtual time that costs nothing. Otherwise all is there at once.
    bool timed{true};
    /// A request that comes more often than it was recorded gets the last of its responses again; otherwise it is one
    /// that is not there.
    bool repeat{false};
    /// Most bytes of the file. Must be > 0.
    std::size_t max_bytes{64U << 20U};
};

/// Responds as a cassette says, without network. A request is one of the cassette where method, path, query and body
/// are the same, after what the cassette hides was hidden; JSON compares as JSON, so order of members and white space
/// do not matter. Host and headers do not either: a cassette serves whatever address and key. Requests may come in any
/// order, since calls that run at once have none; equal ones get their responses in the order of recording, so a retry
/// and a question asked twice do too.
///
/// One that is not there ends in `errc::invalid_argument`, which is not retried: `where` is the cassette, the message
/// names the exchange that is nearest and what differs, with excerpts of both bodies: it is for those who write the
/// test.
/// Thread safety, cancellation, limits: as `transport`.
class replay_transport final : public transport {
public:
    /// @throws coax::exception  `errc::io_failed`, `errc::too_large`; `errc::invalid_json`: `where` is "file:line".
    explicit replay_transport(std::string const& path, replay_options options = {});
    ~replay_transport() override;

    boost::asio::awaitable<result<http_response>> send(http_request request, exchange_limits limits) override;
    boost::asio::awaitable<result<std::unique_ptr<streaming_response>>> open(http_request request,
                                                                             exchange_limits limits) override;

    /// The exchanges that no request asked for yet, as "line 3: POST /v1/chat/completions": for a test's end.
    [[nodiscard]] std::vector<std::string> unused() const;

    class cassette;

private:
    std::shared_ptr<cassette> cassette_;
};

/// For a test that records itself: replays the cassette where there is one, else records it. Remove the file to record
/// anew. @param network  Called only to record, so that a machine without a key can replay.
/// @throws coax::exception  As the two transports; what `network` throws.
[[nodiscard]] std::shared_ptr<transport> replay_or_record(std::string const& path,
                                                          std::function<std::shared_ptr<transport>()> const& network,
                                                          recording_options recording = {},
                                                          replay_options replaying = {});

}  // namespace coax
