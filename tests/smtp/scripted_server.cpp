#include "smtp/scripted_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "net/line_reader.h"
#include "smtp/grammar/data_decoder.h"
#include "talk/script.h"

namespace posthorn::smtp {
namespace {

Task<bool> hear_text(net::LineReader& reader, Seen& seen) {
  DataDecoder decoder(1'000'000);
  seen.text.clear();
  while (true) {
    std::size_t taken = 0;
    const auto state = decoder.feed(reader.buffered(), &seen.text, taken);
    reader.consume(taken);
    if (state != TextState::more) co_return state == TextState::done;
    auto count = co_await reader.fill();
    if (!count || *count == 0) co_return false;
  }
}

Task<bool> perform(Stream& stream, net::LineReader& reader, const Act& act, Clock& clock, Seen& seen) {
  if (act.wait == ".") {
    const bool whole = co_await hear_text(reader, seen);
    if (!whole) co_return false;
  } else if (!act.wait.empty()) {
    auto line = co_await reader.line(10'000);
    if (!line) co_return false;
    seen.lines.push_back(*line);
    if (!talk::matches(act.wait, *line)) {
      seen.lines.push_back("UNEXPECTED, not " + act.wait);
      co_return false;
    }
  }
  if (act.then == Act::Then::tarpit) {
    for (const char c : act.say) {
      const Duration pause = std::chrono::seconds(20);
      co_await sleep(clock, pause);
      const std::string_view one(&c, 1);
      auto said = co_await stream.write(one);
      if (!said) co_return false;
    }
    co_return true;
  }
  auto said = co_await stream.write(act.say);
  if (!said || act.then == Act::Then::close) co_return false;
  if (act.then == Act::Then::tls) {
    auto secured = co_await stream.start_tls_server();
    co_return secured.has_value();
  }
  if (act.then == Act::Then::finish) net::finish_writing(stream);
  if (act.then == Act::Then::hang) {
    const Duration long_time = std::chrono::hours(24);
    co_await sleep(clock, long_time);
  }
  co_return true;
}

Task<void> serve_play(std::unique_ptr<Stream> stream, std::vector<Act> acts, Clock& clock, Seen& seen) {
  net::LineReader reader(*stream);
  for (const auto& act : acts) {
    const bool more = co_await perform(*stream, reader, act, clock, seen);
    if (!more) break;
  }
  // The rest is heard, so that a test sees what the client said last.
  while (true) {
    auto line = co_await reader.line(10'000);
    if (!line) break;
    seen.lines.push_back(*line);
  }
  stream->close();
}

Task<void> run_client(std::unique_ptr<Stream> stream, ClientOptions options, const std::vector<Outgoing>& messages, Clock& clock, Seen& seen) {
  const auto started = clock.steady();
  Listener listener = [&seen](const Spoken& spoken) { seen.spoken.push_back(spoken); };
  auto client = make_client(std::move(stream), std::move(options), clock, std::move(listener));
  seen.opened = co_await client->open();
  seen.tls_failed = client->tls_failed();
  if (seen.opened) {
    for (const auto& message : messages) {
      auto outcome = co_await client->send(message);
      seen.outcomes.push_back(std::move(outcome));
    }
  }
  co_await client->quit();
  seen.took = clock.steady() - started;
  seen.finished = true;
}

}  // namespace

Seen play(const Play& play, const ClientOptions& options, const std::vector<Outgoing>& messages) {
  Seen seen;
  boost::asio::io_context context;
  VirtualClock clock(context);
  auto [client, server] = net::make_pipe(context.get_executor(), clock, play.pipe);
  boost::asio::co_spawn(context, serve_play(std::move(server), play.acts, clock, seen), boost::asio::detached);
  boost::asio::co_spawn(context, run_client(std::move(client), options, messages, clock, seen), boost::asio::detached);
  clock.settle();
  const Duration limit = std::chrono::hours(3);
  while (!seen.finished && clock.advance_to_next(limit)) {
  }
  // Servers that hang wake up at last and find nobody there.
  const Duration long_after = std::chrono::hours(30);
  while (clock.advance_to_next(long_after)) {
  }
  return seen;
}

}  // namespace posthorn::smtp
