#pragma once

#include "http/content_decoder.hpp"
#include "http/plain_head.hpp"

#include <coax/http/message.hpp>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coax::http::detail {

/// Beast's HTTP/1 parser, filling our own types: fields into a header_list, body bytes onto a string, decoded. A
/// response whose head is plain does not need it.
class response_parser final : private boost::beast::http::basic_parser<false> {
    using base = boost::beast::http::basic_parser<false>;

public:
    using error_code = boost::beast::error_code;

    struct limits {
        std::size_t header_bytes;
        std::size_t body_bytes;  ///< As it comes, and decoded.
        bool bodiless{false};    ///< The response to HEAD or CONNECT.
    };

    explicit response_parser(limits bounds) : bounds_{bounds} {
        header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(bounds.header_bytes, UINT32_MAX)));
        body_limit(bounds.body_bytes);
        if (bounds.bodiless) skip(true);
        eager(true);
    }

    /// Where the body goes; must be set, and live, whenever `put` is called.
    void body_to(std::string& sink) noexcept { sink_ = &sink; }

    /// So many bytes are going to be put: makes room for what of them is body, once, and not for each chunk.
    void expect(std::size_t bytes) {
        if (is_header_done()) sink_->reserve(sink_->size() + bytes);
    }

    /// Takes bytes of the response. @returns How many; with `error::need_more` the rest is wanted again, and more.
    std::size_t put(boost::asio::const_buffer input, error_code& ec) {
        std::string_view const text{static_cast<char const*>(input.data()), input.size()};
        if (!is_plain_ && !base::got_some() && begin_plain(text))
            return head_bytes_ + take_plain(text.substr(head_bytes_));
        return is_plain_ ? take_plain(text) : base::put(input, ec);
    }
    /// The connection has ended.
    void put_eof(error_code& ec) {
        if (!is_plain_) return base::put_eof(ec);
        if (plain_left_ > 0) ec = boost::beast::http::error::partial_message;
    }
    [[nodiscard]] bool got_some() const noexcept { return is_plain_ || base::got_some(); }
    [[nodiscard]] bool is_header_done() const noexcept { return is_plain_ || base::is_header_done(); }
    [[nodiscard]] bool is_done() const noexcept { return is_plain_ ? plain_left_ == 0 : base::is_done(); }
    /// Whether the connection can serve another request.
    [[nodiscard]] bool keep_alive() const { return is_plain_ || base::keep_alive(); }

    /// `put` wants at least so many bytes: older Beast asserts that an empty last chunk does not come in smaller pieces
    /// than its five bytes. Between chunks no response ends with fewer, so nothing is held back for good. Newer Beast
    /// reads that chunk in steps, the last one of two bytes, so holding back would be for good.
    [[nodiscard]] std::size_t least_input() const noexcept {
#if BOOST_BEAST_VERSION >= 359
        return 1;
#else
        return base::is_header_done() && chunked() && chunk_left_ == 0 ? 5 : 1;
#endif
    }

    [[nodiscard]] int status_code() const noexcept { return status_; }
    [[nodiscard]] header_list& headers() noexcept { return headers_; }
    [[nodiscard]] header_list const& headers() const noexcept { return headers_; }

private:
    using string_view = boost::beast::string_view;
    using field = boost::beast::http::field;

    /// Takes the head, where it is plain and within the bounds.
    bool begin_plain(std::string_view text) {
        headers_.reserve(usual_fields, 0);
        auto const head = bounds_.bodiless ? std::nullopt : parse_plain_head(text, headers_);
        is_plain_ = head && head->head_bytes <= bounds_.header_bytes && head->body_bytes <= bounds_.body_bytes;
        if (!is_plain_) return headers_.clear(), false;
        status_ = head->status;
        head_bytes_ = head->head_bytes;
        plain_left_ = head->body_bytes;
        reserve_body(plain_left_);
        return true;
    }

    std::size_t take_plain(std::string_view text) {
        auto const body = text.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(plain_left_, text.size())));
        sink_->append(body);
        plain_left_ -= body.size();
        return body.size();
    }

    /// What a header claims is believed only so far before the bytes are there.
    void reserve_body(std::uint64_t length) {
        sink_->reserve(static_cast<std::size_t>(std::min<std::uint64_t>(length, most_reserved)));
    }

    void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override {}

    void on_response_impl(int code, string_view, int, error_code& ec) override {
        status_ = code;
        if (code < 100) ec = boost::beast::http::error::bad_status;
        headers_.reserve(usual_fields, usual_head_bytes);
    }

    void on_field_impl(field, string_view name, string_view value, error_code&) override {
        headers_.add({name.data(), name.size()}, {value.data(), value.size()});
    }

#if BOOST_BEAST_VERSION >= 359
    void on_trailer_field_impl(field, string_view, string_view, error_code&) override {}
#endif

    void on_header_impl(error_code&) override {
        auto const coding = content_decoder::coding_of(headers_.find("content-encoding"));
        if (coding == content_decoder::coding::none) return;
        drops_body_ = coding == content_decoder::coding::unknown && status_ >= 400;  // the status says enough
        if (!drops_body_) decoder_.emplace(coding, bounds_.body_bytes);
    }

    std::size_t take_body(string_view body, error_code& ec) {
        if (decoder_)
            decoder_->decode({body.data(), body.size()}, *sink_, ec);
        else if (!drops_body_)
            sink_->append(body.data(), body.size());
        return body.size();
    }

    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override {
        if (length) reserve_body(*length);
    }

    std::size_t on_body_impl(string_view body, error_code& ec) override { return take_body(body, ec); }

    void on_chunk_header_impl(std::uint64_t size, string_view, error_code&) override { chunk_left_ = size; }

    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
        chunk_left_ -= body.size();
        return take_body(body, ec);
    }

    void on_finish_impl(error_code& ec) override {
        if (decoder_ && !decoder_->at_end()) ec = boost::beast::http::error::partial_message;
    }

    static constexpr std::uint64_t most_reserved = 1U << 20U;
    static constexpr std::size_t usual_fields = 24;
    static constexpr std::size_t usual_head_bytes = 1U << 10U;

    limits bounds_;
    bool is_plain_{false};  // and Beast's parser is not used
    std::size_t head_bytes_{0};
    std::uint64_t plain_left_{0};
    std::uint64_t chunk_left_{0};
    int status_{0};
    header_list headers_;
    std::string* sink_{nullptr};
    std::optional<content_decoder> decoder_;
    bool drops_body_{false};
};

}  // namespace coax::http::detail
