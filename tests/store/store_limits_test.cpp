// What is many, large, doubled or interrupted: no mail may get stuck behind the engine's budget, and nothing is counted twice.
#include <algorithm>

#include "store/engine/memory_engine.h"
#include "store/record/keys.h"
#include "store/test_store.h"

namespace posthorn::store {
namespace {

const std::string small_letter = "From: a@blue.test\r\nSubject: s\r\nMessage-ID: <1@blue.test>\r\n\r\nHi\r\n";

MailboxId id_of(TestStore& t, AccountId account, const char* name) { return (*t.store.view(account).mailbox(name))->id; }

std::vector<Uid> uids_of(TestStore& t, AccountId account, MailboxId where) {
  std::vector<Uid> out;
  const auto members = t.store.view(account).members(where);
  for (const auto& m : *members) out.push_back(m.uid);
  return out;
}

// The same blob again and again, with thread facts of the test's choosing.
void append_as(TestStore& t, AccountId account, Prepared prepared, std::vector<std::string> references, const std::string& subject) {
  prepared.message_id = references.at(0);
  prepared.references = std::move(references);
  prepared.base_subject = subject;
  const auto added = t.run(t.store.append(account, inbox_id, std::make_shared<const Prepared>(std::move(prepared)), {}, t.clock.now()));
  ASSERT_TRUE(added) << added.error().text();
}

std::vector<std::string> references_of(int message, int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.push_back(std::to_string(message) + "." + std::to_string(i) + "@x");
  return out;
}

int rows(TestStore& t, Space space) {
  int count = 0;
  static_cast<void>(t.store.snapshot()->scan(space, "", "", [&count](std::string_view, std::string_view) { return ++count > 0; }));
  return count;
}

TEST(StoreLimits, ALongThreadIsExpungedAtOnce) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto prepared = *t.store.prepare(small_letter);
  for (int i = 0; i < 500; ++i) {
    auto references = references_of(i, 2);
    references.push_back("root@x");
    append_as(t, alice, prepared, references, "one thread");
  }
  const auto gone = t.run(t.store.expunge(alice, inbox_id, uids_of(t, alice, inbox_id), Store::Expunge::all));
  ASSERT_TRUE(gone) << gone.error().text();
  EXPECT_EQ(gone->size(), 500u);
  EXPECT_EQ(rows(t, Space::thread), 0);
}

TEST(StoreLimits, AMailboxOfMessagesWithAHundredReferencesEachIsDeleted) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto prepared = *t.store.prepare(small_letter);
  for (int i = 0; i < 900; ++i) append_as(t, alice, prepared, references_of(i, 100), "s" + std::to_string(i));
  const auto box = t.run(t.store.create_mailbox(alice, "old"));
  ASSERT_TRUE(t.run(t.store.move(alice, inbox_id, uids_of(t, alice, inbox_id), box->id)));
  const auto gone = t.run(t.store.delete_mailbox(alice, "old"));
  EXPECT_TRUE(gone) << gone.error().text();
  EXPECT_EQ(rows(t, Space::email), 0);
  EXPECT_EQ(rows(t, Space::thread_join), 0);
}

TEST(StoreLimits, OneThreadTakesAnyNumberOfMessages) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto prepared = *t.store.prepare(small_letter);
  std::size_t largest = 0;
  for (int i = 0; i < 1500; ++i) append_as(t, alice, prepared, {"root@x"}, "flood");
  static_cast<void>(t.store.snapshot()->scan(Space::thread, "", "", [&largest](std::string_view, std::string_view value) {
    largest = std::max(largest, value.size());
    return true;
  }));
  EXPECT_LT(largest, 10'000u) << "every letter of a thread rewrites its record";
}

TEST(StoreLimits, AnEmailCopiedManyTimesCanStillBeExpunged) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto added = t.append(alice, small_letter);
  const auto archive = id_of(t, alice, "Archive");
  // Doubling: all of the archive is copied to the archive.
  ASSERT_TRUE(t.run(t.store.copy(alice, inbox_id, {added->uid}, archive)));
  for (int i = 0; i < 12; ++i)
    if (!t.run(t.store.copy(alice, archive, uids_of(t, alice, archive), archive))) break;
  EXPECT_GE(uids_of(t, alice, archive).size(), 256u);
  const auto gone = t.run(t.store.expunge(alice, archive, uids_of(t, alice, archive), Store::Expunge::all));
  ASSERT_TRUE(gone) << gone.error().text();
  EXPECT_EQ(t.store.view(alice).message(added->email), small_letter);
}

TEST(StoreLimits, NineThousandMessagesAreCopiedAtOnce) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto prepared = *t.store.prepare(small_letter);
  for (int i = 0; i < 20; ++i) append_as(t, alice, prepared, {std::to_string(i) + "@x"}, "s");
  for (int i = 0; i < 90; ++i) {
    Work work = [&](Transaction& tx) -> Status {
      for (int n = 0; n < 100; ++n)
        if (auto one = t.store.append(tx, alice, inbox_id, prepared, {}, t.clock.now()); !one) return fail(one.error());
      return {};
    };
    ASSERT_TRUE(t.run(t.store.transact(work)));
  }
  const auto all = uids_of(t, alice, inbox_id);
  const auto copied = t.run(t.store.copy(alice, inbox_id, all, id_of(t, alice, "Archive")));
  ASSERT_TRUE(copied) << copied.error().text();
  EXPECT_EQ(copied->uids.size(), all.size());
  t.check = false;  // reading 9,000 bodies again is another test's
}

TEST(StoreLimits, AUidNamedTwiceCountsOnce) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto archive = id_of(t, alice, "Archive");
  const auto one = t.append(alice, small_letter)->uid, two = t.append(alice, small_letter)->uid;
  FlagRequest seen;
  seen.flags = {"\\Seen"};
  EXPECT_EQ(t.run(t.store.change_flags(alice, inbox_id, {one, two, one}, seen))->changed.size(), 2u);
  EXPECT_EQ((*t.store.view(alice).mailbox(inbox_id))->counts.unseen, 0u);
  EXPECT_EQ(t.run(t.store.copy(alice, inbox_id, {one, one}, archive))->uids.size(), 1u);
  EXPECT_EQ(t.run(t.store.move(alice, inbox_id, {two, one, two}, archive))->uids.size(), 2u);
  EXPECT_EQ(t.run(t.store.expunge(alice, archive, uids_of(t, alice, archive), Store::Expunge::all))->size(), 3u);
}

// A local copy and one for the queue go in one transaction (post/handover), and each may be just too small to be staged.
TEST(StoreLimits, TwoLargeBlobsFitOneTransaction) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  std::string noise;
  while (noise.size() < 1'046'500) noise += *crypto::memory_keyring()->new_account_key(AccountId{1});
  const auto local = std::make_shared<const Prepared>(*t.store.prepare(noise));
  const auto outgoing = std::make_shared<const Prepared>(*t.store.prepare(noise));
  ASSERT_TRUE(t.run(t.store.stage(local)));
  ASSERT_TRUE(t.run(t.store.stage(outgoing)));
  Work work = [&](Transaction& tx) -> Status {
    if (auto added = t.store.append(tx, alice, inbox_id, *local, {}, t.clock.now()); !added) return fail(added.error());
    TRY(t.store.put_blob(tx, *outgoing));
    return t.store.add_blob_reference(tx, outgoing->blob, "q1");
  };
  const auto done = t.run(t.store.transact(work));
  EXPECT_TRUE(done) << done.error().text();
}

TEST(StoreLimits, ChildrenOfInboxAreFoundInAnyCase) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  ASSERT_TRUE(t.run(t.store.create_mailbox(alice, "Inbox/Lists")));
  EXPECT_TRUE(*t.store.view(alice).mailbox("Inbox/Lists"));
  EXPECT_TRUE(t.run(t.store.subscribe(alice, "inbox/Lists", false)));
  EXPECT_TRUE(t.run(t.store.rename_mailbox(alice, "Inbox/Lists", "inboX/Old")));
  EXPECT_TRUE(t.run(t.store.delete_mailbox(alice, "Inbox/Old")));
}

// -- garbage collection

std::string noise_of(std::size_t size) {
  std::string out;
  while (out.size() < size) out += *crypto::memory_keyring()->new_account_key(AccountId{out.size() + 1});
  return out;
}

TEST(StoreGarbage, TakesNothingThatIsCommittedWhileItLooks) {
  boost::asio::io_context engine_context;
  MemoryOptions options;
  options.executor = engine_context.get_executor();
  TestStore t(options);
  const auto with_engine = [&](auto task) {
    bool done = false;
    boost::asio::co_spawn(t.context, std::move(task), [&](std::exception_ptr, auto) { done = true; });
    while (!done) {
      t.context.restart();
      t.context.poll();
      engine_context.restart();
      engine_context.poll();
    }
  };
  with_engine(t.store.add_domain("blue.test"));
  with_engine(t.store.add_account("alice@blue.test", "secret"));
  const auto alice = (*t.store.account("alice@blue.test"))->id;
  const auto message = noise_of(3'000'000);
  const auto prepared = std::make_shared<const Prepared>(*t.store.prepare(message));
  with_engine(t.store.stage(prepared));
  with_engine(t.store.collect_garbage());
  t.clock.advance(std::chrono::hours(2));
  // The collector looks before the commit, and takes after it.
  Work work = [&](Transaction& tx) -> Status {
    if (auto added = t.store.append(tx, alice, inbox_id, *prepared, {}, t.clock.now()); !added) return fail(added.error());
    return {};
  };
  std::optional<Status> committed;
  boost::asio::co_spawn(t.context, t.store.transact(work), [&](std::exception_ptr, Status status) { committed = status; });
  t.context.restart();
  t.context.poll();
  with_engine(t.store.collect_garbage());
  ASSERT_TRUE(committed && *committed);
  EXPECT_EQ(t.store.view(alice).message(EmailId{1}), message);
}

TEST(StoreGarbage, AHalfErasedLargeMessageIsNotTakenForAStagedOne) {
  TestStore t;
  const auto alice = t.add("alice@blue.test"), bob = t.add("bob@blue.test");
  const auto message = noise_of(3'000'000);
  const auto prepared = std::make_shared<const Prepared>(*t.store.prepare(message));
  const auto append = [&](AccountId account) -> Status {
    Work work = [&](Transaction& tx) -> Status {
      if (auto added = t.store.append(tx, account, inbox_id, *prepared, {}, t.clock.now()); !added) return fail(added.error());
      return {};
    };
    return t.run(t.store.transact(work));
  };
  ASSERT_TRUE(t.run(t.store.stage(prepared)));
  ASSERT_TRUE(append(alice));
  ASSERT_TRUE(t.run(t.store.expunge(alice, inbox_id, {Uid{1}}, Store::Expunge::all)));
  EXPECT_FALSE(append(bob)) << "its first chunks are gone";
  ASSERT_TRUE(t.run(t.store.stage(prepared)));
  ASSERT_TRUE(append(bob));
  EXPECT_EQ(t.store.view(bob).message(EmailId{1}), message);
}

TEST(StoreGarbage, WhatIsLeftOfALargeMessageGoesWithoutWaiting) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto added = t.append(alice, noise_of(3'000'000));
  ASSERT_TRUE(t.run(t.store.expunge(alice, inbox_id, {added->uid}, Store::Expunge::all)));
  ASSERT_TRUE(t.run(t.store.collect_garbage()));
  EXPECT_EQ(rows(t, Space::chunk), 0);
}

TEST(StoreGarbage, AnAccountWhoseRemovalWasCutShortIsRemovedToTheEnd) {
  Fault fault;
  int cuts = 0;
  for (std::size_t n = 0; fault.at(n); ++n) {
    std::shared_ptr<crypto::Keyring> keys = crypto::memory_keyring();
    MemoryOptions options;
    options.fault = &fault;
    TestStore t(memory_engine(options), keys);
    t.check = false;
    static_cast<void>(t.run(t.store.add_domain("blue.test")));
    const auto alice = t.run(t.store.add_account("alice@blue.test", "x"));
    const auto bob = t.run(t.store.add_account("bob@blue.test", "x"));
    if (alice && bob) {
      for (int i = 0; i < 3; ++i) static_cast<void>(t.append(*alice, small_letter));
      static_cast<void>(t.append(*bob, small_letter));
    }
    const auto removed = t.run(t.store.remove_account("alice@blue.test"));
    TestStore after(t.engine->crash(n), keys);
    if (removed) {
      EXPECT_FALSE(*after.store.account("alice@blue.test"));
    }
    if (*after.store.account("alice@blue.test")) continue;
    ++cuts;
    ASSERT_TRUE(after.run(after.store.collect_garbage()));
    if (bob && *after.store.account("bob@blue.test")) {
      const auto left = after.store.view(*bob).account()->emails;
      EXPECT_EQ(rows(after, Space::email), static_cast<int>(left));
      EXPECT_EQ(rows(after, Space::blob), static_cast<int>(left));
    }
  }
  EXPECT_GT(cuts, 3);
}

TEST(StoreGarbage, KeepsTheLastTenThousandChanges) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto start = t.store.view(alice).modseq();
  for (int i = 0; i < 16'000; ++i) ASSERT_TRUE(t.run(t.store.subscribe(alice, "Junk", i % 2 == 1)));
  ASSERT_TRUE(t.run(t.store.collect_garbage()));
  const auto view = t.store.view(alice);
  EXPECT_EQ(view.changes(start).error().code, Errc::not_found);
  EXPECT_EQ(view.changes(ModSeq{number(view.modseq()) - 10'000})->size(), 10'000u);
  EXPECT_LT(rows(t, Space::log), 10'100);
}

}  // namespace
}  // namespace posthorn::store
