// Heads and chunked bodies of requests (RFC 9112): what is understood, what is refused (attacks.md F12), and that it never matters how they
// are cut.
#include "http/request_head.h"

#include <gtest/gtest.h>

#include "http/chunk_reader.h"

namespace posthorn::http {
namespace {

using namespace std::string_literals;

TEST(RequestHead, IsReadWithItsFraming) {
  const auto head = parse_head("POST /a/b?x=%41&y HTTP/1.1\r\nHost: mx.test\r\nContent-Length: 12\r\nX-Y:  v  \r\nCookie: a=1; b=2\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->request.method, "POST");
  EXPECT_EQ(head->request.path, "/a/b");
  EXPECT_EQ(head->request.parameter("x"), "A");
  EXPECT_EQ(head->request.parameter("y"), "");
  EXPECT_EQ(head->request.field("x-y"), "v");
  EXPECT_EQ(head->request.cookie("b"), "2");
  EXPECT_EQ(head->request.cookie("c"), "");
  EXPECT_EQ(head->length, 12u);
  EXPECT_TRUE(head->request.keep_alive);
}

struct Refused {
  std::string head;
  unsigned status;
};

TEST(RequestHead, F12_RefusesWhatTwoReadersCouldReadInTwoWays) {
  const std::string line = "POST / HTTP/1.1\r\nHost: a\r\n";
  const Refused table[] = {
      {line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400},
      {line + "Content-Length: 1\r\nContent-Length: 1\r\n", 400},
      {line + "Content-Length: +1\r\n", 400},
      {line + "Content-Length: -1\r\n", 400},
      {line + "Content-Length: 1, 1\r\n", 400},
      {line + "Content-Length: 0x10\r\n", 400},
      {line + "Content-Length: 99999999999999999999999\r\n", 400},
      {line + "Content-Length:\r\n", 400},
      {line + "Transfer-Encoding: gzip, chunked\r\n", 501},
      {line + "Transfer-Encoding: xchunked\r\n", 501},
      {line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
      {line + "Transfer-Encoding : chunked\r\n", 400},
      {line + "X: a\r\n b\r\n", 400},
      {line + "X: a\nY: b\r\n", 400},
      {line + "X: a\rY: b\r\n", 400},
      {line + "X: a\0b\r\n"s, 400},
      {line + "X\r\n", 400},
      {line + ": x\r\n", 400},
      {line + "X y: z\r\n", 400},
      {line + "Host: b\r\n", 400},
      {"GET / HTTP/1.1\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n", 505},
      {"GET / HTTPS/1.1\r\nHost: a\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: a\r\n", 400},
      {"G(T / HTTP/1.1\r\nHost: a\r\n", 400},
      {"GET /\x7f HTTP/1.1\r\nHost: a\r\n", 400},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n", 414},
  };
  for (const auto& one : table) {
    const auto head = parse_head(one.head + "\r\n");
    ASSERT_FALSE(head.has_value()) << one.head;
    EXPECT_EQ(head.error().status, one.status) << one.head;
  }
  std::string many = line;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  EXPECT_EQ(parse_head(many + "\r\n").error().status, 431u);
}

TEST(RequestHead, EndsAtItsEmptyLineHoweverItIsCut) {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  std::string seen;
  std::size_t scanned = 0;
  std::optional<std::size_t> end;
  for (const char c : bytes) {
    seen += c;
    auto found = find_head_end(seen, scanned);
    ASSERT_TRUE(found.has_value());
    if (*found) {
      end = **found;
      break;
    }
    scanned = seen.size();
  }
  EXPECT_EQ(end, bytes.size() - 4);
  EXPECT_FALSE(find_head_end(std::string(head_limit, 'a')).has_value());
}

TEST(RequestHead, ConnectionSaysWhetherItGoesOn) {
  EXPECT_FALSE(parse_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n")->request.keep_alive);
  EXPECT_FALSE(parse_head("GET / HTTP/1.0\r\n\r\n")->request.keep_alive);
}

TEST(ChunkedBody, IsTheSameHoweverItIsCut) {
  const std::string bytes = "4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\nT: v\r\n\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ChunkReader reader;
    std::string out;
    for (const auto piece : {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
      const auto taken = reader.take(piece, out, 1000);
      ASSERT_TRUE(taken.has_value());
      EXPECT_EQ(*taken, piece.size());
    }
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(out, "wikipedia");
  }
}

TEST(ChunkedBody, LeavesWhatFollowsIt) {
  ChunkReader reader;
  std::string out;
  EXPECT_EQ(*reader.take("0\r\n\r\nGET /", out, 10), 5u);
  EXPECT_TRUE(reader.done());
}

TEST(ChunkedBody, F12_MalformedChunksAreRefused) {
  for (const auto& bytes : {"x\r\n"s, "\r\n"s, "4\nwiki"s, "4\r\nwikix\r\n"s, "-1\r\n"s, "+1\r\na\r\n"s, "0x1\r\na\r\n"s, " 1\r\na\r\n"s, "1 \r\na\r\n"s,
                            "fffffffffffffffff\r\n"s, "1;"s + std::string(300, 'e'), "0\r\nX\n\r\n"s, "2\r\na\r\n\r\n"s, "1;a\rb\r\nx\r\n"s}) {
    ChunkReader reader;
    std::string out;
    EXPECT_FALSE(reader.take(bytes, out, 1000).has_value()) << bytes;
  }
  ChunkReader reader;
  std::string out;
  EXPECT_EQ(reader.take("ff\r\n", out, 100).error().code, Errc::too_big);
}

TEST(Percent, IsUndoneOrRefused) {
  std::string out;
  EXPECT_TRUE(decode_percent("a%20b%C3%a9", out));
  EXPECT_EQ(out, "a b\xc3\xa9");
  for (const auto* bad : {"%", "%4", "%zz", "%00"}) EXPECT_FALSE(decode_percent(bad, out)) << bad;
}

TEST(Response, NoValueEndsItsLine) {
  Response response;
  response.fields = {{"X", "a\r\nSet-Cookie: b"}};
  EXPECT_TRUE(head_of(response, true).contains("X: aSet-Cookie: b\r\n"));
}

}  // namespace
}  // namespace posthorn::http
