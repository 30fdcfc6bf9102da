// Emails that sleep come back at their time, unseen, also after a restart, and only if they still sleep.
#include "store/snooze.h"

#include "store/test_store.h"

namespace posthorn::store {
namespace {

using std::chrono::hours;

class SilentLog final : public Log {
 public:
  void write(Level, std::string_view, std::initializer_list<Field>) override {}
};

class SnoozeTest : public ::testing::Test {
 protected:
  EmailId letter() {
    auto made = t.append(alice, "Subject: x\r\n\r\nHi\r\n", {"\\Seen"});
    EXPECT_TRUE(made);
    return made->email;
  }
  WallTime in(Duration time) { return t.clock.now() + std::chrono::duration_cast<WallTime::duration>(time); }
  void sleep(EmailId email, Duration time, MailboxId to = inbox_id) {
    EmailPatch patch;
    patch.email = email;
    patch.mailboxes = std::vector<MailboxId>{bed};
    patch.snooze = Snooze{in(time), to};
    change(std::move(patch));
    waker->add(alice, email, in(time));
  }
  void change(EmailPatch patch) {
    std::vector<EmailPatch> patches;
    patches.push_back(std::move(patch));
    auto done = t.run(t.store.change_emails(alice, std::move(patches)));
    ASSERT_TRUE(done && done->each.front());
  }
  std::vector<MailboxId> where(EmailId email) { return t.store.view(alice).shown(email)->value().mailboxes; }
  bool seen(EmailId email) { return t.store.view(alice).shown(email)->value().keywords.has(SystemFlag::seen); }
  void pass(Duration time) { t.clock.advance(time); }
  void start() {
    waker = std::make_unique<Waker>(t.context.get_executor(), t.store, log);
    ASSERT_TRUE(waker->start());
  }
  void SetUp() override {
    alice = t.add("alice@blue.test");
    bed = t.run(t.store.create_mailbox(alice, "Snoozed", Role::snoozed))->id;
    start();
  }
  void TearDown() override { waker->stop(); }

  TestStore t;
  SilentLog log;
  AccountId alice{};
  MailboxId bed{};
  std::unique_ptr<Waker> waker;
};

TEST_F(SnoozeTest, ComesBackAtItsTimeUnseen) {
  const auto email = letter(), other = letter();
  sleep(email, hours(2));
  sleep(other, hours(30));
  pass(hours(1));
  EXPECT_EQ(where(email), std::vector<MailboxId>{bed});
  EXPECT_TRUE(sleeping(*t.store.snapshot(), alice, email)->has_value());
  pass(hours(2));
  EXPECT_EQ(where(email), std::vector<MailboxId>{inbox_id});
  EXPECT_FALSE(seen(email));
  EXPECT_FALSE(sleeping(*t.store.snapshot(), alice, email)->has_value());
  EXPECT_EQ(where(other), std::vector<MailboxId>{bed});
  pass(hours(48));
  EXPECT_EQ(where(other), std::vector<MailboxId>{inbox_id});
}

TEST_F(SnoozeTest, ComesBackAfterARestartAlsoIfItsTimePassedMeanwhile) {
  const auto email = letter(), other = letter();
  sleep(email, hours(2));
  sleep(other, hours(50));
  waker->stop();
  waker.reset();
  pass(hours(24));
  EXPECT_EQ(where(email), std::vector<MailboxId>{bed});
  start();
  pass(std::chrono::seconds(1));
  EXPECT_EQ(where(email), std::vector<MailboxId>{inbox_id});
  EXPECT_EQ(where(other), std::vector<MailboxId>{bed});
  pass(hours(30));
  EXPECT_EQ(where(other), std::vector<MailboxId>{inbox_id});
}

TEST_F(SnoozeTest, StaysWhereItsOwnerPutItMeanwhile) {
  const auto archived = letter(), longer = letter(), awake = letter(), gone = letter();
  const auto archive = t.store.view(alice).mailbox("Archive")->value().id;
  for (const auto one : {archived, longer, awake, gone}) sleep(one, hours(2));
  EmailPatch away{archived, std::vector<MailboxId>{archive}, {}, {}, {}, {}};
  change(std::move(away));
  sleep(longer, hours(40));
  EmailPatch up{awake, std::nullopt, {}, {}, {}, Snooze{}};
  change(std::move(up));
  ASSERT_TRUE(t.run(t.store.destroy_emails(alice, {gone})));
  pass(hours(3));
  EXPECT_EQ(where(archived), std::vector<MailboxId>{archive});
  EXPECT_EQ(where(longer), std::vector<MailboxId>{bed});
  EXPECT_EQ(where(awake), std::vector<MailboxId>{bed}) << "told to sleep no longer, and left there";
  EXPECT_FALSE(sleeping(*t.store.snapshot(), alice, archived)->has_value());
  pass(hours(40));
  EXPECT_EQ(where(longer), std::vector<MailboxId>{inbox_id});
}

TEST_F(SnoozeTest, GoesToTheInboxIfItsMailboxIsGone) {
  const auto work = t.run(t.store.create_mailbox(alice, "Work"))->id;
  const auto email = letter();
  sleep(email, hours(2), work);
  ASSERT_TRUE(t.run(t.store.delete_mailbox(alice, "Work")));
  pass(hours(3));
  EXPECT_EQ(where(email), std::vector<MailboxId>{inbox_id});
}

TEST_F(SnoozeTest, FallingAsleepIsAChangeOfTheEmail) {
  const auto email = letter();
  const auto before = t.store.view(alice).states();
  EmailPatch patch{email, std::nullopt, {}, {}, {}, Snooze{in(hours(1)), inbox_id}};
  change(std::move(patch));
  const auto index = static_cast<std::size_t>(DataType::email);
  EXPECT_GT(number(t.store.view(alice).states()[index]), number(before[index]));
}

}  // namespace
}  // namespace posthorn::store
