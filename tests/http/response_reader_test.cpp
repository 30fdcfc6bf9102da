// Answers to requests of ours (RFC 9112): what is understood, what is refused, and that it never matters how they are cut.
#include "http/response_reader.h"

#include <gtest/gtest.h>

#include "base/run_task.h"
#include "base/virtual_clock.h"
#include "net/pipe_stream.h"

namespace posthorn::http {
namespace {

using namespace std::string_literals;

// What comes of an answer that arrives in pieces of `cut` octets and then ends: "200 text/plain body", or the error.
std::string read_answer(std::string_view bytes, std::size_t cut, std::uint64_t most = 100, bool in_order = true) {
  ResponseReader reader(most);
  for (std::size_t at = 0; at < bytes.size() && !reader.done(); at += cut)
    if (auto taken = reader.take(bytes.substr(at, cut)); !taken) return std::string(name_of(taken.error().code));
  if (!reader.done() && !in_order) return "cut";
  if (!reader.done())
    if (auto ended = reader.end(); !ended) return std::string(name_of(ended.error().code));
  std::string type;
  for (const auto& [name, value] : reader.response().fields)
    if (name == "content-type") type = value;
  return std::to_string(reader.response().status) + " " + type + " " + reader.response().body;
}

struct AnswerCase {
  std::string bytes, want;
};

TEST(ResponseReader, ReadsWhatServersSayHoweverItIsCut) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const AnswerCase table[] = {
      {ok + "Content-Type:  text/plain \r\nContent-Length: 5\r\n\r\nHello", "200 text/plain Hello"},
      {ok + "Content-Length: 5\r\n\r\nHello, and what nobody asked for", "200  Hello"},
      {ok + "Content-Length: 0\r\n\r\n", "200  "},
      {ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nHel\r\n2;x=y\r\nlo\r\n0\r\nT: v\r\n\r\n", "200  Hello"},
      {ok + "\r\nuntil the end", "200  until the end"},
      {"HTTP/1.0 200\r\n\r\nHello", "200  Hello"},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "404  no"},
      {"HTTP/1.1 304 \r\n\r\n", "304  "},
      {"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", "204  "},
      {"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n", "301  "},
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nHi", "200  Hi"},
      // Refused.
      {"HTTP/2 200 OK\r\n\r\n", "invalid"},
      {"HTTP/1.1 20 OK\r\n\r\n", "invalid"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "invalid"},
      {"HTTP/1.1 600 OK\r\n\r\n", "invalid"},
      {"HTTP/1.1  200 OK\r\n\r\n", "invalid"},
      {"220 mx.test ESMTP\r\n\r\n", "invalid"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "invalid"},
      {ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nHi", "invalid"},
      {ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "invalid"},
      {ok + "Transfer-Encoding: gzip\r\n\r\n", "invalid"},
      {ok + "X: a\r\n b\r\n\r\n", "invalid"},
      {ok + "X: a\0b\r\n\r\n"s, "invalid"},
      {ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n", "invalid"},
      {ok + "Content-Length: 101\r\n\r\n", "too big"},
      {ok + "Content-Length: 18446744073709551615\r\n\r\n", "too big"},
      {ok + "\r\n" + std::string(101, 'a'), "too big"},
      {ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "too big"},
      {ok + "X: " + std::string(head_limit, 'a') + "\r\n\r\n", "too big"},
      // Broken off.
      {"", "closed"},
      {ok + "Content-Length: 5\r\n\r\nHell", "closed"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n", "closed"},
      {ok + "Content-Len", "closed"},
  };
  for (const auto& one : table)
    for (const std::size_t cut : {1, 2, 7, 100'000}) EXPECT_EQ(read_answer(one.bytes, cut), one.want) << one.bytes.substr(0, 200) << " cut at " << cut;
  std::string interim;
  for (int i = 0; i < 11; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read_answer(interim, 5), "invalid");
  EXPECT_EQ(read_answer(ok + "\r\nuntil the", 5, 100, false), "cut") << "without its length a body is whole only at an orderly end";
}

TEST(ResponseReader, AsksOverAStream) {
  boost::asio::io_context context{1};
  VirtualClock clock(context);
  auto [client, server] = net::make_pipe(context.get_executor(), clock);
  std::string asked;
  const auto serve = [](Stream& stream, std::string& heard) -> Task<void> {
    while (!heard.contains("\r\n\r\n")) co_await stream.read_append(heard);
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHi";
    co_await stream.write(answer);
    stream.close();
  };
  boost::asio::co_spawn(context, serve(*server, asked), [](const std::exception_ptr&) {});
  const auto answer = run_task(context, ask(*client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 100));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->body, "Hi");
  EXPECT_TRUE(asked.starts_with("GET / HTTP/1.1\r\n"));
  const auto gone = run_task(context, ask(*client, "GET / HTTP/1.1\r\n\r\n", 100));
  EXPECT_FALSE(gone);
}

}  // namespace
}  // namespace posthorn::http
