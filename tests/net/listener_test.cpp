// Who is let in by a listener, who is turned away, and how it ends.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <future>

#include "net/raw_client.h"
#include "net/socket.h"

namespace posthorn::net {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Socket;

TEST_F(Socket, CloseAllEndsSessionsOnAllThreads) {
  auto server = test::serve(running, tls.get());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.at));
    clients.back()->receive();
  }
  EXPECT_EQ(server.listener->sessions(), 10u);
  server.listener->close_all();
  for (auto& client : clients) EXPECT_TRUE(client->ended());
  EXPECT_TRUE(test::soon([&] { return server.listener->sessions() == 0; }));
}

TEST_F(Socket, StoppedListenerRefusesNewcomersAndKeepsSessions) {
  auto server = test::serve(running, nullptr);
  RawClient client(server.at);
  client.receive();
  server.listener->stop_accepting();
  EXPECT_TRUE(test::soon([&] { return !RawClient(server.at).connected(); }));
  client.send("here\r\n");
  EXPECT_EQ(client.receive(), "echo here\r\n");
}

TEST_F(Socket, LimitPerAddressRefusesAndRecovers) {
  ListenOptions options;
  options.per_address = 2;
  options.too_many = "421 4.7.0 too many\r\n";
  auto server = test::serve(running, nullptr, options);
  auto one = std::make_unique<RawClient>(server.at);
  RawClient two(server.at);
  one->receive();
  two.receive();
  RawClient three(server.at);
  EXPECT_EQ(three.receive(), "421 4.7.0 too many\r\n");
  EXPECT_TRUE(three.ended());
  RawClient elsewhere(server.at, "127.0.0.2");
  EXPECT_EQ(elsewhere.receive(), "220 ready\r\n");
  one.reset();
  EXPECT_TRUE(test::soon([&] { return server.listener->sessions() == 2; }));
  RawClient again(server.at);
  EXPECT_EQ(again.receive(), "220 ready\r\n");
}

// In a flood most have gone before it is their turn, and a session for each of them would cost those who wait.
TEST_F(Socket, WhoLeftBeforeItWasTheirTurnGetsNoSession) {
  std::atomic<int> sessions = 0;
  const auto start = [&sessions](std::unique_ptr<Stream> stream) {
    ++sessions;
    return test::line_session(std::move(stream), 30s);
  };
  ListenOptions options;
  options.at = {"127.0.0.1", 0};
  const auto listener = listen(running.runtime, *running.clock, running.log, options, nullptr, start).value();
  std::promise<void> held, go;
  boost::asio::post(running.runtime.context(0), [&] {
    held.set_value();
    go.get_future().wait();
  });
  held.get_future().wait();
  for (int i = 0; i < 5; ++i) RawClient(listener->at()).close();
  RawClient stays(listener->at());
  go.set_value();
  EXPECT_EQ(stays.receive(), "220 ready\r\n");
  EXPECT_EQ(sessions, 1);
}

TEST_F(Socket, LimitPerNetworkRefuses) {
  ListenOptions options;
  options.per_network = 2;
  auto server = test::serve(running, nullptr, options);
  RawClient one(server.at, "127.0.0.1"), two(server.at, "127.0.0.2");
  one.receive();
  two.receive();
  RawClient neighbour(server.at, "127.0.0.63");
  EXPECT_EQ(neighbour.receive(), "");
  RawClient stranger(server.at, "127.0.0.64");
  EXPECT_EQ(stranger.receive(), "220 ready\r\n");
}

TEST_F(Socket, SecondListenerOnThePortIsRefusedWithAdvice) {
  auto server = test::serve(running, nullptr);
  auto again = listen(running.runtime, *running.clock, running.log, {.at = server.at}, nullptr,
                      [](std::unique_ptr<Stream> stream) { return test::line_session(std::move(stream), 1s); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::exists);
  EXPECT_NE(again.error().todo, "");
}

TEST_F(Socket, Ipv6ListenerTakesIpv6Only) {
  ListenOptions options;
  options.at = {"::1", 0};
  auto server = test::serve(running, nullptr, options);
  EXPECT_EQ(server.at.address, "::1");
  EXPECT_FALSE(RawClient({"127.0.0.1", server.at.port}).connected());
  auto dialer = tcp_dialer(*running.clock);
  auto stream = running.wait(dialer->connect(server.at, "", 5s));
  ASSERT_TRUE(stream) << stream.error().text();
  EXPECT_EQ((*stream)->peer().text(), server.at.text());
}

}  // namespace
}  // namespace posthorn::net
