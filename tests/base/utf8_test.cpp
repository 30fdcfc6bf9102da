// is_utf8 and is_ascii look at eight bytes a step: what is not ASCII must be seen at every place of a step.
#include <gtest/gtest.h>

#include "base/text.h"

namespace posthorn {
namespace {

TEST(Utf8, IsJudgedTheSameAtEveryPlace) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string head(before, 'a'), tail(after, 'b');
      EXPECT_TRUE(is_utf8(head + tail));
      EXPECT_TRUE(is_ascii(head + tail));
      EXPECT_TRUE(is_utf8(head + "\u00fc\u65e5" + tail));
      EXPECT_FALSE(is_ascii(head + "\u00fc" + tail));
      for (const std::string_view bad : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"})
        EXPECT_FALSE(is_utf8(head + std::string(bad) + tail));
    }
  }
}

}  // namespace
}  // namespace posthorn
