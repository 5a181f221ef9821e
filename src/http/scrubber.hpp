#pragma once

#include "http/cassette_file.hpp"

#include <coax/core/secret.hpp>
#include <coax/http/message.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax::http::detail {

/// Takes out of one exchange what a cassette hides.
class scrubber {
public:
    /// @param texts  That are hidden everywhere, besides the credentials of the request.
    scrubber(hidden_names names, std::vector<secret> const& texts, http_request const& request);

    /// Without the host, where a cassette need not tell it.
    [[nodiscard]] recorded_request request(http_request const& given) const;
    [[nodiscard]] recorded_headers response_headers(header_list const& headers) const;
    [[nodiscard]] std::string body(std::string text) const;
    /// Whole lines of an event stream.
    [[nodiscard]] std::string events(std::string_view lines) const;
    /// Any text.
    [[nodiscard]] std::string plain(std::string text) const;

private:
    [[nodiscard]] bool hides_parameter(std::string_view name) const;
    [[nodiscard]] std::string target(std::string_view text) const;
    void learn(std::string value);

    hidden_names names_;
    std::vector<secret> texts_;  ///< The longest first: one may be part of another.
};

}  // namespace coax::http::detail
