#include "net/line_reader.h"

#include <gtest/gtest.h>

#include "base/virtual_clock.h"
#include "net/pipe_stream.h"
#include "net/talk.h"

namespace posthorn::net {
namespace {

using test::start;
using namespace std::string_literals;

struct Case {
  const char* name;
  std::string input;
  std::size_t limit;
  std::string want;  // lines joined by '|', then the end: closed, too big or invalid
};

Task<std::string> read_all(Stream& stream, std::size_t limit) {
  LineReader reader(stream);
  std::string out;
  while (true) {
    auto line = co_await reader.line(limit);
    if (!line) {
      out += name_of(line.error().code);
      co_return out;
    }
    out += *line + "|";
  }
}

std::string run(const std::string& input, std::size_t limit, std::size_t chunk) {
  boost::asio::io_context context;
  VirtualClock clock(context);
  auto [client, server] = make_pipe(context.get_executor(), clock, {.chunk = chunk});
  auto sent = start(context.get_executor(), client->write(input));
  clock.settle();
  client->close();
  auto got = start(context.get_executor(), read_all(*server, limit));
  clock.settle();
  return got->value_or("pending");
}

TEST(LineReader, GivesTheSameLinesHoweverTheInputIsCut) {
  const Case cases[] = {
      {"two lines", "EHLO a\r\nQUIT\r\n", 512, "EHLO a|QUIT|closed"},
      {"empty lines", "\r\n\r\n", 512, "||closed"},
      {"unfinished line", "QUIT", 512, "closed"},
      {"unfinished line end", "QUIT\r", 512, "closed"},
      {"exactly the limit", "12345\r\n", 5, "12345|closed"},
      {"one over the limit", "123456\r\n", 5, "too big"},
      {"over the limit without end", "1234567", 5, "too big"},
      {"bare LF at the end", "QUIT\n", 512, "invalid"},
      {"bare LF inside", "QU\nIT\r\n", 512, "invalid"},
      {"bare CR", "QU\rIT\r\n", 512, "invalid"},
      {"two CR", "QUIT\r\r\n", 512, "invalid"},
      {"LF CR", "a\r\nQUIT\n\r\n", 512, "a|invalid"},
      {"NUL", "QU\0IT\r\n"s, 512, "invalid"},
      {"bare LF beyond the limit", "123456\n", 5, "too big"},
      {"bare LF just at the limit", "12345\n", 5, "invalid"},
      {"eight bits", "\xc3\xa9\xff\r\n", 512, "\xc3\xa9\xff|closed"},
  };
  for (const auto& c : cases) {
    for (std::size_t chunk = 0; chunk <= c.input.size(); ++chunk)
      EXPECT_EQ(run(c.input, c.limit, chunk), c.want) << c.name << ", chunk " << chunk;
  }
}

TEST(LineReader, GivesCountedBytesBetweenLines) {
  for (std::size_t chunk = 0; chunk < 30; ++chunk) {
    boost::asio::io_context context;
    VirtualClock clock(context);
    auto [client, server] = make_pipe(context.get_executor(), clock, {.chunk = chunk});
    auto sent = start(context.get_executor(), client->write("BDAT 5\r\na\r\n\nbNOOP\r\n"));
    LineReader reader(*server);
    auto first = start(context.get_executor(), reader.line(100));
    clock.settle();
    auto bytes = start(context.get_executor(), reader.exactly(5));
    clock.settle();
    auto last = start(context.get_executor(), reader.line(100));
    clock.settle();
    EXPECT_EQ(first->value().value(), "BDAT 5");
    EXPECT_EQ(bytes->value().value(), "a\r\n\nb");
    EXPECT_EQ(last->value().value(), "NOOP");
    EXPECT_TRUE(reader.empty());
  }
}

TEST(LineReader, ShowsWhatCameWithTheLine) {
  boost::asio::io_context context;
  VirtualClock clock(context);
  auto [client, server] = make_pipe(context.get_executor(), clock);
  auto sent = start(context.get_executor(), client->write("STARTTLS\r\nNOOP\r\n"));
  LineReader reader(*server);
  auto line = start(context.get_executor(), reader.line(100));
  clock.settle();
  EXPECT_FALSE(reader.empty());
  EXPECT_EQ(reader.buffered(), "NOOP\r\n");
  reader.consume(100);
  EXPECT_TRUE(reader.empty());
}

TEST(LineReader, FailsWhenCountedBytesEndEarly) {
  boost::asio::io_context context;
  VirtualClock clock(context);
  auto [client, server] = make_pipe(context.get_executor(), clock);
  auto sent = start(context.get_executor(), client->write("abc"));
  clock.settle();
  client->close();
  LineReader reader(*server);
  auto bytes = start(context.get_executor(), reader.exactly(4));
  clock.settle();
  EXPECT_EQ(bytes->value().error().code, Errc::closed);
}

}  // namespace
}  // namespace posthorn::net
