#include <coax/core/secret.hpp>

#include <gtest/gtest.h>

#include <sstream>

namespace coax {
namespace {

TEST(Secret, NeverPrintsItself) {
    std::ostringstream out;
    out << secret{"sk-123"} << secret{};
    EXPECT_EQ(out.str(), "[secret][none]");
}

TEST(Redact, RemovesEveryOccurrence) {
    EXPECT_EQ(redact("key sk-1, again sk-1", secret{"sk-1"}), "key [secret], again [secret]");
    EXPECT_EQ(redact("nothing", secret{}), "nothing");
    EXPECT_EQ(redact("s", secret{"s"}), "[secret]");
}

}  // namespace
}  // namespace coax
