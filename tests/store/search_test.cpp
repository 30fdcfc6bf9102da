// The index of words: pieces written and read, and an account's index followed through arrivals, removals, power cuts and damage.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "store/record/keys.h"
#include "store/search/index.h"
#include "store/search/indexer.h"
#include "store/search/segment.h"
#include "store/search/writer.h"
#include "store/test_store.h"

namespace posthorn::store::search {
namespace {

using mail::Phrase;

std::vector<EmailId> ids(std::size_t count) {
  std::vector<EmailId> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(EmailId{3 * i + 1});
  return out;
}

TEST(Segment, GivesBackWhatWasPutIn) {
  std::mt19937_64 random(7);
  std::map<std::string, std::vector<std::uint32_t>> terms;
  constexpr std::uint32_t emails = 20'000;
  for (int i = 0; i < 3'000; ++i) {
    auto& list = terms["y" + std::to_string(random() % 100'000)];
    const auto step = 1 + random() % 3'000;
    list.clear();
    for (std::uint64_t at = random() % step; at < emails; at += 1 + random() % step) list.push_back(static_cast<std::uint32_t>(at));
    if (list.empty()) list.push_back(0);
  }
  auto& everywhere = terms["y5"];
  everywhere.clear();
  for (std::uint32_t i = 0; i < emails; ++i) everywhere.push_back(i);
  SegmentWriter writer(ids(emails));
  for (const auto& [term, list] : terms) writer.add(term, list);
  const auto directory = decode_directory(encode(writer.finish()));
  ASSERT_TRUE(directory);
  const auto blocks = writer.take_blocks();
  ASSERT_EQ(directory->first_terms.size(), blocks.size());
  EXPECT_GT(blocks.size(), 5u);
  const ReadBlock read = [&](std::size_t block) -> Result<std::string> { return blocks.at(block); };
  SegmentReader reader(blocks.size(), read);
  for (const auto& [term, list] : terms) {
    const auto more = reader.next();
    ASSERT_TRUE(more && *more);
    ASSERT_EQ(reader.term(), term);
    ASSERT_EQ(reader.emails(), list);
  }
  EXPECT_FALSE(*reader.next());
  for (int i = 0; i < 300; ++i) {
    const auto term = "y" + std::to_string(random() % (i % 2 == 0 ? 100'000 : 100));
    std::set<std::uint32_t> whole, beginning, wanted_beginning;
    ASSERT_TRUE(each_match(*directory, read, term, Match::whole, [&](std::uint32_t email) { whole.insert(email); }));
    ASSERT_TRUE(each_match(*directory, read, term, Match::beginning, [&](std::uint32_t email) { beginning.insert(email); }));
    const auto found = terms.find(term);
    EXPECT_EQ(whole, found == terms.end() ? std::set<std::uint32_t>() : std::set(found->second.begin(), found->second.end()));
    for (auto at = terms.lower_bound(term); at != terms.end() && at->first.starts_with(term); ++at) wanted_beginning.insert(at->second.begin(), at->second.end());
    EXPECT_EQ(beginning, wanted_beginning) << term;
  }
}

TEST(Segment, DamageIsCorruptAndNeverMore) {
  std::mt19937_64 random(8);
  SegmentWriter writer(ids(50));
  for (int i = 100; i < 200; ++i) writer.add("y" + std::to_string(i), {1, 7, 49});
  writer.finish();
  const auto blocks = writer.take_blocks();
  for (int i = 0; i < 2'000; ++i) {
    auto block = blocks[0];
    block[random() % block.size()] ^= static_cast<char>(1 + random() % 255);
    if (i % 3 == 0) block.resize(random() % block.size());
    SegmentReader reader(1, [&](std::size_t) -> Result<std::string> { return block; });
    for (;;) {
      const auto more = reader.next();
      if (!more) {
        EXPECT_EQ(more.error().code, Errc::corrupt);
      }
      if (!more || !*more) break;
    }
  }
}

struct Searched {
  explicit Searched(TestStore& store) : t(store), indexer(store.context.get_executor(), store.store, *store.keyring, *log, options()) {}
  static IndexerOptions options() {
    IndexerOptions out;
    out.waiting_emails = 8;
    out.pause = {};
    return out;
  }
  Status look(AccountId account) { return t.run(indexer.look_at(account)); }
  // The Emails that hold all the words in their bodies, as far as the index says.
  std::set<std::uint64_t> find(AccountId account, std::string_view word, bool open = false) {
    const auto reader = t.store.snapshot();
    const auto opened = Index(*t.keyring).open(*reader, account);
    if (!opened) ADD_FAILURE() << opened.error().text();
    if (!opened || !*opened) return {};
    const Field body[] = {Field::body};
    const std::vector<Phrase> phrases{Phrase::of(word, open)};
    const auto hits = (*opened)->texts(body, phrases);
    std::set<std::uint64_t> out;
    if (!hits) ADD_FAILURE() << hits.error().text();
    else
      for (std::uint64_t id = 1; id < number(hits->until); ++id)
        if (hits->emails.has(EmailId{id})) out.insert(id);
    return out;
  }
  std::size_t rows(AccountId account) {
    std::size_t out = 0;
    static_cast<void>(t.store.snapshot()->scan(Space::search, key::of(account), key::after(key::of(account)), [&](std::string_view, std::string_view) { return ++out > 0; }));
    return out;
  }

  TestStore& t;
  std::unique_ptr<Log> log = null_log();
  Indexer indexer;
};

void add(TestStore& t, AccountId account, int from, int to) {
  for (int i = from; i < to; ++i) ASSERT_TRUE(t.append(account, "Subject: s\r\n\r\nletter number" + std::to_string(i) + " of the " + (i % 2 == 0 ? "even" : "odd") + "\r\n"));
}

TEST(Indexer, WaitsUntilItIsWorthIt) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  Searched s(t);
  add(t, alice, 1, 8);
  EXPECT_TRUE(s.look(alice));
  EXPECT_EQ(s.rows(alice), 0u);
  add(t, alice, 8, 9);
  EXPECT_TRUE(s.look(alice));
  EXPECT_EQ(s.find(alice, "even"), (std::set<std::uint64_t>{2, 4, 6, 8}));
  EXPECT_EQ(s.find(alice, "number", true).size(), 8u);
  EXPECT_TRUE(s.find(alice, "number").empty());
}

TEST(Indexer, PutsSmallPiecesTogether) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  Searched s(t);
  for (int i = 0; i < 200; i += 8) {
    add(t, alice, i, i + 8);
    ASSERT_TRUE(s.look(alice));
    const auto progress = index_progress(*t.store.snapshot(), alice);
    ASSERT_TRUE(progress);
    EXPECT_LT(progress->segments, 8u);
    EXPECT_EQ(progress->indexed, static_cast<std::uint64_t>(i) + 8);
  }
  EXPECT_EQ(s.find(alice, "even").size(), 100u);
  EXPECT_EQ(s.find(alice, "number137"), std::set<std::uint64_t>{138});
}

// What is gone leaves the index: at once where it is much, else within a day.
TEST(Indexer, LetsGoOfWhatIsGone) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  Searched s(t);
  add(t, alice, 1, 41);
  ASSERT_TRUE(s.look(alice));
  ASSERT_TRUE(t.run(t.store.destroy_emails(alice, {EmailId{4}})));
  ASSERT_TRUE(s.look(alice));
  EXPECT_TRUE(s.find(alice, "even").contains(4));
  t.clock.advance(std::chrono::hours(25));
  ASSERT_TRUE(s.look(alice));
  EXPECT_FALSE(s.find(alice, "even").contains(4));
  EXPECT_EQ(s.find(alice, "even").size(), 19u);
  std::vector<EmailId> many;
  for (std::uint64_t i = 5; i <= 40; ++i) many.push_back(EmailId{i});
  ASSERT_TRUE(t.run(t.store.destroy_emails(alice, many)));
  ASSERT_TRUE(s.look(alice));
  EXPECT_EQ(s.find(alice, "number", true), (std::set<std::uint64_t>{1, 2, 3}));
  ASSERT_TRUE(t.run(t.store.destroy_emails(alice, {EmailId{1}, EmailId{2}, EmailId{3}})));
  ASSERT_TRUE(s.look(alice));
  EXPECT_EQ(s.rows(alice), 1u);  // the manifest
  add(t, alice, 41, 60);
  ASSERT_TRUE(s.look(alice));
  EXPECT_EQ(s.find(alice, "number", true).size(), 19u);
}

TEST(Indexer, AnAccountThatGoesTakesItsWordsAlong) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  Searched s(t);
  add(t, alice, 1, 20);
  ASSERT_TRUE(s.look(alice));
  ASSERT_TRUE(t.run(t.store.remove_account("alice@blue.test")));
  EXPECT_EQ(s.rows(alice), 0u);
  EXPECT_TRUE(s.look(alice));
  IndexWriter late(t.store, alice);
  EXPECT_EQ(t.run(late.open(*t.keyring)).error().code, Errc::not_found);
  EXPECT_EQ(s.rows(alice), 0u);
}

TEST(Indexer, TwoWritersDoNotMix) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  add(t, alice, 1, 20);
  IndexWriter one(t.store, alice), other(t.store, alice);
  ASSERT_TRUE(t.run(one.open(*t.keyring)));
  ASSERT_TRUE(t.run(other.open(*t.keyring)));
  ASSERT_TRUE(t.run(one.begin_segment()));
  EXPECT_EQ(t.run(other.begin_segment()).error().code, Errc::conflict);
  Searched s(t);
  ASSERT_TRUE(s.look(alice));
  EXPECT_EQ(s.find(alice, "number", true).size(), 19u);
}

TEST(Indexer, WordsOfMailAreNotReadableOnTheDisk) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  Searched s(t);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(t.append(alice, "Subject: s\r\n\r\nxylophonesecret\r\n"));
  ASSERT_TRUE(s.look(alice));
  ASSERT_EQ(s.find(alice, "xylophonesecret").size(), 10u);
  EXPECT_TRUE(t.store.snapshot()->scan(Space::search, "", "", [](std::string_view, std::string_view value) {
    EXPECT_EQ(value.find("xylophone"), value.npos);
    return true;
  }));
}

// Every row in turn is damaged: the index says corrupt, verify says it too, and the indexer makes it anew.
TEST(Indexer, DamageIsSeenAndMended) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  Searched s(t);
  add(t, alice, 1, 20);
  ASSERT_TRUE(s.look(alice));
  const auto keys = [&] {
    std::vector<std::string> out;
    EXPECT_TRUE(t.store.snapshot()->scan(Space::search, "", "", [&](std::string_view k, std::string_view) {
      out.emplace_back(k);
      return true;
    }));
    return out;
  };
  const auto count = keys().size();
  ASSERT_GE(count, 3u);
  for (std::size_t i = 0; i < count; ++i) {
    // Each time there are others of the same kind.
    const auto damaged = keys().at(i);
    Work work = [&](Transaction& tx) -> Status {
      TRY_ASSIGN(auto value, tx.get(Space::search, damaged));
      if (!value) return {};
      value->back() ^= 1;
      tx.put(Space::search, damaged, *value);
      return {};
    };
    ASSERT_TRUE(t.run(t.store.transact(std::move(work))));
    EXPECT_FALSE(t.store.verify()->empty());
    ASSERT_TRUE(t.run(rebuild_index(t.store, *t.keyring, *s.log, alice, Searched::options())));
    EXPECT_TRUE(t.store.verify()->empty());
    EXPECT_EQ(s.find(alice, "number", true).size(), 19u);
  }
}

// The power goes at every step of indexing, putting together and clearing out; each time the store checks, and going on ends well.
TEST(Indexer, APowerCutAtAnyStepLosesNothing) {
  std::shared_ptr<crypto::Keyring> keys = crypto::memory_keyring();
  TestStore base(memory_engine(), keys);
  const auto alice = base.add("alice@blue.test");
  add(base, alice, 1, 9);
  Fault fault;
  std::size_t steps = 0;
  for (std::size_t n = 0; fault.at(n); n += 3, ++steps) {
    std::unique_ptr<MemoryEngine> after;
    int added = 9;
    {
      TestStore t(base.engine->crash(0, {.fault = &fault}), keys);
      t.check = false;
      Searched s(t);
      for (int round = 0; round < 9 && !fault.fired(); ++round) {
        if (round > 0)
          for (int i = 0; i < 8 && !fault.fired(); ++i)
            if (t.append(alice, "Subject: s\r\n\r\nletter number" + std::to_string(added) + "\r\n")) ++added;
        static_cast<void>(s.look(alice));
      }
      if (!fault.fired()) static_cast<void>(t.run(t.store.destroy_emails(alice, {EmailId{2}, EmailId{3}, EmailId{4}, EmailId{5}, EmailId{6}, EmailId{7}, EmailId{8}, EmailId{9}, EmailId{10}})));
      static_cast<void>(s.look(alice));
      after = t.engine->crash(n);
    }
    TestStore t(std::move(after), keys);  // checks when it closes
    Searched s(t);
    EXPECT_TRUE(t.store.verify()->empty());
    add(t, alice, 1000, 1009);
    ASSERT_TRUE(s.look(alice));
    std::set<std::uint64_t> alive;
    const auto members = t.store.view(alice).members(inbox_id);
    for (const auto& member : *members) alive.insert(number(member.email));
    for (const auto id : s.find(alice, "number", true)) alive.erase(id);
    EXPECT_TRUE(alive.empty()) << "step " << n;
  }
  EXPECT_GT(steps, 50u);
}

}  // namespace
}  // namespace posthorn::store::search
