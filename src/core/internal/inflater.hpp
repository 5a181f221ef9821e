#pragma once

#include <zlib.h>

#include <cstddef>
#include <span>
#include <string_view>

namespace coax::core::detail {

/// zlib's inflate, piece by piece.
class inflater {
public:
    /// Window sizes of `inflateInit2`.
    static constexpr int gzip_window = 15 + 16;
    static constexpr int zlib_window = 15;
    static constexpr int raw_window = -15;

    enum class status : unsigned char { more, end, damaged };
    struct step_result {
        inflater::status status{};
        std::size_t written{0};
    };

    /// @throws std::bad_alloc
    explicit inflater(int window);
    inflater(inflater const&) = delete;
    inflater& operator=(inflater const&) = delete;
    ~inflater();

    /// Takes bytes off the front of `encoded` and fills `out`. A full `out` may mean that more is to come.
    [[nodiscard]] step_result step(std::string_view& encoded, std::span<char> out) noexcept;
    /// Begins a further stream.
    void reset() noexcept;

private:
    z_stream stream_{};
};

}  // namespace coax::core::detail
