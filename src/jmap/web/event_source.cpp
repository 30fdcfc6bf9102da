// jmap/web/event_source.cpp - push by server-sent events (RFC 8620 section 7.3). A notification carries no truth, only "look again".
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/text.h"
#include "jmap/core/states.h"
#include "jmap/web/event_source.h"
#include "jmap/web/web.h"

namespace posthorn::jmap {
namespace {

// rfc:8620#7.3 the server may hold the client to a range, but not above 30 seconds at least or below 300 at most.
constexpr std::uint64_t least_ping = 5, most_ping = 300;
constexpr auto silence = std::chrono::seconds(120);       // after it a comment shows whether the client is still there

struct Wanted {
  Types types;
  bool close_after_state = false;
  std::uint64_t ping = 0;
};

Wanted read_wanted(const http::Request& request) {
  Wanted out;
  const auto types = request.parameter("types");
  if (types != "*") {
    out.types.emplace();
    for (const auto one : split(types, ',')) out.types->emplace_back(one);
  }
  out.close_after_state = request.parameter("closeafter") == "state";
  out.ping = ping_interval(request.parameter("ping"));
  return out;
}

// What wakes the one who writes: a commit, a ping that is due, or the end of the client.
struct Wakes {
  explicit Wakes(const Executor& executor) : wake(executor), ended(executor, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer wake;
  boost::asio::steady_timer ended;  // never expires; cancelled when the reader is done
  bool look = false, gone = false;
};

// A client says nothing here, so that all a read can tell is that it left.
Task<void> watch_client(Stream& stream, Wakes& wakes) {
  std::string said;
  for (;;) {
    auto got = co_await stream.read_append(said, 4096);
    said.clear();
    if (!got || *got == 0) break;
  }
  wakes.gone = true;
  wakes.wake.cancel();
  wakes.ended.cancel();
}

}  // namespace

std::uint64_t ping_interval(std::string_view asked) {
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
  if (error == std::errc::result_out_of_range) seconds = most_ping;
  return seconds == 0 ? 0 : std::clamp(seconds, least_ping, most_ping);
}

Task<void> event_source(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto wanted = read_wanted(exchange.request());
  const auto account = visitor.login.account;
  auto& services = web.services();
  auto executor = exchange.stream().executor();
  Wakes wakes(executor);
  const auto subscription = services.store.hub().subscribe(account, executor, [&wakes] {
    wakes.look = true;
    wakes.wake.cancel();
  });
  auto known = known_of(services.store.view(account));
  http::Response head;
  head.fields = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}, {"X-Accel-Buffering", "no"}};
  auto going = co_await exchange.begin(std::move(head));
  // A comment at once, so that the client sees the connection open.
  if (going) going = co_await exchange.send(": here\n\n");
  boost::asio::co_spawn(executor, watch_client(exchange.stream(), wakes), boost::asio::detached);
  // rfc:8620#7.3 a ping is due so long after the last event, whatever else happened since that this client is not told.
  const auto interval = wanted.ping > 0 ? std::chrono::seconds(wanted.ping) : silence;
  auto due = boost::asio::steady_timer::clock_type::now() + interval;
  while (going && !wakes.gone && !web.stopping()) {
    if (!wakes.look) {
      wakes.wake.expires_at(due);
      co_await wakes.wake.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    if (wakes.gone || web.stopping()) break;
    std::string text;
    if (wakes.look) {
      wakes.look = false;
      const auto view = services.store.view(account);
      auto account_now = view.account();
      if (!account_now || !account_now->enabled) break;
      auto now = known_of(view);
      auto types = changed_types(known, now, wanted.types);
      known = std::move(now);
      if (types.empty()) continue;
      const auto state = state_change(account, std::move(types));
      text = "event: state\nid: " + state_text(view.modseq()) + "\ndata: " + boost::json::serialize(state) + "\n\n";
    } else if (wanted.ping > 0) {
      text = "event: ping\ndata: {\"interval\":" + std::to_string(wanted.ping) + "}\n\n";
    } else {
      text = ": still here\n\n";
    }
    const bool was_state = text.starts_with("event: state");
    going = co_await exchange.send(text);
    due = boost::asio::steady_timer::clock_type::now() + interval;
    if (was_state && wanted.close_after_state) break;
  }
  // The reader holds the stream: it ends before this does.
  exchange.stream().close();
  while (!wakes.gone) co_await wakes.ended.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

}  // namespace posthorn::jmap
