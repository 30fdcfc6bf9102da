// Work of JMAP methods: of one account two at a time, whoever else works meanwhile.
#include "jmap/core/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "net/runtime.h"

namespace posthorn::jmap {
namespace {

struct CountedWork {
  std::atomic<int>* now;
  std::atomic<int>* most;
  int operator()() const {
    const int here = ++*now;
    for (int seen = *most; seen < here && !most->compare_exchange_weak(seen, here);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    --*now;
    return here;
  }
};

Task<void> work_in_turn(Turns& turns, AccountId account, CountedWork counted, std::atomic<int>& done) {
  auto turn = co_await turns.take(account);
  EXPECT_TRUE(turn);
  static_cast<void>(co_await turns.workers().run(std::move(counted)));
  ++done;
}

TEST(Turns, OfOneAccountTwoAtATimeAndOthersMeanwhile) {
  boost::asio::io_context context{1};
  const auto clock = net::system_clock();
  Turns turns(*clock, 4);
  std::atomic<int> of_one = 0, most_of_one = 0, of_others = 0, most_of_others = 0, done = 0;
  for (int i = 0; i < 10; ++i) {
    boost::asio::co_spawn(context, work_in_turn(turns, AccountId{1}, CountedWork{&of_one, &most_of_one}, done), [](const std::exception_ptr&) {});
    boost::asio::co_spawn(context, work_in_turn(turns, AccountId{static_cast<std::uint64_t>(10 + i)}, CountedWork{&of_others, &most_of_others}, done), [](const std::exception_ptr&) {});
  }
  context.run();
  EXPECT_EQ(done, 20);
  EXPECT_LE(most_of_one, 2);
  EXPECT_GT(most_of_others, 2);
}

}  // namespace
}  // namespace posthorn::jmap
