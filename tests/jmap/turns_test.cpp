// Work of JMAP methods: of one account two at a time, whoever else works meanwhile; and what takes long does so in steps.
#include "jmap/core/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/runtime.h"

namespace posthorn::jmap {
namespace {

// Where work waits until so many are at it at once. Nothing here depends on how fast the machine is: where they cannot be, it waits until
// the time is over, and the test fails.
class Meeting {
 public:
  explicit Meeting(int wanted) : wanted_(wanted) {}
  void come() {
    std::unique_lock lock(mutex_);
    ++now_;
    most_ = std::max(most_, now_);
    if (most_ >= wanted_) met_.notify_all();
    else met_.wait_for(lock, std::chrono::seconds(60), [this] { return most_ >= wanted_; });
  }
  void go() {
    const std::lock_guard lock(mutex_);
    --now_;
  }
  int most() const {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable met_;
  int wanted_, now_ = 0, most_ = 0;
};

struct MeetingWork {
  Meeting* meeting;
  int operator()() const {
    meeting->come();
    std::this_thread::yield();  // a third one that should not be here has its chance to come
    meeting->go();
    return 0;
  }
};

Task<void> work_in_turn(Turns& turns, AccountId account, MeetingWork work, int& done) {
  auto turn = co_await turns.take(account);
  EXPECT_TRUE(turn);
  static_cast<void>(co_await turns.workers().run(std::move(work)));
  ++done;
}

TEST(Turns, OfOneAccountTwoAtATimeAndOthersMeanwhile) {
  boost::asio::io_context context{1};
  const auto clock = net::system_clock();
  Turns turns(*clock, 5);
  Meeting of_one(2), of_others(3);
  int done = 0;
  for (int i = 0; i < 10; ++i) {
    boost::asio::co_spawn(context, work_in_turn(turns, AccountId{1}, MeetingWork{&of_one}, done), [](const std::exception_ptr&) {});
    boost::asio::co_spawn(context, work_in_turn(turns, AccountId{static_cast<std::uint64_t>(10 + i)}, MeetingWork{&of_others}, done), [](const std::exception_ptr&) {});
  }
  context.run();
  EXPECT_EQ(done, 20);
  EXPECT_EQ(of_one.most(), 2);
  EXPECT_GE(of_others.most(), 3);
}

// Does not end before the other had its turn.
struct Patient {
  const std::atomic<bool>* other_done;
  int steps = 0;
  std::optional<int> step() {
    ++steps;
    if (!*other_done && steps < 1'000'000) return std::nullopt;
    return steps;
  }
};
struct Quick {
  std::atomic<bool>* done;
  int operator()() const {
    *done = true;
    return 0;
  }
};

Task<void> work_in_steps(Workers& workers, const std::atomic<bool>& other_done, int& steps) {
  Patient patient{&other_done};
  steps = co_await in_steps(workers, patient);
}
Task<void> work_at_once(Workers& workers, std::atomic<bool>& done) {
  Quick quick{&done};
  static_cast<void>(co_await workers.run(std::move(quick)));
}

TEST(Turns, LongWorkLetsOthersInBetweenItsSteps) {
  boost::asio::io_context context{1};
  Workers one{1};
  std::atomic<bool> done = false;
  std::array<int, 3> steps{};
  for (auto& each : steps) boost::asio::co_spawn(context, work_in_steps(one, done, each), [](const std::exception_ptr&) {});
  boost::asio::co_spawn(context, work_at_once(one, done), [](const std::exception_ptr&) {});
  context.run();
  EXPECT_TRUE(done);
  for (const int each : steps) {
    EXPECT_GE(each, 1);
    EXPECT_LT(each, 1'000'000) << "the other never had its turn";
  }
}

}  // namespace
}  // namespace posthorn::jmap
