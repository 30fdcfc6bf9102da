// Blobs (RFC 8620 section 6): uploads, messages and their parts; what belongs to another account is not there.
#include "jmap/core/blobs.h"
#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

constexpr auto blob_letter =
    "From: a@blue.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n--x\r\nContent-Type: image/png\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--x--\r\n";

TEST(Blobs, AnUploadComesBackAsItWent_section_6_1) {
  World world;
  for (const auto& bytes : {std::string(), std::string("x"), std::string(200'000, '\0'), std::string(3 << 20, 'y')}) {
    const auto id = world.test.run(keep_upload(world.services, world.alice, bytes, "text/x-test"));
    ASSERT_TRUE(id.has_value()) << id.error().text();
    const auto blob = read_blob(world.test.store, world.alice, *id);
    ASSERT_TRUE(blob.has_value() && blob->has_value());
    EXPECT_EQ((*blob)->bytes, bytes);
    EXPECT_EQ((*blob)->type, "text/x-test");
  }
}

TEST(Blobs, AMessageAndItsParts) {
  World world;
  const auto appended = world.test.append(world.alice, blob_letter);
  const auto whole = read_blob(world.test.store, world.alice, blob_of_email(appended->email));
  EXPECT_EQ((*whole)->bytes, blob_letter);
  const auto part = read_blob(world.test.store, world.alice, blob_of_part(appended->email, "2"));
  EXPECT_EQ((*part)->bytes, std::string("\0\1\2", 3));
  EXPECT_EQ((*part)->type, "image/png");
  for (const auto* bad : {"-0", "-3", "-2-1", "-2-0-0-0-0-0-0-0-0-0", "-x", "-", "--1", "-18446744073709551616"})
    EXPECT_FALSE(read_blob(world.test.store, world.alice, blob_of_email(appended->email) + bad)->has_value()) << bad;
}

// attacks.md F8
TEST(Blobs, AnothersIdNamesNothing_F8) {
  World world;
  const auto bob = world.test.add("bob@blue.test");
  const auto email = world.test.append(world.alice, blob_letter);
  const auto upload = world.test.run(keep_upload(world.services, world.alice, "secret", "text/plain"));
  EXPECT_FALSE(read_blob(world.test.store, bob, blob_of_email(email->email))->has_value());
  EXPECT_FALSE(read_blob(world.test.store, bob, *upload)->has_value());
}

TEST(Blobs, UploadsGoAfterADayAndWithTheAccount) {
  World world;
  const auto old = world.test.run(keep_upload(world.services, world.alice, std::string(100'000, 'a'), ""));
  world.test.clock.advance(std::chrono::hours(25));
  const auto fresh = world.test.run(keep_upload(world.services, world.alice, "b", ""));
  EXPECT_FALSE(read_blob(world.test.store, world.alice, *old)->has_value());
  EXPECT_TRUE(read_blob(world.test.store, world.alice, *fresh)->has_value());
  EXPECT_TRUE(world.test.run(world.test.store.remove_account("alice@blue.test")).has_value());
  // The store's verify() at the end finds any blob that nobody holds.
}

// rfc:8620#6 "an unreferenced blob MUST NOT be deleted for at least 1 hour"
TEST(Blobs, UploadsStayForAnHourWhateverElseComes) {
  World world;
  const auto first = world.test.run(keep_upload(world.services, world.alice, "first", ""));
  for (int i = 0; i < 5; ++i) {
    world.test.clock.advance(std::chrono::minutes(12));
    ASSERT_TRUE(world.test.run(keep_upload(world.services, world.alice, "another", "")));
    ASSERT_TRUE(world.test.run(world.test.store.collect_garbage()));
    EXPECT_TRUE(read_blob(world.test.store, world.alice, *first)->has_value()) << i;
  }
}

// rfc:8620#6 "the server MUST delete unreferenced blobs in date order, oldest first, until there is room for the new blob"
TEST(Blobs, TheOldestUploadsMakeRoom) {
  World world;
  std::vector<std::string> ids;
  for (int i = 0; i < 1003; ++i) {
    const auto made = world.test.run(keep_upload(world.services, world.alice, std::to_string(i), ""));
    ASSERT_TRUE(made.has_value()) << i;
    ids.push_back(*made);
  }
  const auto there = [&](std::size_t i) { return read_blob(world.test.store, world.alice, ids[i])->has_value(); };
  std::size_t gone = 0;
  while (gone < ids.size() && !there(gone)) ++gone;
  EXPECT_GE(gone, 1u);
  EXPECT_LE(gone, 3u) << "no more than it takes";
  for (auto i = gone; i < ids.size(); ++i) ASSERT_TRUE(there(i)) << i;
}

TEST(Blobs, NoIdIsTakenForAnother) {
  World world;
  for (const auto* bad : {"", "B", "BM", "BO", "M1", "BMx", "BX1", "BM1x", "bm1", "BM1-"})
    EXPECT_FALSE(read_blob(world.test.store, world.alice, bad)->has_value()) << bad;
}

}  // namespace
}  // namespace posthorn::jmap
