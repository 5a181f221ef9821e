#include "mcp/agreement.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <vector>

namespace coax::mcp::detail {
namespace {

struct wire_implementation {
    std::string name{};
    std::string version{};
};

struct wire_discovery {
    std::vector<std::string> supportedVersions{};
    std::string instructions{};
    wire_implementation serverInfo{};
    json_value _meta{};
};

struct wire_greeting {
    std::string protocolVersion{};
    std::string instructions{};
    wire_implementation serverInfo{};
};

struct wire_versions {
    std::vector<std::string> supported{};
};

error no_common_version(std::string const& theirs) {
    return {.code = errc::not_found,
            .message = "the server speaks no version of the protocol that is known here (" +
                       std::string{modern_version} + ", 2024-11-05 to " + std::string{newest_legacy_version} +
                       "), but " + (theirs.empty() ? "none that it tells" : theirs)};
}

std::string joined(std::vector<std::string> const& texts) {
    std::string all;
    for (auto const& each : texts) all.append(all.empty() ? "" : ", ").append(each);
    return all;
}

server_info info_of(std::string version, wire_implementation server, std::string instructions) {
    return {.version = std::move(version),
            .name = std::move(server.name),
            .program_version = std::move(server.version),
            .instructions = std::move(instructions)};
}

/// Who the server is: among the results of the newer protocol it stands in `_meta`.
wire_implementation server_of(wire_discovery const& told) {
    if (!told.serverInfo.name.empty()) return told.serverInfo;
    auto const meta = json::read<std::map<std::string, json_value>>(told._meta.text(), json::wire_options);
    if (!meta) return {};
    for (auto const* const key : {"io.modelcontextprotocol/serverInfo", "serverInfo"})
        if (auto const found = meta->find(key); found != meta->end())
            return json::read<wire_implementation>(found->second, json::wire_options)
                .or_else([](auto const&) { return wire_implementation{}; })
                .value();
    return {};
}

}  // namespace

std::optional<result<agreement>> judge_discovery(reply const& response) {
    wire_discovery told;
    if (response.error) {
        if (response.error->code != rpc_code::unsupported_version) return std::nullopt;
        // Which it would rather have; one that has just refused the same version deserves a second try.
        auto const versions = json::read<wire_versions>(response.error->data, json::wire_options);
        if (!versions || versions->supported.empty()) return no_common_version({});
        told.supportedVersions = versions->supported;
    } else {
        auto read = json::read<wire_discovery>(response.result->text(), json::wire_options);
        if (!read || read->supportedVersions.empty()) return std::nullopt;
        told = *std::move(read);
    }
    auto const& versions = told.supportedVersions;
    if (std::ranges::find(versions, modern_version) != versions.end())
        return agreement{.era = era::modern,
                         .server = info_of(std::string{modern_version}, server_of(told), told.instructions)};
    if (std::ranges::any_of(versions, is_legacy)) return std::nullopt;
    return no_common_version(joined(versions));
}

result<agreement> judge_greeting(reply const& response) {
    if (response.error) return refusal(errc::bad_request, "initialize", *response.error);
    auto told = json::read<wire_greeting>(response.result->text(), json::wire_options);
    if (!told)
        return error{.code = errc::protocol_error,
                     .message = "the response to initialize cannot be read: " + told.error().message,
                     .where = told.error().where};
    if (!is_legacy(told->protocolVersion)) return no_common_version(told->protocolVersion);
    return agreement{.era = era::legacy,
                     .server = info_of(told->protocolVersion, told->serverInfo, told->instructions)};
}

error refusal(errc code, std::string const& what, rpc_failure const& why) {
    return {.code = code,
            .message = "the server refused " + what + ": " + why.message + " (code " + std::to_string(why.code) + ")",
            .service_code = std::to_string(why.code),
            .service_message = why.message};
}

}  // namespace coax::mcp::detail
