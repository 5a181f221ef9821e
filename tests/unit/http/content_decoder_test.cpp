#include "http/content_decoder.hpp"

#include "support/compressed.hpp"

#include <boost/beast/http/error.hpp>
#include <gtest/gtest.h>

#include <string>

namespace coax::http::detail {
namespace {

using coding = content_decoder::coding;
using test::compressed;
using test::compression;

/// What comes out of `encoded` fed in pieces; then "!" and the error, or "…" where the end is missing.
std::string decode(coding which, std::string_view encoded, std::size_t piece_bytes, std::size_t max_bytes) {
    content_decoder decoder{which, max_bytes};
    std::string out;
    boost::system::error_code ec;
    while (!encoded.empty() && !ec) {
        decoder.decode(encoded.substr(0, piece_bytes), out, ec);
        encoded.remove_prefix(std::min(piece_bytes, encoded.size()));
    }
    if (ec == boost::beast::http::error::body_limit) return "!too large";
    if (ec) return out + "!" + ec.message();
    return decoder.at_end() ? out : out + "…";
}

struct coding_case {
    char const* name;
    coding which;
    std::string encoded;
    std::string expected;
    std::size_t max_bytes{1'000};
};
void PrintTo(coding_case const& row, std::ostream* out) { *out << row.name; }
class ContentDecoder : public testing::TestWithParam<coding_case> {};

TEST_P(ContentDecoder, GivesTheSameHoweverItIsCut) {
    auto const& row = GetParam();
    for (std::size_t piece = 1; piece <= row.encoded.size() + 1; ++piece)
        EXPECT_EQ(decode(row.which, row.encoded, piece, row.max_bytes), row.expected) << "in pieces of " << piece;
}

std::string const hello = "Hello, hello, hello.";
std::string const gzip = compressed(hello, compression::gzip);
std::string const zlib = compressed(hello, compression::zlib);
std::string const raw = compressed(hello, compression::raw);

INSTANTIATE_TEST_SUITE_P(
    Rows, ContentDecoder,
    testing::Values(coding_case{"none", coding::none, hello, hello}, coding_case{"gzip", coding::gzip, gzip, hello},
                    coding_case{"deflate_with_zlibs_head", coding::deflate, zlib, hello},
                    coding_case{"deflate_without", coding::deflate, raw, hello},
                    coding_case{"two_members", coding::gzip, gzip + gzip, hello + hello},
                    coding_case{"padding", coding::gzip, gzip + std::string(9, '\0'), hello},
                    coding_case{"nothing", coding::gzip, "", ""},
                    coding_case{"said_to_be_gzip_and_is_not", coding::gzip, "{}", "{}"},
                    coding_case{"an_empty_body", coding::gzip, compressed("", compression::gzip), ""},
                    coding_case{"the_first_byte_only", coding::gzip, gzip.substr(0, 1), "…"},
                    coding_case{"a_whole_head_only", coding::gzip, gzip.substr(0, 10), "…"},
                    coding_case{"without_its_end", coding::gzip, gzip.substr(0, gzip.size() - 1), hello + "…"},
                    coding_case{"of_unknown_coding", coding::unknown, "x", "!the content coding is not supported"},
                    coding_case{"just_large_enough", coding::gzip, gzip, hello, hello.size()},
                    coding_case{"too_large", coding::gzip, compressed(std::string(100'000, 'a'), compression::gzip),
                                "!too large"},
                    coding_case{"plain_and_too_large", coding::none, hello, "!too large", hello.size() - 1}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ContentDecoder, DamageIsToldNotGuessedAt) {
    for (std::size_t at : {2U, 3U, 12U, 18U}) {
        auto damaged = gzip;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        EXPECT_NE(decode(coding::gzip, damaged, 1'000, 1'000).find("!the compressed data is damaged"),
                  std::string::npos)
            << at;
    }
}

struct name_case {
    char const* value;
    coding expected;
};
class CodingOf : public testing::TestWithParam<name_case> {};

TEST_P(CodingOf, FollowsTheTable) { EXPECT_EQ(content_decoder::coding_of(GetParam().value), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(Rows, CodingOf,
                         testing::Values(name_case{"", coding::none}, name_case{"identity", coding::none},
                                         name_case{"gzip", coding::gzip}, name_case{" GZip ", coding::gzip},
                                         name_case{"x-gzip", coding::gzip}, name_case{"deflate", coding::deflate},
                                         name_case{"br", coding::unknown}, name_case{"gzip, br", coding::unknown}));

}  // namespace
}  // namespace coax::http::detail
