#pragma once

#include "core/internal/inflater.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace coax::http::detail {

/// What requests say in Accept-Encoding: all that `content_decoder` understands.
inline constexpr std::string_view accepted_codings{"gzip, deflate"};

/// Why a body could not be decoded.
enum class coding_error { damaged = 1, unknown };
[[nodiscard]] boost::system::error_code make_error_code(coding_error what) noexcept;
[[nodiscard]] bool is_coding_error(boost::system::error_code const& what) noexcept;

/// Takes the coding off a body that comes piece by piece. Source: RFC 9110, section 8.4; RFC 1950 to 1952.
///
/// A gzip body may have several members. "deflate" is understood with zlib's head, as the standard has it, and without
/// it, as some servers send it. A body that is said to be in gzip and is not is handed on as it is.
class content_decoder {
public:
    enum class coding : unsigned char { none, gzip, deflate, unknown };

    /// @param value  Of the header Content-Encoding.
    [[nodiscard]] static coding coding_of(std::string_view value) noexcept;

    /// @param max_bytes  Of the decoded body; more is `boost::beast::http::error::body_limit`.
    content_decoder(coding which, std::size_t max_bytes);
    ~content_decoder();

    /// Appends to `out` what `encoded` gives.
    void decode(std::string_view encoded, std::string& out, boost::system::error_code& ec);
    /// Whether the body may end here.
    [[nodiscard]] bool at_end() const noexcept {
        return state_ != state::begun && (state_ != state::fresh || head_.empty());
    }

private:
    enum class state : unsigned char { fresh, begun, ended, padding, passing };

    [[nodiscard]] bool begin(std::string_view& encoded, std::string& out, boost::system::error_code& ec);
    void inflate_some(std::string_view& encoded, std::string& out, boost::system::error_code& ec);
    void pass(std::string_view plain, std::string& out, boost::system::error_code& ec);

    coding coding_;
    state state_{state::fresh};
    std::size_t left_;  // bytes that may still come out
    std::string head_;  // the first bytes, while they are too few to tell the format
    std::unique_ptr<core::detail::inflater> inflater_;
};

}  // namespace coax::http::detail

template <>
struct boost::system::is_error_code_enum<coax::http::detail::coding_error> : std::true_type {};
