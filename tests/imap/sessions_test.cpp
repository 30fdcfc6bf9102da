// Several sessions on one mailbox: who sees what when (RFC 9051 5.2, 7.5.1), and clients that do not read.
#include <gtest/gtest.h>

#include "imap/client.h"

namespace posthorn::imap {
namespace {

using test::Client;
using test::House;

class ImapSessions : public testing::TestWithParam<std::size_t> {
 protected:
  House house{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Cut, ImapSessions, testing::Values(0, 1, 3));

TEST_P(ImapSessions, SeeEachOthersFlags) {
  auto& a = house.selected();
  auto& b = house.selected();
  EXPECT_EQ(a.say("1 STORE 3 +FLAGS (\\Flagged Fresh)"),
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded Fresh)\r\n"
            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded Fresh \\*)] Flags that stay\r\n"
            "* 3 FETCH (FLAGS (\\Flagged Fresh))\r\n1 OK Done\r\n");
  EXPECT_EQ(b.say("1 NOOP"),
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded Fresh)\r\n"
            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded Fresh \\*)] Flags that stay\r\n"
            "* 3 FETCH (FLAGS (\\Flagged Fresh))\r\n1 OK Done\r\n");
  EXPECT_EQ(a.say("2 NOOP"), "2 OK Done\r\n") << "who did it is not told again";
  EXPECT_EQ(b.say("2 NOOP"), "2 OK Done\r\n");
}

TEST_P(ImapSessions, TellModSequencesOnceCondstoreIsEnabled) {
  auto& a = house.selected();
  auto& b = house.selected();
  b.say("1 ENABLE CONDSTORE");
  a.say("1 STORE 1 -FLAGS (\\Seen)");
  EXPECT_EQ(b.say("2 NOOP"), "* 1 FETCH (UID 1 FLAGS () MODSEQ (5))\r\n2 OK Done\r\n");
}

TEST_P(ImapSessions, HoldExpungesBackDuringFetchStoreAndSearch) {
  auto& a = house.selected();
  auto& b = house.selected();
  a.say("1 STORE 1 +FLAGS (\\Deleted)");
  EXPECT_EQ(a.say("2 EXPUNGE"), "* 1 EXPUNGE\r\n2 OK Done\r\n");
  // rfc:9051#7.5.1: the numbers are still those of before.
  EXPECT_EQ(b.say("1 FETCH 3 UID"), "* 3 FETCH (UID 3)\r\n1 OK Done\r\n");
  EXPECT_EQ(b.say("2 STORE 3 +FLAGS (\\Seen)"), "* 3 FETCH (FLAGS (\\Seen))\r\n2 OK Done\r\n");
  EXPECT_EQ(b.say("3 SEARCH SEEN SUBJECT Third"), "* SEARCH 3\r\n3 OK Done\r\n");
  EXPECT_EQ(b.say("4 FETCH 1 BODY.PEEK[]"), "4 NO [EXPUNGEISSUED] Some of the messages are gone\r\n");
  EXPECT_EQ(b.say("5 STORE 1 +FLAGS (\\Seen)"), "5 NO [EXPUNGEISSUED] Some of the messages are gone\r\n");
  EXPECT_EQ(b.say("6 COPY 1 Sent"), "6 NO [EXPUNGEISSUED] The messages are gone\r\n");
  EXPECT_EQ(b.say("7 UID FETCH 1 RFC822.SIZE"), "* 1 EXPUNGE\r\n7 OK Done\r\n");
  EXPECT_EQ(b.say("8 FETCH 1:* UID"), "* 1 FETCH (UID 2)\r\n* 2 FETCH (UID 3)\r\n8 OK Done\r\n");
}

TEST_P(ImapSessions, PushToIdleAtOnce) {
  auto& a = house.selected();
  auto& b = house.selected();
  EXPECT_EQ(b.say("1 IDLE"), "+ Idling\r\n");
  a.say("1 APPEND INBOX {3+}\r\nabc");
  EXPECT_EQ(b.take(), "* 4 EXISTS\r\n");
  a.say("2 STORE 4 +FLAGS.SILENT (\\Deleted)");
  EXPECT_EQ(b.take(), "* 4 FETCH (FLAGS (\\Deleted))\r\n");
  a.say("3 EXPUNGE");
  EXPECT_EQ(b.take(), "* 4 EXPUNGE\r\n");
  EXPECT_EQ(b.say("DONE"), "1 OK Done\r\n");
  a.say("4 STORE 1 FLAGS ()");
  EXPECT_EQ(b.take(), "") << "nothing is said while no command is in progress";
  EXPECT_EQ(b.say("2 IDLE"), "* 1 FETCH (FLAGS ())\r\n+ Idling\r\n");
}

TEST_P(ImapSessions, LearnOfMailThatCameAndWentOnlyAtTheirEnd) {
  auto& a = house.selected();
  auto& b = house.selected();
  a.say("1 APPEND INBOX (\\Deleted) {3+}\r\nabc");
  a.say("2 EXPUNGE");
  EXPECT_EQ(b.say("1 NOOP"), "1 OK Done\r\n");
  EXPECT_EQ(b.say("2 STATUS INBOX (UIDNEXT)"), "* STATUS INBOX (UIDNEXT 5)\r\n2 OK Done\r\n");
}

TEST_P(ImapSessions, KeepNumbersRightOverManyChanges) {
  auto& a = house.selected();
  auto& b = house.selected();
  for (int i = 0; i < 20; ++i) a.say("1 APPEND INBOX {3+}\r\nabc");
  a.say("2 UID STORE 2,5:7,20:* +FLAGS.SILENT (\\Deleted)");
  a.say("3 EXPUNGE");
  EXPECT_EQ(b.say("1 NOOP"), "* 2 EXPUNGE\r\n* 15 EXISTS\r\n1 OK Done\r\n");
  const auto of_a = a.say("4 FETCH 1:* (UID FLAGS)"), of_b = b.say("4 FETCH 1:* (UID FLAGS)");
  EXPECT_EQ(of_a, of_b);
}

TEST_P(ImapSessions, GoOnAfterTheirMailboxWasRenamedButNotAfterItWasDeleted) {
  auto& a = house.selected();
  auto& b = house.selected();
  a.say("1 CREATE Work");
  b.say("1 SELECT Work");
  a.say("2 RENAME Work Play");
  a.say("3 APPEND Play {3+}\r\nabc");
  EXPECT_EQ(b.say("2 NOOP"), "* 1 EXISTS\r\n2 OK Done\r\n");
  EXPECT_EQ(b.say("3 IDLE"), "+ Idling\r\n");
  EXPECT_EQ(a.say("4 DELETE Play"), "4 OK Done\r\n");
  EXPECT_EQ(b.take(), "* BYE The selected mailbox was deleted\r\n");
  EXPECT_TRUE(b.closed());
}

TEST_P(ImapSessions, LoseTheSelectedMailboxTheyDelete) {
  auto& a = house.selected();
  a.say("1 CREATE Work");
  a.say("2 SELECT Work");
  EXPECT_EQ(a.say("3 DELETE Work"), "* OK [CLOSED] The selected mailbox is deleted\r\n3 OK Done\r\n");
  EXPECT_EQ(a.say("4 FETCH 1 UID").substr(0, 5), "4 BAD");
}

TEST_P(ImapSessions, OfOthersSeeNothing) {
  auto& a = house.selected();
  auto& b = house.connected();
  b.say("1 LOGIN bob secret");
  b.say("2 SELECT INBOX");
  b.send("3 IDLE\r\n");
  EXPECT_EQ(b.take(), "+ Idling\r\n");
  a.say("1 APPEND INBOX {3+}\r\nabc");
  EXPECT_EQ(b.take(), "");
  EXPECT_EQ(b.say("DONE"), "3 OK Done\r\n");
  EXPECT_EQ(b.say("4 UID FETCH 1:* UID"), "4 OK Done\r\n");
}

TEST(ImapSlowReader, CostsNoMoreThanAPieceAndIsSentAway) {
  House house;
  auto& a = house.selected();
  ASSERT_EQ(a.say("1 APPEND INBOX {200000}"), "+ Go on\r\n");
  ASSERT_NE(a.say(std::string(200'000, 'm')).find("1 OK"), std::string::npos);
  // A client that asks for 20 MB and reads nothing (attacks.md E6).
  auto& b = house.connected(4096);
  b.say("1 LOGIN alice secret");
  b.say("2 SELECT INBOX");
  std::string commands;
  for (int i = 0; i < 100; ++i) commands += "f FETCH 4 BODY.PEEK[]\r\n";
  b.send(commands);
  house.clock.advance(std::chrono::minutes(4));
  EXPECT_FALSE(b.closed());
  house.clock.advance(std::chrono::minutes(2));
  const auto rest = b.take();
  EXPECT_TRUE(b.closed());
  EXPECT_LT(rest.size(), 10'000U) << "it was served after its time";
}

TEST(ImapSlowReader, InIdleIsSentAwayToo) {
  House house;
  auto& a = house.selected();
  auto& b = house.connected(64);
  b.say("1 LOGIN alice secret");
  b.say("2 SELECT INBOX");
  b.say("3 IDLE");
  for (int i = 0; i < 10; ++i) a.say("1 STORE 1:3 +FLAGS (K" + std::to_string(i) + ")");
  b.send("DONE\r\n");
  house.clock.advance(std::chrono::minutes(6));
  b.take();
  EXPECT_TRUE(b.closed());
}

TEST(ImapSlowReader, OfALargeMessageIsServedAsLongAsItReads) {
  House house;
  auto& a = house.selected();
  ASSERT_EQ(a.say("1 APPEND INBOX {2000000}"), "+ Go on\r\n");
  ASSERT_NE(a.say(std::string(2'000'000, 'm')).find("1 OK"), std::string::npos);
  auto& b = house.connected(65'536);
  b.say("1 LOGIN alice secret");
  b.say("2 SELECT INBOX");
  b.send("3 FETCH 4 BODY.PEEK[]\r\n");
  const auto all = b.take();
  EXPECT_EQ(all.size(), std::string("* 4 FETCH (BODY[] {2000000}\r\n)\r\n3 OK Done\r\n").size() + 2'000'000);
}

TEST(ImapAttacks, ManyAbortedLoginsLeaveAGoodOneAlone) {
  // attacks.md E4
  House house;
  for (int i = 0; i < 200; ++i) {
    auto& bad = house.connected();
    bad.say("a AUTHENTICATE PLAIN");
    bad.say("****");
  }
  auto& good = house.connected();
  EXPECT_NE(good.say("a LOGIN alice secret").find("a OK"), std::string::npos);
}

TEST(ImapAttacks, WildcardsOverManyMailboxesAreFast) {
  // attacks.md E5
  House house;
  auto& a = house.selected();
  std::string commands;
  for (int i = 0; i < 300; ++i) commands += "c CREATE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + std::to_string(i) + "\r\n";
  a.send(commands);
  a.take();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(a.say("l LIST \"\" \"*a*a*a*a*a*a*a*a*a*a*b\""), "l OK Done\r\n");
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(500));
}

// Of a large mailbox many rows are read on a worker, and only those between the changes.
TEST(ImapRoom, WhatManyChangesDidIsToldToOthers) {
  House house;
  auto& a = house.selected();
  auto& b = house.selected();
  constexpr std::size_t count = 10'203;
  auto& store = house.world.store;
  const auto prepared = *store.prepare("Subject: one of many\r\n\r\nx\r\n");
  for (int i = 0; i < 51; ++i) {
    store::Work work = [&](store::Transaction& tx) -> Status {
      for (int k = 0; k < 200; ++k) TRY(store.append(tx, test::alice, store::inbox_id, prepared, {}, house.clock.now()));
      return {};
    };
    boost::asio::co_spawn(house.context, store.transact(std::move(work)), [](const std::exception_ptr&, const Status& done) { EXPECT_TRUE(done); });
    house.clock.settle();
  }
  for (auto* one : {&a, &b}) EXPECT_EQ(one->say("1 NOOP"), "* " + std::to_string(count) + " EXISTS\r\n1 OK Done\r\n");
  const auto lines_of = [](const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  // All of them, some of those in a row, and some that stand far from each other.
  for (const auto& [set, changed] : {std::pair<std::string, std::size_t>{"1:*", count}, {"5:1004", 1000}, {"1:400,10000:10199", 600}}) {
    EXPECT_NE(a.say("2 STORE " + set + " +FLAGS.SILENT (\\Answered)").find("2 OK"), std::string::npos);
    EXPECT_EQ(lines_of(b.say("2 NOOP"), "\\Answered"), changed) << set;
    EXPECT_EQ(a.say("3 NOOP"), "3 OK Done\r\n");
    a.say("4 STORE " + set + " -FLAGS.SILENT (\\Answered)");
    EXPECT_EQ(lines_of(b.say("4 NOOP"), "FETCH"), changed) << set;
  }
  a.say("5 STORE 2001:4000 +FLAGS.SILENT (\\Deleted)");
  a.say("6 EXPUNGE");
  const auto told = b.say("5 NOOP");
  EXPECT_EQ(lines_of(told, "* 2001 EXPUNGE"), 1u);
  EXPECT_EQ(lines_of(told, "EXPUNGE"), 2000u);
  EXPECT_EQ(b.say("6 SEARCH UID 4000:4001"), "* SEARCH 2001\r\n6 OK Done\r\n");
}

// attacks.md E1: the memory of all sessions together. What counts is what came, not what was announced.
TEST(ImapRoom, AMessageIsTakenWhereThereIsRoomForIt) {
  net::Budget budget(200'000);
  House house;
  house.world.options.budget = &budget;
  auto& a = house.selected();
  auto& b = house.selected();
  EXPECT_EQ(a.say("1 APPEND INBOX {200001}"), "1 NO [UNAVAILABLE] Too much mail is being received now, try again later\r\n");
  EXPECT_EQ(a.say("2 APPEND INBOX {150000}"), "+ Go on\r\n");
  EXPECT_EQ(b.say("1 APPEND INBOX {150000}"), "+ Go on\r\n") << "nothing came yet";
  a.send(std::string(149'000, 'x'));
  b.send(std::string(149'000, 'x'));
  EXPECT_TRUE(b.take().starts_with("* BYE Too much mail is being received now"));
  EXPECT_TRUE(a.say(std::string(1'000, 'x')).ends_with("Done\r\n"));
  a.say("3 NOOP");
  EXPECT_TRUE(budget.has(200'000)) << "all was given back";
}

}  // namespace
}  // namespace posthorn::imap
