// A letter to many mailboxes is one commit, however much their rows are together.
#include "post/world.h"

namespace posthorn::post {
namespace {

TEST(ManyRecipients, GetALetterWithALargeHeaderInOneCommit) {
  World w;
  std::vector<smtp::RcptTo> everybody;
  std::vector<AccountId> accounts;
  for (int i = 0; i < 16; ++i) {
    const auto address = "person" + std::to_string(i) + "@blue.test";
    accounts.push_back(w.account(w.blue, address));
    everybody.push_back(World::to(address));
  }
  // Each mailbox keeps who it was for: far more than the two MiB of a usual commit in all.
  std::string to = "To: first@elsewhere.test";
  for (int i = 0; to.size() < 200'000; ++i) to += ",\r\n person.with.a.long.name." + std::to_string(i) + "@a-domain-of-some-length.elsewhere.test";
  const auto message = "From: x@elsewhere.test\r\n" + to + "\r\nSubject: all of you\r\n\r\nHi\r\n";
  const auto before = w.blue.engine->syncs();
  const auto reply = w.hand_in(w.blue, World::stranger(), {}, everybody, message);
  EXPECT_EQ(reply.code, 250) << reply.text;
  EXPECT_EQ(w.blue.engine->syncs(), before + 1);
  for (const auto account : accounts) EXPECT_EQ(World::inbox(w.blue, account).size(), 1u);
}

// Without SIZE nobody knows at RCPT that a letter will not fit. It comes to all, and then that one mailbox is full.
TEST(ManyRecipients, AMailboxThatALetterFillsKeepsItFromNobody) {
  World w;
  const auto carol = w.account(w.blue, "carol@blue.test", 1500), dave = w.account(w.blue, "dave@blue.test");
  const auto text = "From: x@elsewhere.test\r\nSubject: x\r\n\r\n" + std::string(600, 'x') + "\r\n";
  const std::vector<smtp::RcptTo> both = {World::to("carol@blue.test"), World::to("dave@blue.test")};
  for (std::size_t i = 1; i <= 2; ++i) {
    const auto reply = w.hand_in(w.blue, World::stranger(), {}, both, text);
    EXPECT_EQ(reply.code, 250) << i << reply.text;
    EXPECT_EQ(World::inbox(w.blue, dave).size(), i);
    EXPECT_EQ(World::inbox(w.blue, carol).size(), i);
  }
  // Now it is over its quota, and said so at RCPT, to it alone.
  const auto reply = w.hand_in(w.blue, World::stranger(), {}, {World::to("carol@blue.test")}, text);
  EXPECT_EQ(reply.code, 552);
  EXPECT_EQ(reply.enhanced, "5.2.2");
}

}  // namespace
}  // namespace posthorn::post
