// Bodies of requests: taken whole where the memory for all of them has room, however they are told and cut.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/virtual_clock.h"
#include "http/server.h"
#include "net/pipe_stream.h"

namespace posthorn::http {
namespace {

class Uploads : public testing::Test {
 protected:
  // What the server says of a connection on which these bytes come.
  std::string answer_to(std::string bytes, std::size_t cut) {
    net::PipeOptions pipe;
    pipe.chunk = cut;
    auto [client, server] = net::make_pipe(context_.get_executor(), clock_, pipe);
    boost::asio::co_spawn(context_, serve(std::move(server), options_, clock_, *log_, stopping_), boost::asio::detached);
    std::string heard;
    boost::asio::co_spawn(context_, talk(*client, bytes, heard), boost::asio::detached);
    clock_.settle();
    client->close();
    clock_.settle();
    return heard.substr(0, heard.find("\r\n"));
  }
  static std::string sized(std::size_t octets) { return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(octets) + "\r\n\r\n" + std::string(octets, 'x'); }
  static std::string chunked(std::size_t octets) {
    std::string out = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t i = 0; i < octets / 1000; ++i) out += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
    return out + "0\r\n\r\n";
  }

  net::Budget budget_{50'000};

 private:
  static Task<void> talk(Stream& client, const std::string& bytes, std::string& heard) {
    co_await client.write(bytes);
    while (heard.find("\r\n") == heard.npos) {
      const auto count = co_await client.read_append(heard);
      if (!count || *count == 0) co_return;
    }
  }
  static Task<void> keep(net::Budget& budget, Exchange& exchange) {
    net::Share room(&budget);
    const auto body = co_await exchange.body(100'000, &room);
    Response out;
    out.status = body ? 200 : body.error().code == Errc::unavailable ? 503 : 400;
    out.close = !body;
    co_await exchange.respond(std::move(out));
  }

  boost::asio::io_context context_{1};
  VirtualClock clock_{context_};
  std::unique_ptr<Log> log_ = null_log();
  std::atomic<bool> stopping_ = false;
  ServerOptions options_{[this](Exchange& exchange) { return keep(budget_, exchange); }};
};

TEST_F(Uploads, ABodyIsTakenWhereThereIsRoomForIt) {
  for (const std::size_t cut : {0u, 7u, 1000u}) {
    for (const auto make : {sized, chunked}) {
      EXPECT_EQ(answer_to(make(50'000), cut), "HTTP/1.1 200 OK") << cut;
      EXPECT_EQ(answer_to(make(51'000), cut), "HTTP/1.1 503 Service Unavailable") << cut;
      net::Share others(&budget_);
      EXPECT_TRUE(others.raise_to(20'000)) << "all was given back";
      EXPECT_EQ(answer_to(make(30'000), cut), "HTTP/1.1 200 OK") << cut;
      EXPECT_EQ(answer_to(make(31'000), cut), "HTTP/1.1 503 Service Unavailable") << cut;
    }
  }
}

}  // namespace
}  // namespace posthorn::http
