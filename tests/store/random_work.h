// tests/store/random_work.h - an account that IMAP, SMTP and JMAP change at random: what clients that follow it are tested against.
#pragma once

#include <random>

#include "store/test_store.h"

namespace posthorn::store {

class RandomWork {
 public:
  explicit RandomWork(std::uint64_t seed) : random_(seed) {}
  std::size_t pick(std::size_t bound) { return random_() % bound; }
  void step() {
    switch (pick(10)) {
      case 0:
      case 1: return add();
      case 2:
      case 3: return flag();
      case 4: return copy_or_move();
      case 5: return expunge();
      case 6: return patch();
      case 7: return pick(3) == 0 ? destroy() : patch();
      case 8: return mailbox();
      default: return seen_everything();
    }
  }

  TestStore t;
  AccountId alice = t.add("alice@blue.test");

 private:
  MailboxId any_box() {
    const auto all = t.store.view(alice).mailboxes();
    return (*all)[pick(all->size())].id;
  }
  std::vector<Uid> some(MailboxId box) {
    std::vector<Uid> out;
    const auto members = t.store.view(alice).members(box);
    for (const auto& one : *members)
      if (pick(3) == 0) out.push_back(one.uid);
    return out;
  }
  EmailId any_email() { return EmailId{1 + pick(made_ + 1)}; }
  std::string flag_name() {
    static const std::vector<std::string> names{"\\Seen", "\\Deleted", "\\Flagged", "$work", "\\Draft"};
    return names[pick(names.size())];
  }
  void add() {
    const auto reply = pick(3) == 0 ? "" : "References: <t" + std::to_string(pick(10)) + "@x>\r\n";
    auto prepared = t.store.prepare("Subject: s\r\n" + reply + "\r\nx" + std::to_string(++made_) + "\r\n");
    auto shared = std::make_shared<const Prepared>(std::move(*prepared));
    const auto box = any_box(), other = any_box();
    std::vector<MailboxId> boxes{box};
    if (other != box && pick(3) == 0) boxes.push_back(other);
    if (pick(2) == 0) EXPECT_TRUE(t.run(t.store.create_email(alice, boxes, shared, {}, t.clock.now())));
    else EXPECT_TRUE(t.run(t.store.append(alice, box, shared, {}, t.clock.now())));
  }
  void flag() {
    const auto box = any_box();
    const auto how = pick(2) == 0 ? FlagChange::add : FlagChange::remove;
    EXPECT_TRUE(t.run(t.store.change_flags(alice, box, some(box), {how, {flag_name()}, {}})));
  }
  void copy_or_move() {
    const auto from = any_box(), to = any_box();
    if (made_ > 300) return;
    if (pick(2) == 0) EXPECT_TRUE(t.run(t.store.copy(alice, from, some(from), to)));
    else EXPECT_TRUE(t.run(t.store.move(alice, from, some(from), to)));
  }
  void expunge() {
    const auto box = any_box();
    EXPECT_TRUE(t.run(t.store.expunge(alice, box, some(box), pick(2) == 0 ? Store::Expunge::all : Store::Expunge::only_deleted)));
  }
  void patch() {
    std::vector<EmailPatch> patches;
    for (std::size_t i = 0; i < 1 + pick(5); ++i) {
      EmailPatch one;
      one.email = any_email();
      if (pick(2) == 0) one.keyword_changes.emplace_back(pick(2) == 0 ? "\\Seen" : "$work", pick(2) == 0);
      else if (pick(2) == 0) one.mailbox_changes.emplace_back(any_box(), pick(2) == 0);
      else one.mailboxes = {any_box()};
      patches.push_back(std::move(one));
    }
    EXPECT_TRUE(t.run(t.store.change_emails(alice, std::move(patches))));
  }
  void destroy() {
    std::vector<EmailId> ids{any_email(), any_email()};
    EXPECT_TRUE(t.run(t.store.destroy_emails(alice, std::move(ids))));
  }
  void mailbox() {
    const auto all = t.store.view(alice).mailboxes();
    const auto& one = (*all)[pick(all->size())];
    if (pick(3) == 0 && all->size() < 15) static_cast<void>(t.run(t.store.create_mailbox(alice, "box" + std::to_string(++boxes_))));
    else if (pick(2) == 0 && one.name.starts_with("box")) static_cast<void>(t.run(t.store.delete_mailbox(alice, one.name)));
    else if (one.name.starts_with("box")) static_cast<void>(t.run(t.store.rename_mailbox(alice, one.name, "box" + std::to_string(++boxes_))));
    else static_cast<void>(t.run(t.store.subscribe(alice, one.name, pick(2) == 0)));
  }
  void seen_everything() {
    const auto box = any_box();
    std::vector<Uid> uids;
    const auto members = t.store.view(alice).members(box);
    for (const auto& one : *members) uids.push_back(one.uid);
    EXPECT_TRUE(t.run(t.store.change_flags(alice, box, uids, {pick(2) == 0 ? FlagChange::add : FlagChange::remove, {"\\Seen"}, {}})));
  }

  std::mt19937_64 random_;
  std::size_t made_ = 0;
  int boxes_ = 0;
};

}  // namespace posthorn::store
