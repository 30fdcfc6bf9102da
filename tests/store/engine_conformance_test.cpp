// What every Engine does alike: run on the memory engine (inline, and on an executor's threads) and on RocksDB.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

#include "engine_kit.h"
#include "store/engine/memory_engine.h"

namespace posthorn::store {
namespace {

using namespace std::string_literals;
using test::all;
using test::Entries;
using test::last_of;
using test::put;
using test::transact;
using test::value_of;

enum class Kind { memory_inline, memory_posted, rocks };

class EngineConformance : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    switch (GetParam()) {
      case Kind::memory_inline: engine_ = memory_engine(); break;
      case Kind::memory_posted: engine_ = memory_engine({.executor = pool_.get_executor()}); break;
      case Kind::rocks: {
        // Making the column families takes most of a test's time: made once, copied for each.
        static const test::Folder made;
        static const bool once = open_rocks({.folder = made.path()}).has_value();
        ASSERT_TRUE(once);
        std::filesystem::copy(made.path(), folder_.path() + "/data");
        auto opened = open_rocks({.folder = folder_.path() + "/data"});
        ASSERT_TRUE(opened) << opened.error().text();
        engine_ = std::move(*opened);
      }
    }
  }
  void TearDown() override {
    engine_.reset();
    pool_.join();
  }
  Engine& engine() { return *engine_; }

 private:
  test::Folder folder_;
  boost::asio::thread_pool pool_{2};
  std::unique_ptr<Engine> engine_;
};

constexpr Space space = Space::email;

TEST_P(EngineConformance, OrdersKeysAsUnsignedBytes) {
  const Entries entries = {{""s, "empty key"}, {"\0"s, "a"}, {"\0\0"s, "b"}, {"\0\xff"s, "c"}, {"\x01"s, ""}, {"a", "d"},
                           {"a\0"s, "e"}, {"ab", "f"}, {"\x7f"s, "g"}, {"\x80"s, "h"}, {"\xff"s, "\0\xff\n"s},
                           {"\xff\xff"s, "i"}};
  const auto wrote = transact(engine(), [&entries](Transaction& tx) -> Status {
    for (auto at = entries.rbegin(); at != entries.rend(); ++at) tx.put(space, at->first, at->second);
    EXPECT_EQ(all(tx, space), entries);
    return {};
  });
  ASSERT_TRUE(wrote);
  const auto view = engine().snapshot();
  EXPECT_EQ(all(*view, space), entries);
  for (const auto& [key, value] : entries) EXPECT_EQ(value_of(*view, space, key), value);
  EXPECT_EQ(value_of(*view, space, "\x02"), "-");
  EXPECT_TRUE(all(*view, Space::thread).empty());
}

TEST_P(EngineConformance, ScansFromInclusiveToExclusive) {
  for (const char* key : {"a", "b", "c", "d"}) ASSERT_TRUE(put(engine(), space, key, "1"));
  const auto view = engine().snapshot();
  const auto keys = [&view](std::string_view from, std::string_view to) {
    std::string text;
    for (const auto& entry : all(*view, space, from, to)) text += entry.first;
    return text;
  };
  EXPECT_EQ(keys("", ""), "abcd");
  EXPECT_EQ(keys("b", "d"), "bc");
  EXPECT_EQ(keys("b", ""), "bcd");
  EXPECT_EQ(keys("", "b"), "a");
  EXPECT_EQ(keys("aa", "cc"), "bc");
  EXPECT_EQ(keys("b", "b"), "");
  EXPECT_EQ(keys("c", "b"), "");
  EXPECT_EQ(keys("e", ""), "");
}

TEST_P(EngineConformance, StopsScanningWhenTold) {
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(put(engine(), space, key, "1"));
  const auto count = [](const Reader& reader, int stop) {
    int seen = 0;
    EXPECT_TRUE(reader.scan(space, "", "", [&](std::string_view, std::string_view) { return ++seen < stop; }));
    return seen;
  };
  EXPECT_EQ(count(*engine().snapshot(), 2), 2);
  ASSERT_TRUE(transact(engine(), [&count](Transaction& tx) -> Status {
    tx.put(space, "aa", "1");
    tx.put(space, "z", "1");
    for (int stop = 1; stop <= 5; ++stop) EXPECT_EQ(count(tx, stop), stop);
    EXPECT_EQ(count(tx, 6), 5);
    return {};
  }));
}

TEST_P(EngineConformance, FindsTheLastEntryOfARange) {
  for (const char* key : {"a1", "a2", "b1", "c1"}) ASSERT_TRUE(put(engine(), space, key, key));
  const auto check = [](const Reader& reader) {
    EXPECT_EQ(last_of(reader, space, "", ""), "c1=c1");
    EXPECT_EQ(last_of(reader, space, "a", "b"), "a2=a2");
    EXPECT_EQ(last_of(reader, space, "a", "a2"), "a1=a1");
    EXPECT_EQ(last_of(reader, space, "a1", "a2"), "a1=a1");
    EXPECT_EQ(last_of(reader, space, "a3", "b"), "-");
    EXPECT_EQ(last_of(reader, space, "d", ""), "-");
    EXPECT_EQ(last_of(reader, space, "b", "a"), "-");
    EXPECT_EQ(last_of(reader, Space::queue, "", ""), "-");
  };
  check(*engine().snapshot());
  ASSERT_TRUE(transact(engine(), [&check](Transaction& tx) -> Status {
    check(tx);
    tx.erase(space, "a2");
    EXPECT_EQ(last_of(tx, space, "a", "b"), "a1=a1");
    tx.erase(space, "a1");
    EXPECT_EQ(last_of(tx, space, "a", "b"), "-");
    EXPECT_EQ(last_of(tx, space, "", ""), "c1=c1");
    tx.put(space, "a1", "new");
    EXPECT_EQ(last_of(tx, space, "a", "b"), "a1=new");
    tx.put(space, "a15", "x");
    EXPECT_EQ(last_of(tx, space, "a", "b"), "a15=x");
    tx.put(space, "d", "y");
    EXPECT_EQ(last_of(tx, space, "", ""), "d=y");
    tx.put(space, "", "first");
    for (const char* key : {"a1", "a15", "b1", "c1", "d"}) tx.erase(space, key);
    EXPECT_EQ(last_of(tx, space, "", ""), "=first");
    tx.erase(space, "");
    EXPECT_EQ(last_of(tx, space, "", ""), "-");
    return {};
  }));
}

TEST_P(EngineConformance, HidesTheEmptyKeyOfTheBaseWhenErased) {
  ASSERT_TRUE(put(engine(), space, "", "1"));
  ASSERT_TRUE(transact(engine(), [](Transaction& tx) -> Status {
    tx.erase(space, "");
    EXPECT_EQ(last_of(tx, space, "", ""), "-");
    EXPECT_EQ(last_of(tx, space, "", "b"), "-");
    return {};
  }));
  EXPECT_EQ(value_of(*engine().snapshot(), space, ""), "-");
}

TEST_P(EngineConformance, KeepsASnapshotAsItWas) {
  ASSERT_TRUE(put(engine(), space, "a", "1"));
  const auto before = engine().snapshot();
  ASSERT_TRUE(transact(engine(), [](Transaction& tx) -> Status {
    tx.put(space, "a", "2");
    tx.put(space, "b", "2");
    tx.put(Space::queue, "q", "2");
    return {};
  }));
  const auto between = engine().snapshot();
  ASSERT_TRUE(transact(engine(), [](Transaction& tx) -> Status {
    tx.erase(space, "a");
    return {};
  }));
  EXPECT_EQ(all(*before, space), (Entries{{"a", "1"}}));
  EXPECT_TRUE(all(*before, Space::queue).empty());
  EXPECT_EQ(all(*between, space), (Entries{{"a", "2"}, {"b", "2"}}));
  EXPECT_EQ(last_of(*between, space, "", "b"), "a=2");
  EXPECT_EQ(all(*engine().snapshot(), space), (Entries{{"b", "2"}}));
}

TEST_P(EngineConformance, ShowsNothingUncommitted) {
  ASSERT_TRUE(put(engine(), space, "a", "1"));
  ASSERT_TRUE(transact(engine(), [this](Transaction& tx) -> Status {
    tx.put(space, "a", "2");
    tx.put(space, "b", "2");
    const auto view = engine().snapshot();
    EXPECT_EQ(all(*view, space), (Entries{{"a", "1"}}));
    return {};
  }));
}

TEST_P(EngineConformance, IsVisibleWhenDoneIsCalled) {
  for (int i = 0; i < 50; ++i) {
    std::promise<std::string> seen;
    engine().transact(
        [i](Transaction& tx) -> Status {
          tx.put(space, "k", std::to_string(i));
          return {};
        },
        [&](const Status& status) {
          seen.set_value(status ? value_of(*engine().snapshot(), space, "k") : status.error().text());
        });
    EXPECT_EQ(seen.get_future().get(), std::to_string(i));
  }
}

TEST_P(EngineConformance, RollsBackOnlyTheTransactionThatFails) {
  ASSERT_TRUE(put(engine(), space, "kept", "0"));
  ASSERT_TRUE(put(engine(), space, "old", "0"));
  // The first waits until the others stand behind it, so that engines with a writer thread run them as one group.
  std::promise<void> queued;
  auto ready = queued.get_future().share();
  std::vector<std::future<Status>> answers;
  const bool waits = GetParam() != Kind::memory_inline;
  const auto start = [&](Work work) {
    auto answer = std::make_shared<std::promise<Status>>();
    answers.push_back(answer->get_future());
    engine().transact(std::move(work), [answer](Status status) { answer->set_value(std::move(status)); });
  };
  start([ready, waits](Transaction& tx) -> Status {
    if (waits) ready.wait();
    tx.put(space, "one", "1");
    return {};
  });
  start([](Transaction& tx) -> Status {
    tx.put(space, "one", "2");
    return {};
  });
  start([](Transaction& tx) -> Status {
    EXPECT_EQ(value_of(tx, space, "one"), "2");  // of a transaction before it that is not durable yet
    tx.put(space, "one", "3");
    tx.put(space, "one", "4");
    tx.put(space, "two", "3");
    tx.erase(space, "two");
    tx.put(space, "kept", "3");
    tx.erase(space, "old");
    return fail(Errc::over_quota, "full");
  });
  start([](Transaction& tx) -> Status {
    EXPECT_EQ(all(tx, space), (Entries{{"kept", "0"}, {"old", "0"}, {"one", "2"}}));
    throw std::runtime_error("a bug");
  });
  start([](Transaction& tx) -> Status {
    tx.put(space, "three", "5");
    return {};
  });
  queued.set_value();
  std::vector<Status> status;
  for (auto& answer : answers) status.push_back(answer.get());
  EXPECT_TRUE(status[0] && status[1] && status[4]);
  ASSERT_FALSE(status[2]);
  EXPECT_EQ(status[2].error().code, Errc::over_quota);
  ASSERT_FALSE(status[3]);
  EXPECT_EQ(status[3].error().code, Errc::io);
  EXPECT_NE(status[3].error().what.find("a bug"), std::string::npos);
  EXPECT_EQ(all(*engine().snapshot(), space), (Entries{{"kept", "0"}, {"old", "0"}, {"one", "2"}, {"three", "5"}}));
  EXPECT_TRUE(put(engine(), space, "four", "6"));
}

TEST_P(EngineConformance, ReadsItsOwnWrites) {
  for (const char* key : {"b", "d", "f", "h"}) ASSERT_TRUE(put(engine(), space, key, "old"));
  ASSERT_TRUE(transact(engine(), [](Transaction& tx) -> Status {
    tx.put(space, "a", "new");
    tx.erase(space, "b");
    tx.put(space, "c", "new");
    tx.put(space, "d", "new");
    tx.erase(space, "e");  // was not there
    tx.erase(space, "h");
    tx.put(space, "i", "new");
    tx.erase(space, "i");
    tx.erase(space, "c");
    tx.put(space, "c", "again");
    EXPECT_EQ(value_of(tx, space, "b"), "-");
    EXPECT_EQ(value_of(tx, space, "d"), "new");
    EXPECT_EQ(value_of(tx, space, "f"), "old");
    EXPECT_EQ(all(tx, space), (Entries{{"a", "new"}, {"c", "again"}, {"d", "new"}, {"f", "old"}}));
    EXPECT_EQ(all(tx, space, "b", "f"), (Entries{{"c", "again"}, {"d", "new"}}));
    EXPECT_EQ(all(tx, space, "d", ""), (Entries{{"d", "new"}, {"f", "old"}}));
    EXPECT_EQ(all(tx, space, "f", "d"), Entries{});
    return {};
  }));
  EXPECT_EQ(all(*engine().snapshot(), space), (Entries{{"a", "new"}, {"c", "again"}, {"d", "new"}, {"f", "old"}}));
}

TEST_P(EngineConformance, LetsAScanWrite) {
  for (const char* key : {"a", "b", "c", "d"}) ASSERT_TRUE(put(engine(), space, key, "old"));
  ASSERT_TRUE(transact(engine(), [](Transaction& tx) -> Status {
    tx.put(space, "b2", "long enough to live on the heap, not in the string");
    std::string seen;
    TRY(tx.scan(space, "", "", [&](std::string_view key, std::string_view value) {
      tx.put(space, key, "x");   // what it stands on
      tx.erase(space, "c");      // ahead
      tx.put(space, "e", "ee");  // ahead, behind the end of the base
      seen += std::string(key) + "=" + std::string(value).substr(0, 4) + " ";
      return true;
    }));
    EXPECT_EQ(seen, "a=old b=old b2=long d=old e=ee ");
    TRY(tx.scan(space, "", "", [&](std::string_view key, std::string_view) {
      tx.erase(space, key);
      return true;
    }));
    EXPECT_TRUE(all(tx, space).empty());
    return {};
  }));
  EXPECT_TRUE(all(*engine().snapshot(), space).empty());
}

TEST_P(EngineConformance, RefusesATransactionOverTheBudget) {
  const std::string half(transaction_budget / 2, 'x');
  EXPECT_TRUE(transact(engine(), [&half](Transaction& tx) -> Status {
    tx.put(Space::chunk, "1", half.substr(1));
    tx.put(Space::chunk, "2", half.substr(1));
    return {};
  }));
  const auto status = transact(engine(), [&half](Transaction& tx) -> Status {
    tx.put(Space::chunk, "1", "y");
    tx.put(Space::chunk, "3", half);
    tx.put(Space::chunk, "4", half);
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::too_big);
  const auto view = engine().snapshot();
  EXPECT_EQ(value_of(*view, Space::chunk, "1").size(), half.size() - 1);
  EXPECT_EQ(value_of(*view, Space::chunk, "3"), "-");
}

TEST_P(EngineConformance, ATransactionMayAskForALargerBudget) {
  const std::string whole(transaction_budget, 'x'), most(largest_transaction, 'x');
  EXPECT_TRUE(transact(engine(), [&whole](Transaction& tx) -> Status {
    tx.allow_large();
    tx.put(Space::chunk, "1", whole);
    tx.put(Space::chunk, "2", whole);
    return {};
  }));
  EXPECT_EQ(value_of(*engine().snapshot(), Space::chunk, "2"), whole);
  const auto over = transact(engine(), [&most](Transaction& tx) -> Status {
    tx.allow_large();
    tx.put(Space::chunk, "3", most);
    return {};
  });
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Errc::too_big);
  // It was that one's alone.
  const auto usual = transact(engine(), [&whole](Transaction& tx) -> Status {
    tx.put(Space::chunk, "4", whole);
    return {};
  });
  EXPECT_FALSE(usual);
}

TEST_P(EngineConformance, SerialisesTransactionsOfManyThreads) {
  constexpr int threads = 8, each = 125;
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < threads; ++i) {
      callers.emplace_back([&] {
        for (int n = 0; n < each; ++n) {
          const auto status = transact(engine(), [](Transaction& tx) -> Status {
            TRY_ASSIGN(const auto now, tx.get(Space::counters, "n"));
            tx.put(Space::counters, "n", std::to_string(std::stoi(now.value_or("0")) + 1));
            return {};
          });
          if (!status) ++failed;
        }
      });
    }
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(value_of(*engine().snapshot(), Space::counters, "n"), "1000");
}

TEST_P(EngineConformance, CommitsAllSpacesAtOnce) {
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    for (int n = 1; n <= 200; ++n) {
      EXPECT_TRUE(transact(engine(), [n](Transaction& tx) -> Status {
        for (const auto one : test::spaces()) tx.put(one, "n", std::to_string(n));
        return {};
      }));
    }
    stop = true;
  });
  while (!stop) {
    const auto view = engine().snapshot();
    const auto first = value_of(*view, Space::account, "n");
    for (const auto one : test::spaces()) ASSERT_EQ(value_of(*view, one, "n"), first);
  }
}

TEST_P(EngineConformance, CountsTheCommitsToASpaceBeforeTheyAreAnswered) {
  const auto count = [this](Space of) { return engine().commits_to(of).value_or(0); };
  const auto before = count(Space::name), others = count(Space::account);
  ASSERT_TRUE(put(engine(), Space::name, "k", "v"));
  EXPECT_EQ(count(Space::name), before + 1);
  EXPECT_EQ(count(Space::account), others);
  const auto refused = transact(engine(), [](Transaction& tx) -> Status {
    tx.put(Space::name, "k", "w");
    return fail(Errc::refused, "no");
  });
  EXPECT_FALSE(refused);
  EXPECT_EQ(count(Space::name), before + 1);
  ASSERT_TRUE(transact(engine(), [](Transaction& tx) -> Status {
    tx.erase(Space::name, "k");
    return {};
  }));
  EXPECT_EQ(count(Space::name), before + 2);
}

TEST_P(EngineConformance, TakesTransactionsFromInsideADone) {
  std::promise<Status> end;
  std::function<void(int)> next = [&](int n) {
    engine().transact(
        [n](Transaction& tx) -> Status {
          tx.put(space, std::to_string(n), "1");
          return {};
        },
        [&, n](Status status) {
          if (!status || n == 20) return end.set_value(std::move(status));
          next(n + 1);
        });
  };
  next(1);
  EXPECT_TRUE(end.get_future().get());
  EXPECT_EQ(all(*engine().snapshot(), space).size(), 20u);
}

// Random transactions of random operations against std::map, with snapshots kept for a while.
TEST_P(EngineConformance, AgreesWithAModel) {
  using Model = std::map<std::pair<Space, std::string>, std::string>;
  const auto range = [](const Model& model, Space in, const std::string& from, const std::string& to) {
    Entries entries;
    for (const auto& [key, value] : model) {
      if (key.first == in && key.second >= from && (to.empty() || key.second < to)) entries.emplace_back(key.second, value);
    }
    return entries;
  };
  const std::vector<Space> used = {Space::email, Space::chunk, Space::queue, Space::clock, Space::counters};
  std::mt19937_64 random(20261123);
  const auto key = [&random] {
    static const std::string letters = "\0a\x80\xff"s;
    std::string text(random() % 4, ' ');
    for (auto& letter : text) letter = letters[random() % letters.size()];
    return text;
  };
  const auto check = [&](const Reader& reader, const Model& model) {
    const auto in = used[random() % used.size()];
    const auto from = key(), to = key(), one = key();
    const auto expected = range(model, in, from, to);
    ASSERT_EQ(all(reader, in, from, to), expected);
    ASSERT_EQ(last_of(reader, in, from, to), expected.empty() ? "-" : expected.back().first + "=" + expected.back().second);
    const auto found = model.find({in, one});
    ASSERT_EQ(value_of(reader, in, one), found == model.end() ? "-" : found->second);
  };
  Model model;
  std::vector<std::pair<std::unique_ptr<Reader>, Model>> views;
  for (int round = 0; round < 400; ++round) {
    Model next = model;
    const bool fails = random() % 5 == 0;
    const auto status = transact(engine(), [&](Transaction& tx) -> Status {
      for (auto operations = random() % 12; operations > 0; --operations) {
        const auto in = used[random() % used.size()];
        const auto where = key();
        if (random() % 3 == 0) {
          tx.erase(in, where);
          next.erase({in, where});
        } else {
          const std::string value(random() % 10 == 0 ? 6000 : random() % 5, static_cast<char>('a' + random() % 26));
          tx.put(in, where, value);
          next.insert_or_assign({in, where}, value);
        }
        check(tx, next);
      }
      if (fails) return fail(Errc::refused, "no");
      return {};
    });
    ASSERT_EQ(status.has_value(), !fails);
    if (!fails) model = next;
    check(*engine().snapshot(), model);
    if (random() % 10 == 0) views.emplace_back(engine().snapshot(), model);
    for (const auto& [view, then] : views) check(*view, then);
    if (views.size() > 3) views.erase(views.begin());
  }
}

std::string name_of(const testing::TestParamInfo<Kind>& kind) {
  switch (kind.param) {
    case Kind::memory_inline: return "MemoryInline";
    case Kind::memory_posted: return "MemoryPosted";
    case Kind::rocks: break;
  }
  return "Rocks";
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineConformance,
                         testing::Values(Kind::memory_inline, Kind::memory_posted, Kind::rocks), name_of);

}  // namespace
}  // namespace posthorn::store
