// What only the memory engine does: groups in virtual time, steps that fail, power cuts.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <random>

#include "engine_kit.h"
#include "store/engine/memory_engine.h"

namespace posthorn::store {
namespace {

using test::all;
using test::put;
using test::transact;
using test::value_of;

TEST(MemoryEngine, CallsDoneBeforeTransactReturnsWhenInline) {
  const auto engine = memory_engine();
  bool called = false;
  engine->transact([](Transaction&) -> Status { return {}; }, [&called](const Status& status) { called = status.has_value(); });
  EXPECT_TRUE(called);
}

TEST(MemoryEngine, CommitsWhatWaitsOnTheExecutorAsOneGroup) {
  boost::asio::io_context context;
  const auto engine = memory_engine({.executor = context.get_executor()});
  std::string order;
  for (const char* name : {"a", "b", "c"}) {
    engine->transact(
        [name](Transaction& tx) -> Status {
          tx.put(Space::email, name, "1");
          return {};
        },
        [&order, name](const Status& status) { order += status ? name : "!"; });
  }
  EXPECT_EQ(order, "");
  EXPECT_TRUE(all(*engine->snapshot(), Space::email).empty());
  context.run();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(engine->syncs(), 1u);
  EXPECT_EQ(all(*engine->snapshot(), Space::email).size(), 3u);
}

TEST(MemoryEngine, SurvivesHandlersThatRunAfterItsEnd) {
  boost::asio::io_context context;
  auto engine = memory_engine({.executor = context.get_executor()});
  int called = 0;
  engine->transact([](Transaction&) -> Status { return {}; }, [&called](const Status&) { ++called; });
  engine.reset();
  EXPECT_EQ(called, 1);
  context.run();
  EXPECT_EQ(called, 1);
}

TEST(MemoryEngine, FailsEverythingAfterAFailedStep) {
  Fault fault;
  std::size_t runs = 0;
  for (std::size_t n = 0; fault.at(n); ++n, ++runs) {
    const auto engine = memory_engine({.fault = &fault});
    const bool first = put(*engine, Space::email, "a", "1").has_value();
    const auto second = put(*engine, Space::email, "b", "1");
    EXPECT_EQ(first, n >= 3);
    EXPECT_EQ(second.has_value(), n >= 6);
    if (!second) {
      EXPECT_EQ(second.error().code, Errc::io);
    }
    if (n < 3) {
      EXPECT_EQ(value_of(*engine->snapshot(), Space::email, "b"), "-");
    }
    // Nothing shows before it is durable: after a failed append or sync there is nothing to see.
    if (n < 2) {
      EXPECT_TRUE(all(*engine->snapshot(), Space::email).empty());
    }
  }
  EXPECT_EQ(runs, 7u);  // append, sync, answer, twice; and the run without a fault
}

TEST(MemoryEngine, LosesAllOrKeepsAllOrTearsOverTheSeeds) {
  Fault fault;
  fault.at(3);  // the sync of a group of three
  boost::asio::io_context context;
  const auto engine = memory_engine({.executor = context.get_executor(), .fault = &fault});
  for (const char* name : {"a", "b", "c"}) {
    engine->transact(
        [name](Transaction& tx) -> Status {
          tx.put(Space::email, name, std::string(1000, 'x'));
          return {};
        },
        [](const Status& status) { EXPECT_FALSE(status); });
  }
  context.run();
  std::array<int, 4> found{};
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto after = engine->crash(seed);
    const auto entries = all(*after->snapshot(), Space::email);
    ASSERT_LE(entries.size(), 3u);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      ASSERT_EQ(entries[i].first, std::string("abc").substr(i, 1));
      ASSERT_EQ(entries[i].second, std::string(1000, 'x'));
    }
    ++found.at(entries.size());
    ASSERT_TRUE(put(*after, Space::email, "d", "1"));  // the disk is well again
  }
  for (const int count : found) EXPECT_GT(count, 10);
}

// Numbered transactions that each write their number in three spaces, in groups, with the power cut at every step.
TEST(MemoryEngine, KeepsWhatItAcknowledgedOverTwoThousandPowerCuts) {
  std::size_t cuts = 0, kept = 0;
  for (std::uint64_t seed = 0; cuts < 2000; ++seed) {
    Fault fault;
    for (std::size_t n = 0; fault.at(n); ++n, ++cuts) {
      std::mt19937_64 random(seed);
      boost::asio::io_context context;
      const auto engine = memory_engine({.executor = context.get_executor(), .fault = &fault});
      int acknowledged = 0;
      for (int number = 1; number <= 12; ++number) {
        const std::string size(random() % 1500, 'v');
        engine->transact(
            [number, size](Transaction& tx) -> Status {
              for (const auto space : {Space::email, Space::chunk, Space::queue}) tx.put(space, std::to_string(number), size);
              tx.erase(Space::account, std::to_string(number - 1));
              tx.put(Space::account, std::to_string(number), "");
              return {};
            },
            [&acknowledged, number](const Status& status) {
              if (status) acknowledged = number;
            });
        if (random() % 3 == 0) context.poll(), context.restart();
      }
      context.run();
      const auto after = engine->crash(seed * 1000 + n)->snapshot();
      const auto count = all(*after, Space::email).size();
      ASSERT_GE(count, static_cast<std::size_t>(acknowledged)) << "seed " << seed << " step " << n;
      for (std::size_t number = 1; number <= 12; ++number) {
        const auto value = value_of(*after, Space::email, std::to_string(number));
        ASSERT_EQ(value != "-", number <= count) << "seed " << seed << " step " << n;
        ASSERT_EQ(value_of(*after, Space::chunk, std::to_string(number)), value);
        ASSERT_EQ(value_of(*after, Space::queue, std::to_string(number)), value);
        ASSERT_EQ(value_of(*after, Space::account, std::to_string(number)), number == count ? "" : "-");
      }
      if (!fault.fired()) {
        ASSERT_EQ(acknowledged, 12);
      }
      kept += count - static_cast<std::size_t>(acknowledged);
    }
  }
  EXPECT_GT(kept, 0u);  // some that were never acknowledged are there all the same, as on a real disk
}

}  // namespace
}  // namespace posthorn::store
