#pragma once

#include <coax/sim/options.hpp>

#include <chrono>
#include <fstream>
#include <string>

namespace coax::sim::detail {

/// A request as a line of JSON, with its line break. Secrets in headers and in the query are "***". A body that is JSON
/// stands as such, another text as a string, other bytes as `{"base64":"…"}`.
[[nodiscard]] std::string record_line(recorded_request const& request, std::chrono::system_clock::time_point when);

/// A file of such lines, which is added to. Belongs to one thread.
class request_record {
public:
    /// @param path  Empty: nothing is recorded.
    /// @throws coax::exception  `errc::io_failed`.
    explicit request_record(std::string const& path);

    [[nodiscard]] bool is_open() const { return file_.is_open(); }
    /// @returns Whether it was written.
    [[nodiscard]] bool add(recorded_request const& request, std::chrono::system_clock::time_point when);

private:
    std::ofstream file_;
};

}  // namespace coax::sim::detail
