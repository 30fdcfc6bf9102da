// Emails as JMAP changes them, the states of its data types, and objects that are no mail.
#include <algorithm>

#include "store/record/records.h"
#include "store/test_store.h"

namespace posthorn::store {
namespace {

class Emails : public testing::Test {
 protected:
  std::shared_ptr<const Prepared> prepared(const std::string& subject) {
    auto made = t.store.prepare("Subject: " + subject + "\r\nMessage-ID: <" + subject + "@x>\r\n\r\nHi\r\n");
    return std::make_shared<const Prepared>(std::move(*made));
  }
  MailboxId box(const std::string& name) { return (*t.store.view(alice).mailbox(name))->id; }
  EmailId make(std::vector<MailboxId> boxes, std::vector<std::string> flags = {}) {
    auto made = t.run(t.store.create_email(alice, std::move(boxes), prepared("s" + std::to_string(++count)), std::move(flags), t.clock.now()));
    EXPECT_TRUE(made);
    return made ? made->email : EmailId{};
  }
  Status change(EmailPatch patch) {
    std::vector<EmailPatch> one{std::move(patch)};
    auto done = t.run(t.store.change_emails(alice, std::move(one)));
    return done ? done->each.front() : Status(fail(done.error()));
  }
  std::vector<std::string> keywords(EmailId id) {
    const auto view = t.store.view(alice);
    const auto shown = view.shown(id);
    return *shown ? view.keywords()->text((*shown)->keywords) : std::vector<std::string>{"not shown"};
  }
  std::vector<MailboxId> mailboxes(EmailId id) {
    const auto shown = t.store.view(alice).shown(id);
    return *shown ? (*shown)->mailboxes : std::vector<MailboxId>();
  }
  Uid uid_in(MailboxId mailbox, EmailId id) {
    const auto members = t.store.view(alice).members(mailbox);
    for (const auto& one : *members)
      if (one.email == id) return one.uid;
    return Uid{};
  }
  ModSeq state(DataType type) { return t.store.view(alice).states()[static_cast<std::size_t>(type)]; }

  TestStore t;
  AccountId alice = t.add("alice@blue.test");
  int count = 0;
};

using Names = std::vector<std::string>;

TEST_F(Emails, OneOfTwoMailboxesIsOneEmail) {
  const auto id = make({inbox_id, box("Archive")}, {"\\Seen"});
  EXPECT_EQ(mailboxes(id).size(), 2u);
  EXPECT_EQ(t.store.view(alice).account()->emails, 1u);
  EXPECT_EQ((*t.store.view(alice).mailbox(inbox_id))->counts.total, 1u);
}

// rfc:8621#4.1.1
TEST_F(Emails, KeywordsAreThoseOfAllMembershipsAndSeenNeedsAll) {
  const auto id = make({inbox_id, box("Archive")});
  t.run(t.store.change_flags(alice, inbox_id, {uid_in(inbox_id, id)}, {FlagChange::set, {"\\Seen", "\\Flagged"}, {}}));
  EXPECT_EQ(keywords(id), Names{"\\Flagged"});
  t.run(t.store.change_flags(alice, box("Archive"), {uid_in(box("Archive"), id)}, {FlagChange::add, {"\\Seen", "$work"}, {}}));
  EXPECT_EQ(keywords(id), (Names{"\\Seen", "\\Flagged", "$work"}));
}

TEST_F(Emails, SettingKeywordsSetsThemOnAllMemberships) {
  const auto id = make({inbox_id, box("Archive")}, {"old"});
  ASSERT_TRUE(change({.email = id, .mailboxes = {}, .mailbox_changes = {}, .keywords = Names{"\\Seen", "new"}, .keyword_changes = {}, .snooze = {}}));
  EXPECT_EQ(keywords(id), (Names{"\\Seen", "new"}));
  EXPECT_EQ((*t.store.view(alice).mailbox(box("Archive")))->counts.unseen, 0u);
  ASSERT_TRUE(change({.email = id, .mailboxes = {}, .mailbox_changes = {}, .keywords = {}, .keyword_changes = {{"new", false}, {"\\Flagged", true}}, .snooze = {}}));
  EXPECT_EQ(keywords(id), (Names{"\\Seen", "\\Flagged"}));
}

TEST_F(Emails, MailboxesAreReplacedOrChangedOneByOne) {
  const auto archive = box("Archive"), trash = box("Trash");
  const auto id = make({inbox_id}, {"\\Seen"});
  ASSERT_TRUE(change({.email = id, .mailboxes = std::vector{archive}, .mailbox_changes = {}, .keywords = {}, .keyword_changes = {}, .snooze = {}}));
  EXPECT_EQ(mailboxes(id), std::vector{archive});
  ASSERT_TRUE(change({.email = id, .mailboxes = {}, .mailbox_changes = {{trash, true}, {inbox_id, true}, {archive, false}}, .keywords = {}, .keyword_changes = {}, .snooze = {}}));
  EXPECT_EQ(mailboxes(id), (std::vector{inbox_id, trash}));
  EXPECT_EQ(keywords(id), Names{"\\Seen"}) << "a new membership has the keywords of the Email";
}

TEST_F(Emails, WhatCannotBeDoneIsRefusedWhole) {
  const auto id = make({inbox_id});
  EXPECT_EQ(change({.email = EmailId{99}, .mailboxes = {}, .mailbox_changes = {}, .keywords = Names{}, .keyword_changes = {}, .snooze = {}}).error().code, Errc::not_found);
  EXPECT_EQ(change({.email = id, .mailboxes = std::vector<MailboxId>{}, .mailbox_changes = {}, .keywords = Names{"x"}, .keyword_changes = {}, .snooze = {}}).error().code, Errc::invalid);
  EXPECT_EQ(change({.email = id, .mailboxes = std::vector{MailboxId{77}}, .mailbox_changes = {}, .keywords = Names{"x"}, .keyword_changes = {}, .snooze = {}}).error().code, Errc::invalid);
  EXPECT_EQ(keywords(id), Names());
}

TEST_F(Emails, MarkedDeletedByImapIsNotShownAndComesBack) {
  const auto id = make({inbox_id});
  t.run(t.store.change_flags(alice, inbox_id, {uid_in(inbox_id, id)}, {FlagChange::add, {"\\Deleted"}, {}}));
  EXPECT_EQ(keywords(id), Names{"not shown"});
  EXPECT_EQ(change({.email = id, .mailboxes = {}, .mailbox_changes = {}, .keywords = Names{}, .keyword_changes = {}, .snooze = {}}).error().code, Errc::not_found);
  t.run(t.store.change_flags(alice, inbox_id, {uid_in(inbox_id, id)}, {FlagChange::remove, {"\\Deleted"}, {}}));
  EXPECT_EQ(keywords(id), Names());
}

TEST_F(Emails, DestroyedAreGoneFromAllMailboxes) {
  const auto id = make({inbox_id, box("Archive")}), other = make({inbox_id});
  std::vector<EmailId> which{id, EmailId{99}, other};
  const auto done = t.run(t.store.destroy_emails(alice, std::move(which)));
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->each[0] && !done->each[1] && done->each[2]);
  EXPECT_EQ(done->commits.size(), 1u);
  EXPECT_EQ(t.store.view(alice).account()->emails, 0u);
}

// rfc:8621#1.5 and rfc:8620#5.1
TEST_F(Emails, AStateChangesWithItsOwnTypeOnly) {
  const auto id = make({inbox_id});
  const auto email = state(DataType::email), thread = state(DataType::thread), delivery = state(DataType::delivery), mailbox = state(DataType::mailbox);
  t.run(t.store.change_flags(alice, inbox_id, {uid_in(inbox_id, id)}, {FlagChange::add, {"\\Seen"}, {}}));
  EXPECT_NE(state(DataType::email), email);
  EXPECT_NE(state(DataType::mailbox), mailbox) << "a count changed";
  EXPECT_EQ(state(DataType::thread), thread);
  EXPECT_EQ(state(DataType::delivery), delivery);
  const auto before = state(DataType::email);
  t.run(t.store.create_mailbox(alice, "Work"));
  EXPECT_EQ(state(DataType::email), before);
  t.run(t.store.change_flags(alice, inbox_id, {uid_in(inbox_id, id)}, {FlagChange::add, {"\\Deleted"}, {}}));
  EXPECT_NE(state(DataType::thread), thread) << "the thread has lost an email";
  make({inbox_id});
  EXPECT_NE(state(DataType::delivery), delivery);
}

TEST_F(Emails, AMailboxChangesNameRoleAndOrderInOneCommit) {
  const auto work = t.run(t.store.create_mailbox(alice, "Work/Deep"))->id;
  ASSERT_TRUE(t.run(t.store.change_mailbox(alice, work, {"Projects", Role::important, 7, false})));
  const auto after = **t.store.view(alice).mailbox(work);
  EXPECT_EQ(after.name, "Projects");
  EXPECT_EQ(after.role, Role::important);
  EXPECT_EQ(after.sort_order, 7u);
  EXPECT_FALSE(after.subscribed);
  EXPECT_EQ(t.run(t.store.change_mailbox(alice, work, {"Work", Role::none, {}, {}})).error().code, Errc::exists);
  EXPECT_EQ((*t.store.view(alice).mailbox(work))->role, Role::important) << "all or nothing";
  EXPECT_EQ(t.run(t.store.change_mailbox(alice, inbox_id, {"Else", {}, {}, {}})).error().code, Errc::refused);
}

TEST_F(Emails, ObjectsHaveIdsAndAPlaceInTheLog) {
  std::vector<ObjectWrite> two{{DataType::identity, {}, "one"}, {DataType::vacation, {}, "two"}};
  const auto made = t.run(t.store.write_objects(alice, std::move(two)));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->modseq, t.store.view(alice).modseq());
  EXPECT_EQ(state(DataType::identity), made->modseq);
  std::vector<ObjectWrite> again{{DataType::identity, made->ids[0], "uno"}, {DataType::vacation, made->ids[1], {}}};
  ASSERT_TRUE(t.run(t.store.write_objects(alice, std::move(again))));
  const auto view = t.store.view(alice);
  EXPECT_EQ((*view.object(DataType::identity, made->ids[0]))->value, "uno");
  EXPECT_TRUE(view.objects(DataType::vacation)->empty());
  const auto changes = view.changes(ModSeq{number(made->modseq) - 1});
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].objects[0].how, Change::How::created);
  EXPECT_EQ((*changes)[1].objects[1].how, Change::How::destroyed);
  std::vector<ObjectWrite> gone{{DataType::vacation, made->ids[1], "x"}};
  EXPECT_EQ(t.run(t.store.write_objects(alice, std::move(gone))).error().code, Errc::not_found);
}

}  // namespace
}  // namespace posthorn::store
