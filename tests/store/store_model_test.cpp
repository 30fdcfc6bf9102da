// Random work on two accounts against a small model of what IMAP promises; and power cuts at every step of appends.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/test_store.h"

namespace posthorn::store {
namespace {

struct ModelMember {
  EmailId email{};
  std::set<std::string> flags;
};
struct ModelMailbox {
  std::string name;
  UidValidity uidvalidity{};
  Uid uidnext{1};
  std::map<Uid, ModelMember> members;
};
// What a client that follows changes() knows.
using Known = std::map<std::pair<MailboxId, Uid>, std::pair<EmailId, ModSeq>>;

struct ModelAccount {
  AccountId id{};
  std::map<MailboxId, ModelMailbox> mailboxes;
  std::map<EmailId, std::string> emails;  // all there ever were
  std::set<UidValidity> validities;       // of all mailboxes there ever were
  ModSeq modseq{};
  Known known;
  ModSeq known_modseq{};
};

class ModelRun {
 public:
  explicit ModelRun(std::uint64_t seed) : random_(seed) {
    for (const auto* name : {"alice@blue.test", "bob@blue.test"}) {
      ModelAccount a;
      a.id = t_.add(name);
      const auto listed1 = t_.store.view(a.id).mailboxes();
      for (const auto& m : *listed1) adopt(a, m);
      accounts_.push_back(std::move(a));
    }
  }
  void steps(int count) {
    for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) {
      auto& a = accounts_[pick(accounts_.size())];
      step(a);
      const auto modseq = t_.store.view(a.id).modseq();
      EXPECT_GE(number(modseq), number(a.modseq));
      a.modseq = modseq;
      if (i % 7 == 0) compare(a);
      if (pick(12) == 0) catch_up(a);
      if (i % 500 == 499) {
        EXPECT_EQ(*t_.store.verify(), std::vector<std::string>());
      }
      if (i % 900 == 899) {
        EXPECT_TRUE(t_.run(t_.store.collect_garbage()));
      }
    }
    for (auto& a : accounts_) {
      compare(a);
      catch_up(a);
    }
  }

 private:
  std::size_t pick(std::size_t bound) { return random_() % bound; }
  static void adopt(ModelAccount& a, const Mailbox& m) {
    EXPECT_TRUE(a.validities.insert(m.uidvalidity).second) << "a UIDVALIDITY was used again";
    a.mailboxes[m.id] = ModelMailbox{m.name, m.uidvalidity, m.uidnext, {}};
  }
  MailboxId any(ModelAccount& a) {
    auto at = a.mailboxes.begin();
    std::advance(at, pick(a.mailboxes.size()));
    return at->first;
  }
  // Some UIDs that are there and one that is not, in any order.
  std::vector<Uid> some(const ModelMailbox& m) {
    std::vector<Uid> out;
    for (const auto& [uid, member] : m.members)
      if (out.size() < 6 && pick(3) == 0) out.push_back(uid);
    if (pick(4) == 0) out.push_back(Uid{number(m.uidnext) + 5});
    std::ranges::shuffle(out, random_);
    return out;
  }
  std::vector<std::string> flags() {
    std::vector<std::string> out;
    for (const auto* f : {"\\Seen", "\\Deleted", "\\Flagged", "\\Answered", "\\Draft", "$Work", "$Forwarded", "zebra"})
      if (pick(3) == 0) out.emplace_back(f);
    return out;
  }

  void step(ModelAccount& a) {
    switch (pick(12)) {
      case 0: case 1: case 2: return append(a);
      case 3: case 4: return change_flags(a);
      case 5: return copy_or_move(a, true);
      case 6: return copy_or_move(a, false);
      case 7: case 8: return expunge(a);
      case 9: return create(a);
      case 10: return rename(a);
      default: return remove(a);
    }
  }

  void append(ModelAccount& a) {
    const auto box = any(a);
    auto& m = a.mailboxes[box];
    const auto f = flags();
    const auto message = "Subject: s" + std::to_string(pick(5)) + "\r\nMessage-ID: <" + std::to_string(pick(50)) + "@x>\r\nReferences: <" + std::to_string(pick(50)) +
                         "@x>\r\n\r\n" + std::string(pick(3000), 'x') + "\r\n";
    const auto done = t_.append(a.id, message, f, box);
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_GE(number(done->uid), number(m.uidnext)) << "a UID was used again";
    EXPECT_EQ(done->uidvalidity, m.uidvalidity);
    EXPECT_TRUE(a.emails.emplace(done->email, message).second) << "an Email id was used again";
    m.members[done->uid] = {done->email, {f.begin(), f.end()}};
    m.uidnext = Uid{number(done->uid) + 1};
  }

  void change_flags(ModelAccount& a) {
    const auto box = any(a);
    auto& m = a.mailboxes[box];
    const auto uids = some(m);
    FlagRequest request;
    request.change = static_cast<FlagChange>(pick(3));
    request.flags = flags();
    const auto before = t_.store.view(a.id);
    if (pick(3) == 0) request.unchanged_since = ModSeq{number(a.modseq) - pick(std::min<std::size_t>(10, number(a.modseq)))};
    std::set<Uid> refused;
    for (const auto uid : uids)
      if (const auto row = *before.member(box, uid); row && request.unchanged_since && number(row->modseq) > number(*request.unchanged_since)) refused.insert(uid);
    const auto done = t_.run(t_.store.change_flags(a.id, box, uids, request));
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(std::set<Uid>(done->modified.begin(), done->modified.end()), refused);
    for (const auto uid : uids) {
      const auto at = m.members.find(uid);
      if (at == m.members.end() || refused.contains(uid)) continue;
      auto& have = at->second.flags;
      if (request.change == FlagChange::set) have.clear();
      for (const auto& f : request.flags) {
        if (request.change == FlagChange::remove) have.erase(f);
        else have.insert(f);
      }
    }
  }

  void copy_or_move(ModelAccount& a, bool copy) {
    const auto from = any(a), to = any(a);
    const auto uids = some(a.mailboxes[from]);
    const auto done = copy ? t_.run(t_.store.copy(a.id, from, uids, to)) : t_.run(t_.store.move(a.id, from, uids, to));
    ASSERT_TRUE(done) << done.error().text();
    std::size_t there = 0;
    for (const auto uid : uids) there += a.mailboxes[from].members.contains(uid) ? 1 : 0;
    EXPECT_EQ(done->uids.size(), there);
    EXPECT_EQ(done->uidvalidity, a.mailboxes[to].uidvalidity);
    for (const auto& [source, target] : done->uids) {
      const auto member = a.mailboxes[from].members.at(source);
      EXPECT_GE(number(target), number(a.mailboxes[to].uidnext)) << "a UID was used again";
      a.mailboxes[to].uidnext = Uid{number(target) + 1};
      if (!copy) a.mailboxes[from].members.erase(source);
      a.mailboxes[to].members[target] = member;
    }
  }

  void expunge(ModelAccount& a) {
    const auto box = any(a);
    auto& m = a.mailboxes[box];
    const auto which = pick(2) == 0 ? Store::Expunge::all : Store::Expunge::only_deleted;
    const auto uids = some(m);
    const auto gone = t_.run(t_.store.expunge(a.id, box, uids, which));
    ASSERT_TRUE(gone);
    std::vector<Uid> expected;
    for (const auto uid : uids)
      if (m.members.contains(uid) && (which == Store::Expunge::all || m.members[uid].flags.contains("\\Deleted"))) expected.push_back(uid);
    EXPECT_EQ(*gone, expected);
    for (const auto uid : expected) m.members.erase(uid);
  }

  static const ModelMailbox* named(const ModelAccount& a, const std::string& name) {
    for (const auto& [id, m] : a.mailboxes)
      if (m.name == name) return &m;
    return nullptr;
  }
  std::string new_name() {
    static const char* parts[] = {"a", "b", "c", "Archive"};
    std::string name = parts[pick(4)];
    while (pick(2) == 0) name += std::string("/") + parts[pick(4)];
    return name;
  }
  // Takes over the mailboxes that are new, with the names the model expects.
  void adopt_new(ModelAccount& a, const std::set<std::string>& expected) {
    std::set<std::string> got;
    const auto listed2 = t_.store.view(a.id).mailboxes();
    for (const auto& m : *listed2) {
      if (a.mailboxes.contains(m.id)) continue;
      got.insert(m.name);
      adopt(a, m);
    }
    EXPECT_EQ(got, expected);
  }
  static std::set<std::string> missing(const ModelAccount& a, const std::string& name) {
    std::set<std::string> out;
    for (auto at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1))
      if (named(a, name.substr(0, at)) == nullptr) out.insert(name.substr(0, at));
    return out;
  }

  void create(ModelAccount& a) {
    if (a.mailboxes.size() > 25) return;
    const auto name = new_name();
    const auto done = t_.run(t_.store.create_mailbox(a.id, name));
    EXPECT_EQ(done.has_value(), named(a, name) == nullptr);
    if (!done) return;
    auto expected = missing(a, name);
    expected.insert(name);
    adopt_new(a, expected);
  }

  void rename(ModelAccount& a) {
    const auto from = a.mailboxes[any(a)].name, to = new_name();
    if (from == "INBOX") return rename_inbox(a, to);
    const auto goes_along = [&from](const std::string& name) { return name == from || name.starts_with(from + "/"); };
    bool good = named(a, to) == nullptr && !to.starts_with(from + "/");
    for (const auto& [id, m] : a.mailboxes) {
      const auto target = to + (goes_along(m.name) ? m.name.substr(from.size()) : "");
      if (goes_along(m.name) && !goes_along(target) && named(a, target) != nullptr) good = false;
    }
    const auto parents = missing(a, to);
    const auto done = t_.run(t_.store.rename_mailbox(a.id, from, to));
    EXPECT_EQ(done.has_value(), good) << from << " to " << to;
    if (!done) return;
    for (auto& [id, m] : a.mailboxes)
      if (m.name == from || m.name.starts_with(from + "/")) m.name = to + m.name.substr(from.size());
    adopt_new(a, parents);
  }

  void rename_inbox(ModelAccount& a, const std::string& to) {
    const bool good = named(a, to) == nullptr;
    auto expected = missing(a, to);
    expected.insert(to);
    const auto done = t_.run(t_.store.rename_mailbox(a.id, "INBOX", to));
    EXPECT_EQ(done.has_value(), good);
    if (!done) return;
    adopt_new(a, expected);
    const auto target = (*t_.store.view(a.id).mailbox(to))->id;
    auto& box = a.mailboxes[target];
    const auto listed3 = t_.store.view(a.id).members(target);
    for (const auto& m : *listed3) {
      // In the order they had; the flags go along.
      ASSERT_FALSE(a.mailboxes[inbox_id].members.empty());
      const auto first = a.mailboxes[inbox_id].members.begin();
      EXPECT_EQ(m.email, first->second.email);
      box.members[m.uid] = first->second;
      a.mailboxes[inbox_id].members.erase(first);
      box.uidnext = Uid{number(m.uid) + 1};
    }
    EXPECT_TRUE(a.mailboxes[inbox_id].members.empty());
  }

  void remove(ModelAccount& a) {
    const auto box = any(a);
    const auto name = a.mailboxes[box].name;
    const auto done = t_.run(t_.store.delete_mailbox(a.id, name));
    EXPECT_EQ(done.has_value(), name != "INBOX");
    if (done) a.mailboxes.erase(box);
  }

  void compare(ModelAccount& a) {
    const auto view = t_.store.view(a.id);
    const auto keywords = *view.keywords();
    const auto boxes = *view.mailboxes();
    ASSERT_EQ(boxes.size(), a.mailboxes.size());
    std::set<EmailId> alive;
    std::uint64_t bytes = 0;
    ModSeq highest{};
    for (const auto& box : boxes) {
      ASSERT_TRUE(a.mailboxes.contains(box.id));
      const auto& m = a.mailboxes[box.id];
      EXPECT_EQ(box.name, m.name);
      EXPECT_EQ(box.uidvalidity, m.uidvalidity);
      EXPECT_EQ(box.uidnext, m.uidnext);
      const auto members = *view.members(box.id);
      ASSERT_EQ(members.size(), m.members.size()) << box.name;
      Counts counts;
      std::uint64_t most = 0;
      for (const auto& row : members) {
        ASSERT_TRUE(m.members.contains(row.uid));
        const auto& expected = m.members.at(row.uid);
        EXPECT_EQ(row.email, expected.email);
        const auto names = keywords.text(row.flags);
        EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), expected.flags);
        ++counts.total;
        if (!expected.flags.contains("\\Seen")) ++counts.unseen;
        if (expected.flags.contains("\\Deleted")) ++counts.deleted;
        counts.bytes += a.emails.at(row.email).size();
        most = std::max(most, number(row.modseq));
        if (alive.insert(row.email).second) bytes += a.emails.at(row.email).size();
      }
      EXPECT_EQ(box.counts.total, counts.total);
      EXPECT_EQ(box.counts.unseen, counts.unseen);
      EXPECT_EQ(box.counts.deleted, counts.deleted);
      EXPECT_EQ(box.counts.bytes, counts.bytes);
      EXPECT_GE(number(box.highestmodseq), most);
      highest = std::max(highest, box.highestmodseq);
    }
    EXPECT_LE(number(highest), number(view.modseq()));
    EXPECT_EQ(view.account()->emails, alive.size());
    EXPECT_EQ(view.account()->used_bytes, bytes);
    if (!alive.empty()) {
      auto at = alive.begin();
      std::advance(at, pick(alive.size()));
      EXPECT_EQ(view.message(*at), a.emails.at(*at));
    }
  }

  // Applies what changes() says to what was known before; that must give what is there now.
  void catch_up(ModelAccount& a) {
    const auto view = t_.store.view(a.id);
    const auto changes = view.changes(a.known_modseq);
    ASSERT_TRUE(changes) << changes.error().text();
    std::uint64_t last = number(a.known_modseq);
    for (const auto& change : *changes) {
      EXPECT_EQ(number(change.modseq), ++last);
      for (const auto& one : change.added) {
        EXPECT_TRUE(a.known.emplace(std::pair(one.mailbox, one.uid), std::pair(one.email, change.modseq)).second) << "added twice";
      }
      for (const auto& one : change.flagged) {
        const auto at = a.known.find({one.mailbox, one.uid});
        ASSERT_NE(at, a.known.end()) << "flagged what was not there";
        EXPECT_EQ(at->second.first, one.email);
        at->second.second = change.modseq;
      }
      for (const auto& one : change.expunged) EXPECT_EQ(a.known.erase({one.mailbox, one.uid}), 1u) << "expunged what was not there";
    }
    EXPECT_EQ(last, number(view.modseq()));
    a.known_modseq = view.modseq();
    Known now;
    const auto boxes = view.mailboxes();
    for (const auto& box : *boxes) {
      const auto listed4 = view.members(box.id);
      for (const auto& row : *listed4) now[{box.id, row.uid}] = {row.email, row.modseq};
    }
    EXPECT_EQ(a.known, now);
  }

  std::mt19937_64 random_;
  TestStore t_;
  std::vector<ModelAccount> accounts_;
};

TEST(Store, RenamesNoMailboxOverOneThatLostItsParent) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  for (const auto* name : {"new/child", "old/child"}) ASSERT_TRUE(t.run(t.store.create_mailbox(alice, name)));
  ASSERT_TRUE(t.run(t.store.delete_mailbox(alice, "new")));
  const auto done = t.run(t.store.rename_mailbox(alice, "old", "new"));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::exists);
  EXPECT_TRUE(t.store.view(alice).mailbox("old/child")->has_value());
}

class StoreModel : public testing::TestWithParam<std::uint64_t> {};
TEST_P(StoreModel, AgreesWithTheStore) { ModelRun(GetParam()).steps(3000); }
INSTANTIATE_TEST_SUITE_P(Seeds, StoreModel, testing::Values(1, 2, 3, 4));

// faults.md 1, 2: what was acknowledged is there once, UIDs are never used again, modseqs never go back, and verify() (the
// destructor's) is content, after a power cut at every step, and after another one on what the first left.
TEST(StorePowerCut, LosesNoAcknowledgedAppend) {
  TestStore base;
  const auto alice = base.add("alice@blue.test");
  Fault fault;
  std::size_t cuts = 0;
  for (std::size_t n = 0; fault.at(n); ++n) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      std::map<std::uint32_t, std::string> acknowledged;
      std::uint64_t modseq = 0;
      std::uint32_t highest = 0;
      auto engine = base.engine->crash(0, {.fault = &fault});
      for (int life = 0; life < 3; ++life) {
        fault.at(n);
        TestStore t(std::move(engine), base.keyring);
        t.check = false;
        const auto view = t.store.view(alice);
        EXPECT_GE(number(view.modseq()), modseq);
        modseq = number(view.modseq());
        std::map<std::uint32_t, std::string> there;
        const auto listed5 = view.members(inbox_id);
        for (const auto& m : *listed5) there[number(m.uid)] = view.message(m.email).value_or("unreadable");
        for (const auto& [uid, text] : acknowledged) EXPECT_EQ(there[uid], text) << "step " << n << " seed " << seed;
        std::set<std::string> once;
        for (const auto& [uid, text] : there) EXPECT_TRUE(once.insert(text).second) << "twice: " << text;
        EXPECT_EQ(*t.store.verify(), std::vector<std::string>());
        highest = there.empty() ? highest : std::max(highest, there.rbegin()->first);
        for (int i = 0; i < 4; ++i) {
          const auto text = "Subject: " + std::to_string(life) + "." + std::to_string(i) + "\r\n\r\nx\r\n";
          const auto done = t.append(alice, text);
          if (!done) continue;
          EXPECT_GT(number(done->uid), highest);
          highest = number(done->uid);
          acknowledged[highest] = text;
        }
        cuts += fault.count() > n ? 1 : 0;
        engine = t.engine->crash(seed * 3 + static_cast<std::uint64_t>(life), {.fault = &fault});
      }
    }
  }
  EXPECT_GT(cuts, 100u);
}

}  // namespace
}  // namespace posthorn::store
