// A client that follows an account by History alone, while IMAP, SMTP and JMAP change it at random: after each round it must know
// exactly what is there, having fetched again only what it was told of.
#include "store/history.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/catalog.h"
#include "store/catalogs.h"
#include "store/random_work.h"
#include "store/test_store.h"

namespace posthorn::store {
namespace {

using Ids = std::vector<MailboxId>;

struct Seen {
  Ids mailboxes;
  Flags keywords;
  bool operator==(const Seen&) const = default;
};
struct Counted {
  std::string name;
  std::uint32_t emails = 0, unread = 0;
  std::set<ThreadId> threads, unread_threads;
  bool operator==(const Counted&) const = default;
};

class Follower {
 public:
  Follower(TestStore& t, AccountId account) : t_(t), account_(account) { read_all(); }

  // What a client would fetch who knows nothing.
  static std::map<EmailId, Seen> emails_of(const View& view) {
    std::map<EmailId, Seen> out;
    for (std::uint64_t id = 1; id < 2000; ++id)
      if (const auto shown = view.shown(EmailId{id}); *shown) out[EmailId{id}] = Seen{(*shown)->mailboxes, (*shown)->keywords};
    return out;
  }
  static std::map<ThreadId, std::vector<EmailId>> threads_of(const View& view) {
    std::map<ThreadId, std::vector<EmailId>> out;
    for (const auto& [id, seen] : emails_of(view)) out[(*view.email(id))->thread].push_back(id);
    return out;
  }
  static std::map<MailboxId, Counted> mailboxes_of(const View& view) {
    std::map<MailboxId, Counted> out;
    const auto all = view.mailboxes();
    for (const auto& box : *all) out[box.id].name = box.name;
    const auto emails = emails_of(view);
    const auto threads = threads_of(view);
    const auto unread = [&emails](EmailId id) { return !emails.at(id).keywords.has(SystemFlag::seen) && !emails.at(id).keywords.has(SystemFlag::draft); };
    for (const auto& [id, seen] : emails) {
      const auto thread = (*view.email(id))->thread;
      const bool any = std::ranges::any_of(threads.at(thread), unread);
      for (const auto box : seen.mailboxes) {
        auto& counted = out[box];
        ++counted.emails;
        counted.unread += unread(id) ? 1 : 0;
        counted.threads.insert(thread);
        if (any) counted.unread_threads.insert(thread);
      }
    }
    return out;
  }

  void read_all() {
    const auto view = t_.store.view(account_);
    emails = emails_of(view);
    threads = threads_of(view);
    mailboxes = mailboxes_of(view);
    const auto states = view.states();
    at_email = {states[static_cast<std::size_t>(DataType::email)], 0};
    at_thread = {states[static_cast<std::size_t>(DataType::thread)], 0};
    at_mailbox = {states[static_cast<std::size_t>(DataType::mailbox)], 0};
  }

  template <class Id, class Value>
  void follow(std::map<Id, Value>& known, Position& at, std::size_t most, Result<Delta<Id>> (History::*what)(std::size_t), const std::map<Id, Value>& truth) {
    for (int rounds = 0; rounds < 5000; ++rounds) {
      const auto view = t_.store.view(account_);
      auto history = History::read(view, at);
      ASSERT_TRUE(history) << history.error().text();
      const auto delta = ((*history).*what)(most);
      ASSERT_TRUE(delta) << delta.error().text();
      EXPECT_LE(delta->created.size() + delta->updated.size() + delta->destroyed.size(), most);
      for (const auto id : delta->created) EXPECT_FALSE(known.contains(id)) << "created what was known: " << number(id);
      for (const auto id : delta->updated) EXPECT_TRUE(known.contains(id)) << "updated what was not known: " << number(id);
      for (const auto id : delta->destroyed) EXPECT_EQ(known.erase(id), 1u) << "destroyed what was not known: " << number(id);
      for (const auto* list : {&delta->created, &delta->updated})
        for (const auto id : *list) {
          if (truth.contains(id)) known[id] = truth.at(id);  // what a fetch says now
          else known[id];
        }
      EXPECT_TRUE(!delta->more || delta->until != at);
      at = delta->until;
      if (!delta->more) return;
    }
    ADD_FAILURE() << "it never ends";
  }
  void catch_up(std::size_t most) {
    const auto view = t_.store.view(account_);
    const auto all_emails = emails_of(view);
    const auto all_threads = threads_of(view);
    const auto all_mailboxes = mailboxes_of(view);
    follow(emails, at_email, most, &History::emails, all_emails);
    follow(threads, at_thread, most, &History::threads, all_threads);
    follow(mailboxes, at_mailbox, most, &History::mailboxes, all_mailboxes);
    EXPECT_TRUE(emails == all_emails);
    EXPECT_TRUE(threads == all_threads);
    EXPECT_TRUE(mailboxes == all_mailboxes);
    const auto states = view.states();
    EXPECT_EQ(at_email.seen, states[static_cast<std::size_t>(DataType::email)]);
    EXPECT_EQ(at_thread.seen, states[static_cast<std::size_t>(DataType::thread)]);
    EXPECT_EQ(at_mailbox.seen, states[static_cast<std::size_t>(DataType::mailbox)]);
  }

  std::map<EmailId, Seen> emails;
  std::map<ThreadId, std::vector<EmailId>> threads;
  std::map<MailboxId, Counted> mailboxes;
  Position at_email, at_thread, at_mailbox;

 private:
  TestStore& t_;
  AccountId account_;
};

TEST(History, AClientThatFollowsItKnowsExactlyWhatIsThere) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    RandomWork work(seed);
    Follower every_step(work.t, work.alice), slow(work.t, work.alice);
    for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(i));
      work.step();
      if (i % 3 == 0) every_step.catch_up(1 + work.pick(4));
      if (i % 40 == 39) slow.catch_up(work.pick(2) == 0 ? 7 : 100'000);
    }
  }
}

// The trash is a thread of its own for what is unread (rfc:8621#2).
std::map<MailboxId, Catalog::MailboxCounts> counted_anew(const View& view) {
  std::map<MailboxId, Catalog::MailboxCounts> out;
  MailboxId trash{};
  const auto all = view.mailboxes();
  for (const auto& box : *all)
    if (box.role == Role::trash) trash = box.id;
  const auto emails = Follower::emails_of(view);
  const auto unread = [](const Seen& seen) { return !seen.keywords.has(SystemFlag::seen) && !seen.keywords.has(SystemFlag::draft); };
  for (const auto& [id, seen] : emails)
    for (const auto box : seen.mailboxes) {
      ++out[box].emails;
      out[box].unread += unread(seen) ? 1 : 0;
    }
  for (const auto& [thread, ids] : Follower::threads_of(view)) {
    std::set<MailboxId> in;
    bool here = false, there = false;
    for (const auto id : ids) {
      const auto& seen = emails.at(id);
      in.insert(seen.mailboxes.begin(), seen.mailboxes.end());
      if (!unread(seen)) continue;
      for (const auto box : seen.mailboxes) (box == trash ? there : here) = true;
    }
    for (const auto box : in) {
      ++out[box].threads;
      out[box].unread_threads += (box == trash ? there : here) ? 1 : 0;
    }
  }
  return out;
}

TEST(CatalogModel, WhatIsFollowedIsWhatIsBuiltAnew) {
  for (const std::uint64_t seed : {11u, 12u, 13u}) {
    RandomWork work(seed);
    Catalogs catalogs(work.t.store);
    for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(i));
      work.step();
      if (i % 4 != 0) continue;
      auto lease = catalogs.open(work.alice);
      ASSERT_TRUE(lease) << lease.error().text();
      const auto& catalog = *lease->catalog;
      const auto emails = Follower::emails_of(lease->view);
      EXPECT_EQ(catalog.all().size(), emails.size());
      for (const auto& [id, seen] : emails) {
        const auto at = catalog.find(id);
        ASSERT_NE(at, Catalog::none);
        EXPECT_EQ(catalog.row(at).keywords, seen.keywords);
        for (const auto box : seen.mailboxes) EXPECT_TRUE(catalog.row(at).is_in(box));
        EXPECT_EQ(catalog.row(at).mailboxes.size(), seen.mailboxes.size());
      }
      EXPECT_TRUE(std::ranges::is_sorted(catalog.all(), [&](auto a, auto b) { return catalog.before(a, b); }));
      EXPECT_EQ(catalog.threads(), Follower::threads_of(lease->view).size());
      const auto counted = counted_anew(lease->view);
      const auto boxes = lease->view.mailboxes();
      for (const auto& box : *boxes) {
        const auto there = counted.find(box.id);
        EXPECT_TRUE(catalog.counts(box.id) == (there == counted.end() ? Catalog::MailboxCounts{} : there->second)) << box.name;
        EXPECT_EQ(catalog.in(box.id).size(), catalog.counts(box.id).emails);
      }
    }
  }
}

// The example of rfc:8621#2
TEST(CatalogModel, AnUnreadEmailInTheTrashDoesNotMakeTheInboxUnread) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto trash = (*t.store.view(alice).mailbox("Trash"))->id;
  ASSERT_TRUE(t.append(alice, "Subject: a\r\nMessage-ID: <1@x>\r\n\r\nx\r\n", {"\\Seen"}));
  ASSERT_TRUE(t.append(alice, "Subject: Re: a\r\nReferences: <1@x>\r\n\r\nx\r\n", {}, trash));
  Catalogs catalogs(t.store);
  const auto lease = catalogs.open(alice);
  EXPECT_EQ(lease->catalog->threads(), 1u);
  EXPECT_EQ(lease->catalog->counts(trash).unread_threads, 1u);
  EXPECT_EQ(lease->catalog->counts(inbox_id).unread_threads, 0u);
}

TEST(CatalogModel, TheOnesNotUsedGoWhenThereIsTooMuch) {
  TestStore t;
  const auto alice = t.add("alice@blue.test"), bob = t.add("bob@blue.test");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(t.append(alice, "Subject: x\r\n\r\nx\r\n"));
  Catalogs catalogs(t.store, 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(catalogs.open(alice)->catalog->all().size(), 20u);
    EXPECT_EQ(catalogs.open(bob)->catalog->all().size(), 0u);
  }
}

TEST(History, ALogThatWasTrimmedIsSaidNotGuessed) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(t.append(alice, "Subject: x\r\n\r\nx\r\n"));
  Work trim = [&](Transaction& tx) -> Status {
    for (std::uint64_t m = 1; m < 5; ++m) {
      std::string k;
      for (int shift = 56; shift >= 0; shift -= 8) k += static_cast<char>((number(alice) >> shift) & 0xff);
      for (int shift = 56; shift >= 0; shift -= 8) k += static_cast<char>((m >> shift) & 0xff);
      tx.erase(Space::log, k);
    }
    return {};
  };
  ASSERT_TRUE(t.run(t.store.transact(std::move(trim))));
  const auto view = t.store.view(alice);
  EXPECT_EQ(History::read(view, Position{ModSeq{2}, 0}).error().code, Errc::not_found);
  EXPECT_TRUE(History::read(view, Position{ModSeq{5}, 0}));
  EXPECT_EQ(History::read(view, Position{ModSeq{99}, 0}).error().code, Errc::not_found) << "a state that never was";
}

TEST(History, PositionsAreText) {
  EXPECT_EQ(text_of(Position{ModSeq{12}, 0}), "12");
  EXPECT_EQ(*parse_position("12-500"), (Position{ModSeq{12}, 500}));
  for (const auto* bad : {"", "x", "-1", "12-", "12-x", "1.5", "99999999999999999999"}) EXPECT_FALSE(parse_position(bad)) << bad;
}

}  // namespace
}  // namespace posthorn::store
