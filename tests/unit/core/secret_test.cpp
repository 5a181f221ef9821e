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
    EXPECT_EQ(redact("xsk-longerx", secret{"sk-longer"}), "x[secret]x");
    EXPECT_EQ(redact("sk-longersk-longer", secret{"sk-longer"}), "[secret][secret]");
}

TEST(Secret, APlaceholderForAKeyLeavesWordsAlone) {
    EXPECT_EQ(redact("a model that has no name", secret{"a"}), "a model that has no name");
    EXPECT_EQ(redact("untested, tested", secret{"test"}), "untested, tested");
    EXPECT_EQ(redact("key \"test\" is wrong: test", secret{"test"}), "key \"[secret]\" is wrong: [secret]");
}

}  // namespace
}  // namespace coax
