#include "store/engine/disk_reserve.h"

#include <gtest/gtest.h>

#include "engine_kit.h"

namespace posthorn::store {
namespace {

std::uintmax_t octets_in(const std::string& folder) {
  std::uintmax_t sum = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) sum += file.file_size();
  return sum;
}

TEST(DiskReserve, IsTakenOnceGivenUpOnceAndFoundAgainAfterARestart) {
  const test::Folder folder;
  const auto at = folder.path() + "/reserve";
  DiskReserve reserve(at, 4u << 20);
  EXPECT_FALSE(reserve.held());
  EXPECT_TRUE(reserve.take());
  EXPECT_FALSE(reserve.take());
  EXPECT_EQ(octets_in(at), 4u << 20);
  EXPECT_TRUE(DiskReserve(at, 4u << 20).held());
  EXPECT_FALSE(DiskReserve(at, 8u << 20).held()) << "it is to be larger now";
  EXPECT_TRUE(reserve.give_up());
  EXPECT_FALSE(reserve.give_up());
  EXPECT_EQ(octets_in(at), 0u);
  EXPECT_FALSE(DiskReserve(at, 4u << 20).held());
}

TEST(DiskReserve, OfNothingHoldsNothing) {
  DiskReserve none("", 0);
  EXPECT_FALSE(none.take());
  EXPECT_FALSE(none.is_short());
  EXPECT_GT(none.room(), std::uint64_t{1} << 60);
}

}  // namespace
}  // namespace posthorn::store
