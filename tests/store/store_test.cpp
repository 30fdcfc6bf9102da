// The store's behaviour, one subject a test; the random model check and the power cuts stand in store_model_test.cpp.
#include "store/test_store.h"

#include <algorithm>

namespace posthorn::store {
namespace {

const std::string letter =
    "From: Alice <alice@blue.test>\r\nTo: bob@green.test\r\nSubject: Hello\r\nMessage-ID: <1@blue.test>\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n\r\nHi Bob\r\n";

std::string reply_to(const std::string& id, const std::string& own, const std::string& subject) {
  return "From: bob@green.test\r\nSubject: " + subject + "\r\nMessage-ID: <" + own + ">\r\nIn-Reply-To: <" + id + ">\r\n\r\nYes\r\n";
}

std::vector<std::string> flags_of(TestStore& t, AccountId account, MailboxId mailbox, Uid uid) {
  const auto view = t.store.view(account);
  const auto member = view.member(mailbox, uid);
  return view.keywords()->text((*member)->flags);
}

MailboxId mailbox(TestStore& t, AccountId account, const char* name) { return (*t.store.view(account).mailbox(name))->id; }

TEST(Store, NewAccountsHaveTheirFirstMailboxes) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  std::vector<std::string> names;
  const auto all = t.store.view(alice).mailboxes();
  for (const auto& m : *all) names.push_back(m.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"}));
  EXPECT_EQ(mailbox(t, alice, "inbox"), inbox_id);
}

TEST(Store, GivesBackEveryByteOfAMessage) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  std::string large = letter;
  while (large.size() < 5'000'000) large += "line " + std::to_string(large.size() * 2654435761u) + "\r\n";
  for (const auto& message : {std::string(), letter, std::string(65'536, 'x'), std::string(65'537, 'y'), large}) {
    const auto added = t.append(alice, message);
    ASSERT_TRUE(added) << added.error().text();
    EXPECT_EQ(t.store.view(alice).message(added->email), message);
  }
  EXPECT_EQ(t.store.view(alice).account()->emails, 5u);
}

TEST(Store, EvidenceIsKeptSealedWithTheEmailAndGoesWithIt) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  auto prepared = t.store.prepare(letter);
  ASSERT_TRUE(prepared);
  t.store.attach_evidence(*prepared, R"({"spf":"pass"})");
  EXPECT_EQ(prepared->evidence.find("spf"), std::string::npos);
  const auto added = t.run(t.store.append(alice, inbox_id, std::make_shared<const Prepared>(std::move(*prepared)), {}, t.store.clock().now()));
  ASSERT_TRUE(added);
  EXPECT_EQ(t.store.view(alice).evidence(added->email).value(), std::optional<std::string>(R"({"spf":"pass"})"));
  const auto plain = t.append(alice, letter);
  EXPECT_EQ(t.store.view(alice).evidence(plain->email).value(), std::optional<std::string>());
  ASSERT_TRUE(t.run(t.store.expunge(alice, inbox_id, {added->uid}, Store::Expunge::all)));
  EXPECT_EQ(t.store.view(alice).evidence(added->email).value(), std::optional<std::string>());
}

TEST(Store, CopiesShareTheEmailAndKeepTheirOwnFlags) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto added = t.append(alice, letter, {"\\Seen", "$Work"});
  const auto archive = mailbox(t, alice, "Archive");
  const auto copied = t.run(t.store.copy(alice, inbox_id, {added->uid}, archive));
  ASSERT_TRUE(copied);
  const auto uid = copied->uids.at(0).second;
  EXPECT_EQ(flags_of(t, alice, archive, uid), (std::vector<std::string>{"\\Seen", "$Work"}));
  FlagRequest request;
  request.change = FlagChange::remove;
  request.flags = {"\\Seen"};
  ASSERT_TRUE(t.run(t.store.change_flags(alice, archive, {uid}, request)));
  EXPECT_EQ(flags_of(t, alice, inbox_id, added->uid), (std::vector<std::string>{"\\Seen", "$Work"}));
  EXPECT_EQ((*t.store.view(alice).email(added->email))->members.size(), 2u);
  EXPECT_EQ(t.store.view(alice).account()->used_bytes, letter.size());
  // The email goes with its last membership only.
  ASSERT_TRUE(t.run(t.store.expunge(alice, inbox_id, {added->uid}, Store::Expunge::all)));
  EXPECT_EQ(t.store.view(alice).message(added->email), letter);
  ASSERT_TRUE(t.run(t.store.expunge(alice, archive, {uid}, Store::Expunge::all)));
  EXPECT_FALSE(t.store.view(alice).message(added->email));
}

TEST(Store, UidsAndModseqsOnlyRise) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto first = t.append(alice, letter);
  const auto before = t.store.view(alice).modseq();
  ASSERT_TRUE(t.run(t.store.expunge(alice, inbox_id, {first->uid}, Store::Expunge::all)));
  const auto second = t.append(alice, letter);
  EXPECT_GT(number(second->uid), number(first->uid));
  EXPECT_EQ(number(t.store.view(alice).modseq()), number(before) + 2);
}

TEST(Store, UnchangedSinceRefusesWhatChangedMeanwhile) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto added = t.append(alice, letter);
  const auto seen = t.store.view(alice).modseq();
  FlagRequest request;
  request.change = FlagChange::add;
  request.flags = {"\\Flagged"};
  request.unchanged_since = seen;
  EXPECT_TRUE(t.run(t.store.change_flags(alice, inbox_id, {added->uid}, request))->modified.empty());
  const auto again = t.run(t.store.change_flags(alice, inbox_id, {added->uid}, request));
  EXPECT_EQ(again->modified, std::vector<Uid>{added->uid});
}

TEST(Store, ChangesTellWhatHappenedSince) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto start = t.store.view(alice).modseq();
  const auto added = t.append(alice, letter);
  const auto trash = mailbox(t, alice, "Trash");
  ASSERT_TRUE(t.run(t.store.move(alice, inbox_id, {added->uid}, trash)));
  const auto changes = t.store.view(alice).changes(start);
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].added.at(0).uid, added->uid);
  EXPECT_EQ((*changes)[1].expunged.at(0).mailbox, inbox_id);
  EXPECT_EQ((*changes)[1].added.at(0).mailbox, trash);
  EXPECT_TRUE(t.store.view(alice).changes(t.store.view(alice).modseq())->empty());
}

TEST(Store, QuotaRefusesWhatDoesNotFitAndCountsEmailsOnce) {
  TestStore t;
  const auto alice = t.add("alice@blue.test", "secret", letter.size() * 2);
  const auto first = t.append(alice, letter);
  ASSERT_TRUE(t.run(t.store.copy(alice, inbox_id, {first->uid}, mailbox(t, alice, "Archive"))));
  ASSERT_TRUE(t.append(alice, letter));
  EXPECT_EQ(t.append(alice, letter).error().code, Errc::over_quota);
}

TEST(Store, ThreadsJoinRepliesOfTheSameSubject) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto thread = [&](const Result<Appended>& a) { return (*t.store.view(alice).email(a->email))->thread; };
  const auto first = t.append(alice, letter);
  const auto reply = t.append(alice, reply_to("1@blue.test", "2@green.test", "Re: Hello"));
  const auto deep = t.append(alice, reply_to("2@green.test", "3@green.test", "AW: hello"));
  const auto other = t.append(alice, reply_to("1@blue.test", "4@green.test", "Something else"));
  EXPECT_EQ(thread(first), thread(reply));
  EXPECT_NE(thread(first), thread(other));
  static_cast<void>(deep);
}

TEST(Store, OneBlobServesSeveralAccountsAndGoesWithTheLast) {
  TestStore t;
  const auto alice = t.add("alice@blue.test"), bob = t.add("bob@blue.test");
  auto prepared = std::make_shared<const Prepared>(*t.store.prepare(letter));
  Work work = [&](Transaction& tx) -> Status {
    for (const auto account : {alice, bob})
      if (auto added = t.store.append(tx, account, inbox_id, *prepared, {}, t.clock.now()); !added) return fail(added.error());
    return {};
  };
  ASSERT_TRUE(t.run(t.store.transact(work)));
  const auto blobs = [&] {
    int count = 0;
    static_cast<void>(t.store.snapshot()->scan(Space::blob, "", "", [&count](std::string_view, std::string_view) { return ++count > 0; }));
    return count;
  };
  EXPECT_EQ(blobs(), 1);
  ASSERT_TRUE(t.run(t.store.expunge(alice, inbox_id, {Uid{1}}, Store::Expunge::all)));
  EXPECT_EQ(t.store.view(bob).message(EmailId{1}), letter);
  ASSERT_TRUE(t.run(t.store.remove_account("bob@blue.test")));
  EXPECT_EQ(blobs(), 0);
}

TEST(Store, ANewQuotaCountsAtOnce) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto room = [&](std::uint64_t bytes) { return t.store.has_room(alice, bytes).value_or(false); };
  EXPECT_TRUE(room(1u << 30));
  EXPECT_TRUE(room(1u << 30));
  ASSERT_TRUE(t.run(t.store.set_account("alice@blue.test", std::nullopt, 1000)));
  EXPECT_TRUE(room(500));
  EXPECT_FALSE(room(1000));
  ASSERT_TRUE(t.append(alice, std::string("Subject: x\r\n\r\n") + std::string(600, 'x')));
  EXPECT_FALSE(room(500));
  ASSERT_TRUE(t.run(t.store.set_account("alice@blue.test", std::nullopt, 0)));
  EXPECT_TRUE(room(1u << 30));
  ASSERT_TRUE(t.run(t.store.remove_account("alice@blue.test")));
  EXPECT_FALSE(t.store.has_room(alice, 1));
}

TEST(Store, ARouteEndsWithItsAccount) {
  TestStore t;
  t.add("alice@blue.test");
  EXPECT_EQ(t.store.route("alice@blue.test")->kind, Route::Kind::local);
  ASSERT_TRUE(t.run(t.store.remove_account("alice@blue.test")));
  EXPECT_EQ(t.store.route("alice@blue.test")->kind, Route::Kind::unknown_user);
  t.add("alice@blue.test");
  EXPECT_EQ(t.store.route("alice@blue.test")->kind, Route::Kind::local);
}

TEST(Store, RoutesFollowAliasesPlusAddressesAndCatchAlls) {
  TestStore t;
  const auto alice = t.add("alice@blue.test"), bob = t.add("bob@blue.test");
  ASSERT_TRUE(t.run(t.store.set_alias("team@blue.test", {"alice@blue.test", "bob@blue.test", "carol@other.test"})));
  ASSERT_TRUE(t.run(t.store.set_alias("loop@blue.test", {"loop2@blue.test"})));
  ASSERT_TRUE(t.run(t.store.set_alias("loop2@blue.test", {"loop@blue.test", "alice@blue.test"})));
  using Kind = Route::Kind;
  EXPECT_EQ(t.store.route("Alice@blue.test")->accounts, std::vector<AccountId>{alice});
  EXPECT_EQ(t.store.route("alice+news@blue.test")->detail, "news");
  EXPECT_EQ(t.store.route("alice+news@blue.test")->accounts, std::vector<AccountId>{alice});
  EXPECT_EQ(t.store.route("nobody@blue.test")->kind, Kind::unknown_user);
  EXPECT_EQ(t.store.route("nobody+x@blue.test")->kind, Kind::unknown_user);
  EXPECT_EQ(t.store.route("bob@green.test")->kind, Kind::not_local);
  EXPECT_EQ(t.store.route("loop@blue.test")->accounts, std::vector<AccountId>{alice});
  const auto team = *t.store.route("team@blue.test");
  EXPECT_EQ(team.accounts.size(), 2u);
  EXPECT_EQ(team.forwards, std::vector<std::string>{"carol@other.test"});
  ASSERT_TRUE(t.run(t.store.set_alias("@blue.test", {"bob@blue.test"})));
  EXPECT_EQ(t.store.route("nobody@blue.test")->accounts, std::vector<AccountId>{bob});
  EXPECT_EQ(t.store.route("alice@blue.test")->accounts, std::vector<AccountId>{alice});
}

TEST(Store, OwnsItsNameItsPlusAddressesAndAliasesToItAlone) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  t.add("bob@blue.test");
  ASSERT_TRUE(t.run(t.store.set_alias("info@blue.test", {"alice@blue.test"})));
  ASSERT_TRUE(t.run(t.store.set_alias("team@blue.test", {"alice@blue.test", "bob@blue.test"})));
  for (const auto* mine : {"alice@blue.test", "ALICE@blue.test", "alice+x@blue.test", "info@blue.test"}) EXPECT_TRUE(*t.store.owns(alice, mine)) << mine;
  for (const auto* other : {"bob@blue.test", "team@blue.test", "nobody@blue.test", "alice@green.test"}) EXPECT_FALSE(*t.store.owns(alice, other)) << other;
}

TEST(Store, RefusesWhatWouldLeaveTheDirectoryInconsistent) {
  TestStore t;
  t.add("alice@blue.test");
  EXPECT_EQ(t.run(t.store.add_domain("blue.test")).error().code, Errc::exists);
  EXPECT_EQ(t.run(t.store.remove_domain("blue.test")).error().code, Errc::refused);
  EXPECT_EQ(t.run(t.store.add_account("alice@blue.test", "x")).error().code, Errc::exists);
  EXPECT_EQ(t.run(t.store.add_account("x@green.test", "x")).error().code, Errc::not_found);
  EXPECT_EQ(t.run(t.store.set_alias("alice@blue.test", {"bob@green.test"})).error().code, Errc::exists);
  EXPECT_EQ(t.run(t.store.add_account("y@blue.test", "")).error().code, Errc::invalid);
}

TEST(Store, MailboxNamesAreCheckedAndParentsMade) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  for (const std::string& bad : {std::string(""), std::string("a//b"), std::string("/a"), std::string("a\0b", 3), std::string("a\rb"), std::string("\xff"), std::string(2000, 'x')})
    EXPECT_EQ(t.run(t.store.create_mailbox(alice, bad)).error().code, Errc::invalid);
  ASSERT_TRUE(t.run(t.store.create_mailbox(alice, "../../etc/passwd")));
  ASSERT_TRUE(t.run(t.store.create_mailbox(alice, "Lists/C++/core")));
  EXPECT_TRUE(*t.store.view(alice).mailbox("Lists/C++"));
  EXPECT_EQ(t.run(t.store.create_mailbox(alice, "InBoX")).error().code, Errc::exists);
  ASSERT_TRUE(t.run(t.store.rename_mailbox(alice, "Lists", "Old/Lists")));
  EXPECT_TRUE(*t.store.view(alice).mailbox("Old/Lists/C++/core"));
  EXPECT_EQ(t.run(t.store.rename_mailbox(alice, "Old", "Old/Deeper")).error().code, Errc::invalid);
  EXPECT_EQ(t.run(t.store.delete_mailbox(alice, "INBOX")).error().code, Errc::refused);
  ASSERT_TRUE(t.run(t.store.delete_mailbox(alice, "Old/Lists/C++/core")));
}

TEST(Store, RenamingInboxMovesItsMessagesAndLeavesItEmpty) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  ASSERT_TRUE(t.append(alice, letter));
  ASSERT_TRUE(t.run(t.store.rename_mailbox(alice, "INBOX", "2026")));
  EXPECT_EQ((*t.store.view(alice).mailbox("2026"))->counts.total, 1u);
  EXPECT_EQ((*t.store.view(alice).mailbox("INBOX"))->counts.total, 0u);
}

TEST(Store, AnotherAccountsKeyOpensNothing) {
  TestStore t;
  const auto alice = t.add("alice@blue.test"), bob = t.add("bob@blue.test");
  const auto added = t.append(alice, letter);
  EXPECT_FALSE(t.store.view(bob).message(added->email));
  EXPECT_FALSE(*t.store.view(bob).member(inbox_id, added->uid));
}

TEST(Store, FlippedBytesAreFoundNotShown) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto added = t.append(alice, letter);
  Work damage = [](Transaction& tx) -> Status {
    std::vector<Entry> chunks;
    TRY(tx.scan(Space::chunk, "", "", [&chunks](std::string_view k, std::string_view v) {
      chunks.push_back({std::string(k), std::string(v)});
      return true;
    }));
    chunks[0].value[40] = static_cast<char>(chunks[0].value[40] ^ 1);
    tx.put(Space::chunk, chunks[0].key, chunks[0].value);
    return {};
  };
  ASSERT_TRUE(t.run(t.store.transact(damage)));
  EXPECT_EQ(t.store.view(alice).message(added->email).error().code, Errc::corrupt);
  EXPECT_FALSE(t.store.verify()->empty());
  t.check = false;
}

TEST(Logins, OnlyTheRightPasswordAndItsAppPasswordsWork) {
  TestStore t;
  const auto alice = t.add("alice@blue.test", "correct");
  const auto app = t.run(t.store.add_app_password("alice@blue.test", "phone"));
  ASSERT_TRUE(app);
  const auto check = [&](const char* user, const std::string& password) { return t.run(t.accounts->check_password(user, password, "imap", "192.0.2.1")); };
  EXPECT_EQ(check("alice@blue.test", "correct")->account, alice);
  EXPECT_EQ(check("Alice@Blue.Test", "correct")->account, alice);
  EXPECT_EQ(check("alice@blue.test", *app)->account, alice);
  EXPECT_EQ(check("alice@blue.test", "wrong").error().code, Errc::refused);
  EXPECT_EQ(check("nobody@blue.test", "correct").error().code, Errc::refused);
  ASSERT_TRUE(t.run(t.store.remove_app_password("alice@blue.test", "phone")));
  EXPECT_FALSE(check("alice@blue.test", *app));
  ASSERT_TRUE(t.run(t.store.set_password("alice@blue.test", "changed")));
  EXPECT_FALSE(check("alice@blue.test", "correct"));
  EXPECT_TRUE(check("alice@blue.test", "changed"));
  ASSERT_TRUE(t.run(t.store.set_account("alice@blue.test", false, std::nullopt)));
  EXPECT_FALSE(check("alice@blue.test", "changed"));
}

TEST(Logins, UnknownUsersGetASteadyMadeUpScramSalt) {
  TestStore t;
  const auto ask = [&](const char* user) { return *t.run(t.accounts->scram_verifier(user, "imap", "192.0.2.1")); };
  EXPECT_EQ(ask("nobody@blue.test").salt, ask("nobody@blue.test").salt);
  EXPECT_NE(ask("nobody@blue.test").salt, ask("noone@blue.test").salt);
  EXPECT_EQ(ask("nobody@blue.test").salt.size(), 16u);
  EXPECT_TRUE(ask("nobody@blue.test").keys.empty());
  t.add("alice@blue.test");
  EXPECT_EQ(ask("alice@blue.test").iterations, ask("nobody@blue.test").iterations);
  EXPECT_EQ(ask("alice@blue.test").salt.size(), 16u);
}

TEST(Store, GarbageCollectionTakesStagedChunksNobodyTookAnHourAgo) {
  TestStore t;
  t.add("alice@blue.test");
  std::string large;
  while (large.size() < 4'000'000) large += *crypto::memory_keyring()->new_account_key(AccountId{large.size()});
  auto prepared = std::make_shared<const Prepared>(*t.store.prepare(large));
  ASSERT_TRUE(t.run(t.store.stage(prepared)));
  const auto chunks = [&] {
    int count = 0;
    static_cast<void>(t.store.snapshot()->scan(Space::chunk, "", "", [&count](std::string_view, std::string_view) { return ++count > 0; }));
    return count;
  };
  ASSERT_GT(chunks(), 10);
  ASSERT_TRUE(t.run(t.store.collect_garbage()));
  EXPECT_GT(chunks(), 10) << "it may be under way";
  t.clock.advance(std::chrono::hours(2));
  ASSERT_TRUE(t.run(t.store.collect_garbage()));
  EXPECT_EQ(chunks(), 0);
}

}  // namespace
}  // namespace posthorn::store
