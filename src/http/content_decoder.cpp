#include "http/content_decoder.hpp"

#include <coax/http/message.hpp>

#include <boost/beast/http/error.hpp>
#include <boost/system/error_category.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace coax::http::detail {
namespace {

using boost::system::error_code;

using core::detail::inflater;

constexpr std::size_t head_bytes = 2;  // tell the format

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "coax content coding"; }
    std::string message(int value) const override {
        return value == static_cast<int>(coding_error::unknown) ? "the content coding is not supported"
                                                                : "the compressed data is damaged";
    }
};

category const& the_category() {
    static category const shared;
    return shared;
}

/// Whether it begins as zlib's format does (RFC 1950, section 2.2).
bool is_zlib(std::string_view head) {
    auto const first = static_cast<unsigned char>(head[0]);
    auto const second = static_cast<unsigned char>(head[1]);
    return (first & 0x0fU) == 8 && (first >> 4U) <= 7 && (first * 256U + second) % 31 == 0;
}

}  // namespace

error_code make_error_code(coding_error what) noexcept { return {static_cast<int>(what), the_category()}; }

bool is_coding_error(error_code const& what) noexcept { return what.category() == the_category(); }

content_decoder::coding content_decoder::coding_of(std::string_view value) noexcept {
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    if (value.empty() || equal_ignoring_case(value, "identity")) return coding::none;
    if (equal_ignoring_case(value, "gzip") || equal_ignoring_case(value, "x-gzip")) return coding::gzip;
    if (equal_ignoring_case(value, "deflate")) return coding::deflate;
    return coding::unknown;
}

content_decoder::content_decoder(coding which, std::size_t max_bytes) : coding_{which}, left_{max_bytes} {
    if (which == coding::none) state_ = state::passing;
}

content_decoder::~content_decoder() = default;

void content_decoder::decode(std::string_view encoded, std::string& out, error_code& ec) {
    ec = {};
    if (coding_ == coding::unknown) {
        ec = coding_error::unknown;
        return;
    }
    while (!encoded.empty() && !ec && state_ != state::padding) {
        if (state_ == state::passing) return pass(encoded, out, ec);
        if ((state_ == state::fresh || state_ == state::ended) && !begin(encoded, out, ec)) return;
        if (state_ == state::begun) inflate_some(encoded, out, ec);
    }
}

/// Looks at the head of the body, or of a further member of it. False: more bytes are needed, or none are wanted.
bool content_decoder::begin(std::string_view& encoded, std::string& out, error_code& ec) {
    auto const wanted = std::min(head_bytes - head_.size(), encoded.size());
    head_.append(encoded.substr(0, wanted));
    encoded.remove_prefix(wanted);
    bool const gzip = coding_ == coding::gzip && std::string_view{"\x1f\x8b"}.starts_with(head_);
    if (state_ == state::ended && !gzip) {  // after the last member
        state_ = state::padding;
        return false;
    }
    if (coding_ == coding::gzip && !gzip) {
        state_ = state::passing;
        pass(head_, out, ec);
        return !ec;
    }
    if (head_.size() < head_bytes) return false;
    inflater_ = std::make_unique<inflater>(gzip             ? inflater::gzip_window
                                           : is_zlib(head_) ? inflater::zlib_window
                                                            : inflater::raw_window);
    state_ = state::begun;
    auto const head = std::exchange(head_, {});
    std::string_view rest = head;
    inflate_some(rest, out, ec);
    return !ec;
}

void content_decoder::inflate_some(std::string_view& encoded, std::string& out, error_code& ec) {
    std::array<char, 16U << 10U> buffer;
    for (;;) {
        auto const step = inflater_->step(encoded, buffer);
        pass({buffer.data(), step.written}, out, ec);
        if (ec) return;
        if (step.status == inflater::status::damaged) ec = coding_error::damaged;
        if (step.status == inflater::status::end) state_ = state::ended;
        if (step.status != inflater::status::more || step.written < buffer.size()) return;
    }
}

void content_decoder::pass(std::string_view plain, std::string& out, error_code& ec) {
    if (plain.size() > left_) {
        ec = boost::beast::http::error::body_limit;
        return;
    }
    left_ -= plain.size();
    out.append(plain);
}

}  // namespace coax::http::detail
