#include "table/internal/input_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace coax::table::detail {

namespace {

constexpr std::size_t buffer_bytes = 64U << 10U;
constexpr std::size_t head_bytes = 4;  // tell the compression

}  // namespace

input_file::input_file(std::string name, file_handle file) : name_{std::move(name)}, file_{std::move(file)} {}

result<input_file> input_file::open(std::string const& path, std::string name) {
    file_handle file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return file_error("cannot open", name, errno);
    input_file opened{std::move(name), std::move(file)};
    if (auto filled = opened.fill(); !filled) return filled.error();
    return opened;
}

result<input_file> input_file::open_decompressed(std::string const& path, std::string name) {
    auto opened = open(path, std::move(name));
    if (!opened) return opened;
    if (auto begun = opened->begin_decoding(); !begun) return begun.error();
    return opened;
}

/// Reads into the buffer, behind what is left of it, which is short.
result<void> input_file::fill() {
    std::string const left{rest_};
    buffer_.resize(buffer_bytes);
    left.copy(buffer_.data(), left.size());
    rest_ = {buffer_.data(), left.size()};
    for (;;) {
        auto const got = ::read(file_.get(), buffer_.data() + left.size(), buffer_.size() - left.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_error("cannot read", name_, errno);
        at_end_ = got == 0;
        rest_ = {buffer_.data(), left.size() + static_cast<std::size_t>(got)};
        return {};
    }
}

result<void> input_file::begin_decoding() {
    while (rest_.size() < head_bytes && !at_end_)
        if (auto filled = fill(); !filled) return filled;
    coding_ = compression_of_bytes(rest_);
    auto made = make_decoder(coding_);
    if (!made) {
        auto why = std::move(made).error();
        why.where = name_;
        return why;
    }
    decoder_ = std::move(*made);
    auto const promised = compression_of(name_);
    if (decoder_ || promised == compression::none) return {};
    auto const what = std::string{to_string(promised)};
    return error{.code = errc::io_failed,
                 .message = rest_.empty() ? "cut short: it is empty, which no " + what + " data is"
                                          : "named as " + what + " data, which it is not",
                 .where = name_};
}

result<std::string_view> input_file::next() {
    for (;;) {
        if (rest_.empty() && !at_end_)
            if (auto filled = fill(); !filled) return filled.error();
        if (!decoder_) return std::exchange(rest_, std::string_view{});
        decoded_.resize(buffer_bytes);
        auto const done = decoder_->step(rest_, decoded_);
        auto const what = std::string{to_string(coding_)};
        if (done.damaged) return error{.code = errc::io_failed, .message = "damaged " + what + " data", .where = name_};
        if (done.written > 0) return std::string_view{decoded_}.substr(0, done.written);
        if (!rest_.empty() || !at_end_) continue;
        if (decoder_->at_end()) return std::string_view{};
        return error{.code = errc::io_failed, .message = "cut short: the " + what + " data has no end", .where = name_};
    }
}

}  // namespace coax::table::detail
