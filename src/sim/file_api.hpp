#pragma once

#include "sim/form_data.hpp"
#include "sim/service_api.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

struct stored_file {
    std::string id{};  ///< Without Gemini's "files/".
    std::string name{};
    std::string purpose{};  ///< OpenAI's.
    std::string media_type{};
    std::string bytes{};
    std::chrono::system_clock::time_point created{};
    std::optional<std::chrono::system_clock::time_point> expires{};
};

/// A part of the list of files.
struct file_page {
    std::vector<stored_file const*> files{};
    bool has_more{false};
};

/// How one service speaks of files. Immutable.
class file_api {
public:
    virtual ~file_api() = default;

    /// Checks the headers of a request.
    [[nodiscard]] virtual rejection check(request_view const& /*request*/) const { return std::nullopt; }
    /// Checks and reads an upload. `file` has the time of its making.
    [[nodiscard]] virtual rejection read_upload(std::vector<form_part> const& form, stored_file& file) const = 0;
    [[nodiscard]] virtual std::string id(std::uint64_t seed) const = 0;
    virtual void write(writer& out, stored_file const& file, request_context const& context) const = 0;
    /// What an upload is answered with. Default: the file.
    virtual void write_uploaded(writer& out, stored_file const& file, request_context const& context) const {
        write(out, file, context);
    }
    /// Leaves of all files, oldest first, those that the query asks for.
    [[nodiscard]] virtual rejection take_page(std::string_view query, file_page& page) const = 0;
    virtual void write_page(writer& out, file_page const& page, request_context const& context) const = 0;
    virtual void write_deleted(writer& out, std::string_view id) const = 0;
    [[nodiscard]] virtual api_error unknown(std::string_view id) const = 0;
    /// Why its content cannot be had; none: it can.
    [[nodiscard]] virtual rejection refuse_content(stored_file const& file) const = 0;
};

[[nodiscard]] file_api const& openai_files() noexcept;
[[nodiscard]] file_api const& anthropic_files() noexcept;
[[nodiscard]] file_api const& gemini_files() noexcept;

/// Leaves the `limit` files that follow on the one of id `after`. @param after  Empty: the first ones.
[[nodiscard]] rejection take_files(file_page& page, std::string_view after, std::size_t limit, file_api const& api);

}  // namespace coax::sim::detail
