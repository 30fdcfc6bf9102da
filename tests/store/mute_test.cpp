// Conversations of which their reader wants to hear no more: what joins one goes into the archive, and nothing else does.
#include "store/mute.h"

#include "store/test_store.h"

namespace posthorn::store {
namespace {

class Mute : public testing::Test {
 protected:
  MailboxId box(const std::string& name) { return (*t.store.view(alice).mailbox(name))->id; }
  // A letter of the conversation that <first@x> began.
  static std::string letter(const std::string& id, const std::string& refers_to = "", const std::string& subject = "Plan") {
    return "Subject: " + subject + "\r\nMessage-ID: <" + id + "@x>\r\n" + (refers_to.empty() ? "" : "References: <" + refers_to + "@x>\r\n") + "\r\nHi\r\n";
  }
  Appended keep(const std::string& message, std::vector<std::string> flags = {}, MailboxId mailbox = inbox_id) {
    auto made = t.append(alice, message, std::move(flags), mailbox);
    EXPECT_TRUE(made);
    return made ? *made : Appended{};
  }
  std::optional<MailboxId> place_of(const std::string& message) {
    const auto prepared = t.store.prepare(message);
    std::optional<MailboxId> out;
    Work work = [&](Transaction& tx) -> Status {
      TRY_ASSIGN(out, place_if_muted(tx, alice, *prepared));
      return {};
    };
    EXPECT_TRUE(t.run(t.store.transact(std::move(work))));
    return out;
  }
  void flag(const Appended& letter, FlagChange how) { EXPECT_TRUE(t.run(t.store.change_flags(alice, inbox_id, {letter.uid}, {how, {std::string(muted_keyword)}, {}}))); }

  TestStore t;
  AccountId alice = t.add("alice@blue.test");
};

const std::vector<std::string> muted{std::string(muted_keyword)};

TEST_F(Mute, NothingIsMutedWhereNobodyDid) {
  EXPECT_EQ(place_of(letter("first")), std::nullopt);
  keep(letter("first"));
  EXPECT_EQ(place_of(letter("second", "first")), std::nullopt);
}

TEST_F(Mute, WhatJoinsGoesIntoTheArchiveAndNothingElse) {
  keep(letter("first"), muted);
  EXPECT_EQ(place_of(letter("second", "first", "Re: Plan")), box("Archive"));
  EXPECT_EQ(place_of(letter("second", "first", "Another matter")), std::nullopt) << "it begins a thread of its own";
  EXPECT_EQ(place_of(letter("second", "unknown")), std::nullopt);
  EXPECT_EQ(place_of(letter("alone", "", "Plan")), std::nullopt) << "the same subject is no thread";
}

TEST_F(Mute, OneLetterOfTheThreadIsEnoughWhereverItLies) {
  keep(letter("first"));
  keep(letter("second", "first"), muted, box("Archive"));
  keep(letter("third", "second"), {}, box("Sent"));
  EXPECT_EQ(place_of(letter("fourth", "third")), box("Archive"));
}

TEST_F(Mute, EndsWhenTheKeywordGoes) {
  const auto first = keep(letter("first"));
  flag(first, FlagChange::add);
  EXPECT_EQ(place_of(letter("second", "first")), box("Archive"));
  flag(first, FlagChange::remove);
  EXPECT_EQ(place_of(letter("second", "first")), std::nullopt);
}

// Strangers choose how long a thread is: only its last eight letters are read.
TEST_F(Mute, OnlyTheLastLettersOfALongThreadCount) {
  keep(letter("first"), muted);
  for (int i = 0; i < 7; ++i) keep(letter("n" + std::to_string(i), "first"));
  EXPECT_EQ(place_of(letter("next", "first")), box("Archive"));
  keep(letter("n7", "first"));
  EXPECT_EQ(place_of(letter("next", "first")), std::nullopt);
  keep(letter("n8", "first"), muted, box("Archive"));
  EXPECT_EQ(place_of(letter("next", "first")), box("Archive"));
}

TEST_F(Mute, WithoutAnArchiveItStaysInTheInbox) {
  keep(letter("first"), muted);
  ASSERT_TRUE(t.run(t.store.delete_mailbox(alice, "Archive")));
  EXPECT_EQ(place_of(letter("second", "first")), std::nullopt);
}

TEST_F(Mute, IsEachReadersOwn) {
  const auto bob = t.add("bob@blue.test");
  ASSERT_TRUE(t.append(bob, letter("first"), muted));
  keep(letter("first"));
  EXPECT_EQ(place_of(letter("second", "first")), std::nullopt);
}

}  // namespace
}  // namespace posthorn::store
