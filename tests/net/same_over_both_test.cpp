// A conversation gives the same results over a pipe and over a socket, in clear and in TLS.
#include <gtest/gtest.h>

#include "base/virtual_clock.h"
#include "net/certificates.h"
#include "net/pipe_stream.h"
#include "net/server.h"

namespace posthorn::net {
namespace {

using namespace std::chrono_literals;

// One line of what happened a step.
Task<std::string> converse(std::unique_ptr<Stream> stream) {
  std::string seen;
  LineReader reader(*stream);
  stream->deadline(5s);
  static constexpr std::string_view lines[] = {"", "hello\r\n", "STARTTLS\r\n", "hello\r\n", "BIG 40000\r\n", "QUIT\r\n", ""};
  for (const auto line : lines) {
    auto sent = co_await stream->write(line);
    if (!sent) seen += "write: " + std::string(name_of(sent.error().code)) + "\n";
    auto got = co_await reader.line(50000);
    if (got && got->size() > 100) *got = std::to_string(got->size()) + " octets";
    seen += (got ? *got : std::string(name_of(got.error().code))) + "\n";
    if (!got || line != "STARTTLS\r\n") continue;
    TlsClientOptions options;
    options.server_name = "mx.blue.test";
    auto secured = co_await stream->start_tls_client(std::move(options));
    seen += secured ? stream->tls()->version + " " + stream->tls()->server_name + "\n" : "no TLS\n";
    TlsClientOptions none;
    auto again = co_await stream->start_tls_client(std::move(none));
    seen += again ? "twice\n" : std::string(name_of(again.error().code)) + "\n";
  }
  stream->close();
  auto after = co_await stream->write("x");
  seen += std::string(name_of(after.error().code)) + "\n";
  co_return seen;
}

Task<std::string> dial_and_converse(Dialer& dialer, Endpoint to) {
  auto stream = co_await dialer.connect(to, "", 5s);
  if (!stream) co_return stream.error().text();
  co_return co_await converse(std::move(*stream));
}

TEST(SameOverBoth, AConversation) {
  boost::asio::io_context context;
  VirtualClock clock(context);
  std::vector<std::string> over_pipe;
  for (const std::size_t chunk : {0, 1, 7}) {
    auto [client, server] = make_pipe(context.get_executor(), clock, {.chunk = chunk});
    boost::asio::co_spawn(context, test::line_session(std::move(server), 30s), [](std::exception_ptr) {});
    auto seen = test::start(context.get_executor(), converse(std::move(client)));
    clock.settle();
    over_pipe.push_back(seen->value_or("pending"));
  }
  EXPECT_EQ(over_pipe[0], over_pipe[1]);
  EXPECT_EQ(over_pipe[0], over_pipe[2]);
  EXPECT_TRUE(over_pipe[0].starts_with("220 ready\necho hello\n220 go\nTLSv1.3 mx.blue.test\n")) << over_pipe[0];

  test::Folder folder;
  auto tls = TlsContext::load({folder.write("a", test::issue({.common_name = "a", .alternative_names = "DNS:mx.blue.test"}))});
  test::Running running;
  auto server = test::serve(running, tls->get());
  auto dialer = tcp_dialer(*running.clock);
  EXPECT_EQ(running.wait(dial_and_converse(*dialer, server.at)), over_pipe[0]);
}

}  // namespace
}  // namespace posthorn::net
