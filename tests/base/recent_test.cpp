// The memo forgets the oldest, never mixes values up, and takes a text anew.
#include "base/recent.h"

#include <gtest/gtest.h>

namespace posthorn {
namespace {

TEST(Recent, RemembersTheLastOnesAndForgetsTheOldest) {
  Recent<int, 4> recent;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(recent.find(std::to_string(i)), nullptr);
    EXPECT_EQ(recent.keep(std::to_string(i), i), i);
    for (int back = 0; back < 8 && back <= i; ++back) {
      const auto* known = recent.find(std::to_string(i - back));
      ASSERT_EQ(known != nullptr, back < 4) << i << " " << back;
      if (known != nullptr) {
        EXPECT_EQ(*known, i - back);
      }
    }
  }
}

TEST(Recent, AnotherValueForTheSameTextTakesNoSecondPlace) {
  Recent<int, 2> recent;
  recent.keep("a", 1);
  for (int i = 0; i < 10; ++i) recent.keep("b", i);
  ASSERT_NE(recent.find("a"), nullptr);
  EXPECT_EQ(*recent.find("b"), 9);
}

}  // namespace
}  // namespace posthorn
