// RFC 6455: what a client's frames mean, which end the connection with which code, and that it never matters how they are cut.
#include "http/websocket.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthorn::http::websocket {
namespace {

using namespace std::string_literals;

// A client's frame: masked (rfc:6455#5.3).
std::string masked(std::uint8_t first, std::string_view payload, std::string_view mask = "\x37\xfa\x21\x3d") {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65'536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((payload.size() >> shift) & 0xff);
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

// Everything that comes of `bytes`, given in pieces of `cut`: "text:Hello|ping:x|!1002".
std::string read(std::string_view bytes, std::size_t cut, std::size_t most) {
  Reader reader(most);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    reader.feed(bytes.substr(at, cut));
    while (true) {
      const auto message = reader.next();
      if (!message) return out + "!" + std::to_string(static_cast<std::uint16_t>(message.error().code));
      if (!*message) break;
      static constexpr std::string_view names[] = {"continuation", "text", "binary", "", "", "", "", "", "close", "ping", "pong"};
      out += std::string(names[static_cast<std::uint8_t>((*message)->opcode)]) + ":" + (*message)->payload + "|";
    }
  }
  return out;
}

struct Case {
  const char* name;
  std::string bytes;
  std::string want;
  std::size_t most = 1u << 20;
};

const Case cases[] = {
    // rfc:6455#5.7, the examples
    {"a masked text", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "text:Hello|"},
    {"the same without a mask is refused", "\x81\x05\x48\x65\x6c\x6c\x6f", "!1002"},
    {"a message in two frames", masked(0x01, "Hel") + masked(0x80, "lo"), "text:Hello|"},
    {"a ping between the frames of a message", masked(0x01, "Hel") + masked(0x89, "x") + masked(0x80, "lo"), "ping:x|text:Hello|"},
    {"256 octets, the length in two", masked(0x82, std::string(256, 'b')), "binary:" + std::string(256, 'b') + "|"},
    {"64 KiB, the length in eight", masked(0x82, std::string(65'536, 'b')), "binary:" + std::string(65'536, 'b') + "|"},
    {"an empty text", masked(0x81, ""), "text:|"},
    {"empty frames before the last", masked(0x01, "") + masked(0x00, "") + masked(0x80, "a"), "text:a|"},
    {"a character cut between two frames", masked(0x01, "\xc3") + masked(0x80, "\xa9"), "text:\xc3\xa9|"},
    {"a pong nobody asked for", masked(0x8a, "hi"), "pong:hi|"},
    {"a close with a code and a reason", masked(0x88, "\x03\xe8" "bye"), "close:\x03\xe8" "bye|"},
    {"a close without a code", masked(0x88, ""), "close:|"},
    // what ends the connection
    {"rfc 5.2: a reserved bit", masked(0xc1, "a"), "!1002"},
    {"rfc 5.2: an opcode nobody knows", masked(0x83, "a"), "!1002"},
    {"rfc 5.2: a control opcode nobody knows", masked(0x8b, "a"), "!1002"},
    {"rfc 5.2: a length that would fit in less", "\x81\xfe\x00\x05\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, "!1002"},
    {"rfc 5.2: a length in eight that would fit in two", "\x81\xff\x00\x00\x00\x00\x00\x00\x01\x00"s, "!1002"},
    {"rfc 5.2: a length with its sign bit set", "\x81\xff\x80\x00\x00\x00\x00\x01\x00\x00"s, "!1002"},
    {"rfc 5.4: a continuation of nothing", masked(0x80, "a"), "!1002"},
    {"rfc 5.4: a message within a message", masked(0x01, "a") + masked(0x81, "b"), "!1002"},
    {"rfc 5.5: a ping in two frames", masked(0x09, "a"), "!1002"},
    {"rfc 5.5: a ping of more than 125", masked(0x89, std::string(126, 'a')), "!1002"},
    {"rfc 5.5.1: half a code", masked(0x88, "\x03"), "!1002"},
    {"rfc 7.4.1: a code that is never sent", masked(0x88, "\x03\xee"), "!1002"},
    {"rfc 7.4.2: a code of nobody", masked(0x88, "\x03\xe7"), "!1002"},
    {"rfc 5.5.1: a reason that is not UTF-8", masked(0x88, "\x03\xe8\xff"), "!1007"},
    {"rfc 8.1: a text that is not UTF-8", masked(0x81, "\xff"), "!1007"},
    {"a binary may hold anything", masked(0x82, "\xff"), "binary:\xff|"},
    {"rfc 10.4: over the limit in one frame, told by its head", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s, "!1009"},
    {"rfc 10.4: over the limit in two frames", masked(0x02, std::string(60, 'a')) + masked(0x80, std::string(41, 'a')), "!1009", 100},
    {"exactly the limit in two frames", masked(0x02, std::string(60, 'a')) + masked(0x80, std::string(40, 'a')), "binary:" + std::string(100, 'a') + "|", 100},
    {"what came before a fault is told", masked(0x81, "a") + masked(0x83, "b"), "text:a|!1002"},
};

TEST(WebSocketReader, frames_of_a_client_however_they_are_cut) {
  for (const auto& one : cases)
    for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{4096}, one.bytes.size()})
      EXPECT_EQ(read(one.bytes, cut, one.most), one.want) << one.name << ", cut " << cut;
}

TEST(WebSocketReader, holds_no_more_than_its_limit_and_one_read) {
  Reader reader(1000);
  for (int i = 0; i < 100; ++i) {
    reader.feed(masked(i == 0 ? 0x02 : 0x00, std::string(10, 'a')));
    ASSERT_TRUE(reader.next());
    ASSERT_LE(reader.held(), 1000u + 16u);
  }
  reader.feed(masked(0x00, "a"));
  EXPECT_FALSE(reader.next());
}

// rfc:6455#5.1 a server's frames are not masked; 5.2 the lengths.
TEST(WebSocketFrame, is_written_as_the_examples_have_it) {
  EXPECT_EQ(frame(Opcode::text, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(frame(Opcode::ping, "Hello"), "\x89\x05Hello");
  EXPECT_EQ(frame(Opcode::binary, std::string(256, 'x')).substr(0, 4), "\x82\x7e\x01\x00"s);
  EXPECT_EQ(frame(Opcode::binary, std::string(65'536, 'x')).substr(0, 10), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(close_frame(CloseCode::going_away, "bye"), "\x88\x05\x03\xe9" "bye");
  EXPECT_EQ(close_frame(CloseCode::internal, std::string(500, 'x')).size(), 127u);  // rfc:6455#5.5
}

// rfc:6455#1.3, 4.2.1, 4.2.2
TEST(WebSocketHandshake, the_key_is_answered_as_in_the_example) {
  EXPECT_EQ(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  for (const char* bad : {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZTE=", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZQ==\r\n"}) EXPECT_FALSE(accept_of(bad)) << bad;
}

}  // namespace
}  // namespace posthorn::http::websocket
