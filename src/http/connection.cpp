#include "http/connection.hpp"

#include "http/errors.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

namespace coax::http::detail {
namespace {

constexpr std::size_t first_buffer_bytes = 4U << 10U;   // holds a usual response
constexpr std::size_t largest_read_bytes = 64U << 10U;  // beyond that a larger read is no faster
constexpr std::size_t one_record_bytes = 16U << 10U;    // TLS: what goes out as one record

/// What a connection has left, for the next one of the thread that needs some. So as few buffers are there as
/// connections are read from or written to at one moment, and not as many as wait.
struct spare_buffers {
    std::vector<char> input{};
    std::string head{};
};

spare_buffers& spare() {
    thread_local spare_buffers kept;
    return kept;
}

}  // namespace

connection::connection(asio::any_io_executor const& executor) : socket_{executor} {}

connection::~connection() {
    if (usable_ && tls_ != nullptr) tls_->shut_down();
}

void connection::adopt(asio::ip::tcp::socket connected, boost::system::error_code& ec) {
    socket_ = std::move(connected);
    socket_.set_option(asio::ip::tcp::no_delay{true}, ec);
    if (!ec) socket_.set_option(asio::socket_base::keep_alive{true}, ec);
    if (!ec) socket_.non_blocking(true, ec);
}

tls_stream& connection::start_tls(tls_context const& context, std::shared_ptr<tls_sessions> sessions,
                                  std::string const& host) {
    tls_ = std::make_unique<tls_stream>(context, std::move(sessions), socket_, host);
    return *tls_;
}

std::size_t connection::write(std::string_view& head, std::string_view& body, boost::system::error_code& ec) {
    std::size_t put = 0;
    if (tls_ == nullptr) {
        std::array<asio::const_buffer, 2> const both{asio::buffer(head), asio::buffer(body)};
        put = socket_.write_some(both, ec);
        wanted_ = asio::ip::tcp::socket::wait_write;
    } else {
        // A small body shares the record of its head.
        if (head.data() == head_.data() && head.size() == head_.size() &&
            head.size() + body.size() <= one_record_bytes) {
            head_.append(body);
            head = head_;
            body = {};
        }
        put = tls_->write(asio::buffer(head.empty() ? body : head), ec);
        wanted_ = tls_->wanted();
    }
    auto const of_head = std::min(put, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(put - of_head);
    return put;
}

std::size_t connection::read(boost::system::error_code& ec) {
    make_room();
    auto const room = asio::buffer(buffer_.data() + end_, std::min(buffer_.size() - end_, largest_read_bytes));
    std::size_t got = 0;
    if (tls_ == nullptr) {
        got = socket_.read_some(room, ec);
        wanted_ = asio::ip::tcp::socket::wait_read;
    } else {
        got = tls_->read(room, ec);
        wanted_ = tls_->wanted();
    }
    end_ += got;
    filled_ = end_ == buffer_.size();
    if (begin_ == end_) leave_buffer();
    return got;
}

std::string& connection::head() noexcept {
    if (head_.empty()) head_.swap(spare().head);
    head_.clear();
    return head_;
}

void connection::sent() noexcept {
    if (head_.capacity() > largest_read_bytes) head_ = {};
    head_.swap(spare().head);
    head_ = {};
}

void connection::leave_buffer() noexcept {
    begin_ = end_ = 0;
    if (buffer_.size() > spare().input.size()) buffer_.swap(spare().input);
    buffer_ = {};
}

void connection::make_room() {
    if (buffer_.empty()) buffer_.swap(spare().input);
    if (begin_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    // A read that filled the buffer says that more is coming.
    if (buffer_.empty())
        buffer_.resize(first_buffer_bytes);
    else if (end_ == buffer_.size() || (filled_ && buffer_.size() < largest_read_bytes))
        buffer_.resize(2 * buffer_.size());
}

std::string_view connection::status_line_completed() {
    constexpr std::size_t end_of_status = 12;  // of "HTTP/1.1 200"
    auto const text = input();
    if (text.size() > end_of_status && text[end_of_status] == '\r' && text.starts_with("HTTP/1.")) {
        buffer_.insert(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_ + end_of_status), ' ');
        ++end_;
    }
    return input();
}

boost::system::error_code connection::why_ended(boost::system::error_code failure) {
    boost::system::error_code alert;
    if (tls_ != nullptr) (void)read(alert);
    return refuses_client_certificate(alert) ? alert : failure;
}

bool connection::is_stale() {
    if (!input().empty()) return true;
    boost::system::error_code ec;
    if (tls_ != nullptr) {  // a late session ticket is no data
        char byte = 0;
        (void)tls_->read(asio::buffer(&byte, 1), ec);
        return ec != asio::error::would_block || tls_->wanted() != asio::ip::tcp::socket::wait_read;
    }
    char byte = 0;
    (void)socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, ec);
    return ec != asio::error::would_block && ec != asio::error::try_again;
}

bool connection::was_refused() { return tls_ != nullptr ? tls_->was_refused() : has_pending_error(socket_); }

}  // namespace coax::http::detail
