#include "net/pipe_stream.h"

#include <gtest/gtest.h>

#include "base/virtual_clock.h"
#include "net/talk.h"

namespace posthorn::net {
namespace {

using test::start;
using namespace std::chrono_literals;

class Pipe : public ::testing::Test {
 protected:
  void make(PipeOptions options = {}) {
    auto ends = make_pipe(context.get_executor(), clock, std::move(options));
    client = std::move(ends.first);
    server = std::move(ends.second);
  }
  auto read(Stream& stream, std::string& to, std::size_t max = 100) {
    auto result = start(context.get_executor(), stream.read_append(to, max));
    clock.settle();
    return result;
  }
  auto write(Stream& stream, std::string_view bytes) {
    auto result = start(context.get_executor(), stream.write(bytes));
    clock.settle();
    return result;
  }
  auto tls_client(TlsClientOptions options = {}) {
    auto result = start(context.get_executor(), client->start_tls_client(std::move(options)));
    clock.settle();
    return result;
  }
  auto tls_server() {
    auto result = start(context.get_executor(), server->start_tls_server());
    clock.settle();
    return result;
  }

  boost::asio::io_context context;
  VirtualClock clock{context};
  std::unique_ptr<Stream> client, server;
};

TEST_F(Pipe, CarriesBytesBothWays) {
  make();
  std::string got;
  auto pending = read(*server, got);
  EXPECT_FALSE(pending->has_value());
  EXPECT_TRUE(write(*client, "ping")->value().has_value());
  ASSERT_TRUE(pending->has_value());
  EXPECT_EQ(pending->value().value(), 4u);
  EXPECT_EQ(got, "ping");
  write(*server, "pong");
  EXPECT_EQ(read(*client, got)->value().value(), 4u);
  EXPECT_EQ(got, "pingpong");
}

TEST_F(Pipe, CutsReadsIntoChunksAndToTheMaximum) {
  make({.chunk = 3});
  write(*client, "abcdefgh");
  std::string got;
  EXPECT_EQ(read(*server, got)->value().value(), 3u);
  EXPECT_EQ(read(*server, got, 2)->value().value(), 2u);
  EXPECT_EQ(read(*server, got)->value().value(), 3u);
  EXPECT_EQ(got, "abcdefgh");
}

TEST_F(Pipe, DeliversWhatWasSentBeforeTheCloseThenTheEnd) {
  make();
  write(*client, "last");
  client->close();
  std::string got;
  EXPECT_EQ(read(*server, got)->value().value(), 4u);
  EXPECT_EQ(read(*server, got)->value().value(), 0u);
  EXPECT_EQ(read(*server, got)->value().value(), 0u);
  EXPECT_EQ(write(*server, "x")->value().error().code, Errc::closed);
}

TEST_F(Pipe, CloseEndsOwnPendingRead) {
  make();
  std::string got;
  auto pending = read(*server, got);
  server->close();
  clock.settle();
  EXPECT_EQ(pending->value().error().code, Errc::closed);
  EXPECT_EQ(write(*server, "x")->value().error().code, Errc::closed);
}

TEST_F(Pipe, DestroyingAnEndClosesIt) {
  make();
  std::string got;
  auto pending = read(*server, got);
  client.reset();
  clock.settle();
  EXPECT_EQ(pending->value().value(), 0u);
}

TEST_F(Pipe, HalfCloseStillLetsAnswersThrough) {
  make();
  finish_writing(*client);
  std::string got;
  EXPECT_EQ(read(*server, got)->value().value(), 0u);
  EXPECT_TRUE(write(*server, "bye")->value().has_value());
  EXPECT_EQ(read(*client, got)->value().value(), 3u);
  EXPECT_EQ(write(*client, "x")->value().error().code, Errc::closed);
}

TEST_F(Pipe, DeadlineFiresInVirtualTimeAndCanBeSetAnew) {
  make();
  std::string got;
  server->deadline(300s);
  auto pending = read(*server, got);
  clock.advance(299s);
  EXPECT_FALSE(pending->has_value());
  clock.advance(1s);
  EXPECT_EQ(pending->value().error().code, Errc::timeout);
  EXPECT_EQ(write(*server, "x")->value().error().code, Errc::timeout);
  server->deadline(10s);
  EXPECT_TRUE(write(*server, "421 bye")->value().has_value());
  server->deadline(Duration::zero());
  pending = read(*server, got);
  clock.advance(24h);
  EXPECT_FALSE(pending->has_value());
}

TEST_F(Pipe, WindowHoldsTheWriterUntilThePeerReads) {
  make({.window = 4});
  auto pending = write(*server, "abcdefghij");
  EXPECT_FALSE(pending->has_value());
  std::string got;
  read(*client, got);
  EXPECT_EQ(got, "abcd");
  EXPECT_FALSE(pending->has_value());
  read(*client, got);
  EXPECT_TRUE(pending->has_value());
  read(*client, got);
  EXPECT_EQ(got, "abcdefghij");
}

TEST_F(Pipe, WindowWriterFailsWhenThePeerGoes) {
  make({.window = 4});
  auto pending = write(*server, "abcdefghij");
  client->close();
  clock.settle();
  EXPECT_EQ(pending->value().error().code, Errc::closed);
}

TEST_F(Pipe, StartTlsMarksBothEndsServerFirst) {
  make();
  EXPECT_FALSE(server->tls());
  EXPECT_TRUE(tls_server()->value().has_value());
  ASSERT_TRUE(client->tls());
  EXPECT_TRUE(tls_client({.server_name = "mx.blue.test"})->value().has_value());
  EXPECT_EQ(server->tls()->server_name, "mx.blue.test");
  EXPECT_EQ(server->tls()->exporter, client->tls()->exporter);
  EXPECT_TRUE(client->tls()->verified);
  EXPECT_EQ(tls_server()->value().error().code, Errc::invalid);
}

TEST_F(Pipe, StartTlsMarksBothEndsClientFirst) {
  make();
  EXPECT_TRUE(tls_client({.server_name = "mx.blue.test"})->value().has_value());
  write(*client, "EHLO again\r\n");  // what comes after the handshake is not an injection
  EXPECT_TRUE(tls_server()->value().has_value());
  EXPECT_EQ(server->tls()->server_name, "mx.blue.test");
}

// attacks.md B1
TEST_F(Pipe, StartTlsFailsOnBytesInjectedInClear) {
  make();
  write(*client, "NOOP\r\n");
  EXPECT_EQ(tls_server()->value().error().code, Errc::io);
  std::string got;
  EXPECT_EQ(read(*client, got)->value().value(), 0u);
}

// attacks.md B2
TEST_F(Pipe, StartTlsClientFailsOnBytesInjectedByTheServer) {
  make();
  write(*server, "250-INJECTED\r\n");
  tls_server();
  EXPECT_EQ(tls_client()->value().error().code, Errc::io);
}

TEST_F(Pipe, BytesInClearAreNeverReadTogetherWithTlsBytes) {
  make();
  write(*server, "220 go\r\n");
  tls_server();
  write(*server, "secret");
  std::string got;
  EXPECT_EQ(read(*client, got)->value().value(), 8u);
  EXPECT_TRUE(tls_client()->value().has_value());
  EXPECT_EQ(read(*client, got)->value().value(), 6u);
}

TEST_F(Pipe, BadCertificateFailsOnlyThoseWhoRequireIt) {
  make({.verify_error = "certificate has expired"});
  EXPECT_TRUE(tls_client({.server_name = "x.test"})->value().has_value());
  EXPECT_FALSE(client->tls()->verified);
  EXPECT_EQ(client->tls()->verify_error, "certificate has expired");
  make({.verify_error = "certificate has expired"});
  EXPECT_EQ(tls_client({.server_name = "x.test", .require_verified = true})->value().error().code, Errc::refused);
}

TEST_F(Pipe, WithoutCertificateNoTlsIsOffered) {
  make({.offers_tls = false});
  EXPECT_FALSE(server->offers_tls());
  EXPECT_EQ(tls_server()->value().error().code, Errc::unsupported);
}

}  // namespace
}  // namespace posthorn::net
