#include "base/gate.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

#include "base/virtual_clock.h"

namespace posthorn {
namespace {

using namespace std::chrono_literals;

struct Hall {
  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Gate gate{clock, 2, 4};
  std::vector<std::string> said;

  static Task<void> visit(Hall& hall, std::string name, Gate::Turn turn, Duration stay) {
    auto pass = co_await hall.gate.enter(turn, 10s);
    if (!pass) {
      hall.said.push_back(name + " " + pass.error().what);
      co_return;
    }
    hall.said.push_back(name);
    co_await sleep(hall.clock, stay);
  }
  void visitor(const std::string& name, Gate::Turn turn, Duration stay) {
    boost::asio::co_spawn(context, visit(*this, name, turn, stay), boost::asio::detached);
    clock.settle();
  }
};

TEST(Gate, LetsAFewInAndThenThoseWhoMayGoFirst) {
  Hall hall;
  hall.visitor("a", Gate::Turn::last, 1s);
  hall.visitor("b", Gate::Turn::last, 2s);
  hall.visitor("c", Gate::Turn::last, 1s);
  hall.visitor("owner", Gate::Turn::first, 1s);
  EXPECT_EQ(hall.said, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(hall.gate.waiting(), 2u);
  hall.clock.advance(1s);
  EXPECT_EQ(hall.said.back(), "owner");
  hall.clock.advance(1s);
  EXPECT_EQ(hall.said.back(), "c");
  hall.clock.advance(5s);
  hall.visitor("d", Gate::Turn::last, 1s);
  EXPECT_EQ(hall.said.back(), "d") << "all places are free again";
}

TEST(Gate, NobodyWaitsLongerThanHeWouldNorInAQueueThatIsFull) {
  Hall hall;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) hall.visitor(name, Gate::Turn::last, 15s);
  EXPECT_EQ(hall.said, (std::vector<std::string>{"a", "b", "g the queue is full"}));
  hall.clock.advance(10s);
  EXPECT_EQ(hall.said.size(), 7u);
  EXPECT_EQ(hall.said.back(), "f the wait was too long");
  EXPECT_EQ(hall.gate.waiting(), 0u);
  hall.clock.advance(5s);
  hall.visitor("h", Gate::Turn::last, 1s);
  EXPECT_EQ(hall.said.back(), "h");
}

}  // namespace
}  // namespace posthorn
