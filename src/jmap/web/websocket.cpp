// jmap/web/websocket.cpp - JMAP over WebSocket (RFC 8887): requests, their answers and push over one connection.
// Security: frames by http/websocket.h, at most a request's limit together; one request of a connection runs at a time and the next is not
// read before its answer is on its way, so a client that does not read holds no more than one answer and one piece of news.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <deque>

#include "base/text.h"
#include "http/websocket.h"
#include "jmap/core/json_strict.h"
#include "jmap/core/request.h"
#include "jmap/core/states.h"
#include "jmap/web/watch.h"
#include "jmap/web/web.h"

namespace posthorn::jmap {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace ws = http::websocket;

constexpr auto ping_every = std::chrono::minutes(2), silence = std::chrono::minutes(5);
constexpr auto last_words = std::chrono::seconds(5);

// What the two coroutines of a connection share; both run on the stream's executor.
struct Socket {
  Socket(Web& w, const Visitor& v, Stream& s) : web(w), visitor(v), stream(s), wake(s.executor()), drained(s.executor()) {}
  Web& web;
  const Visitor& visitor;
  Stream& stream;
  std::deque<std::string> out;
  bool over = false, writer_done = false;
  asio::steady_timer wake, drained;
  // push
  bool push = false, look = false;
  Types types;
  Known told;

  void send(std::string frame) {
    out.push_back(std::move(frame));
    wake.cancel();
  }
  void send(const json::object& object) { send(ws::frame(ws::Opcode::text, json::serialize(object))); }
};

Task<void> wait(asio::steady_timer& timer, Duration time) {
  timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(time));
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

// rfc:8887#4.3.5.2 and rfc:8620#7.1
void tell_changes(Socket& socket) {
  const auto account = socket.visitor.login.account;
  const auto view = socket.web.services().store.view(account);
  auto now = known_of(view);
  auto types = changed_types(socket.told, now, socket.types);
  socket.told = std::move(now);
  if (types.empty()) return;
  auto change = state_change(account, std::move(types));
  change["pushState"] = state_text(view.modseq());
  socket.out.push_back(ws::frame(ws::Opcode::text, json::serialize(change)));
}

// attacks.md F6: a connection outlives neither its browser's session, nor its password, nor its account.
bool is_still_welcome(const Socket& socket) { return is_logged_in(socket.web.services(), socket.visitor); }

void send_away(Socket& socket) {
  socket.send(ws::close_frame(ws::CloseCode::policy, "log in again"));
  socket.over = true;
}

// The only one that writes.
Task<void> write_all(std::shared_ptr<Socket> socket) {
  while (true) {
    if (socket->look && socket->out.empty()) {
      socket->look = false;
      if (!is_still_welcome(*socket)) send_away(*socket);
      else if (socket->push) tell_changes(*socket);
    }
    if (socket->out.empty()) {
      if (socket->over) break;
      const auto before = std::chrono::steady_clock::now();
      co_await wait(socket->wake, ping_every);
      if (std::chrono::steady_clock::now() - before >= ping_every) socket->out.push_back(ws::frame(ws::Opcode::ping, ""));
      continue;
    }
    const auto bytes = std::move(socket->out.front());
    socket->out.pop_front();
    auto written = co_await socket->stream.write(bytes);
    if (!written) break;
    socket->drained.cancel();
  }
  socket->writer_done = true;
  socket->drained.cancel();
  // Who reads waits for nothing more.
  socket->stream.deadline(last_words);
}

// rfc:8887#4.3.3
json::object request_error(const json::value& id, const Problem& problem) {
  auto out = to_json(problem);
  out["@type"] = "RequestError";
  out["requestId"] = id;
  return out;
}

Problem bad(std::string_view type, std::string detail, std::string limit = {}) { return Problem{400, "urn:ietf:params:jmap:error:" + std::string(type), std::move(detail), std::move(limit)}; }

Task<void> run_request(Socket& socket, json::object request) {
  const auto* given = request.if_contains("id");
  const json::value id = given != nullptr && given->is_string() ? *given : json::value(nullptr);
  request.erase("id");
  request.erase("@type");
  const auto& services = socket.web.services();
  if (!is_still_welcome(socket)) {
    socket.send(request_error(id, Problem{401, "about:blank", "You are not logged in any more.", {}}));
    send_away(socket);
    co_return;
  }
  const auto place = socket.web.take_place(socket.visitor.login.account, Web::Kind::request);
  if (!place) {
    socket.send(request_error(id, bad("limit", "at most " + std::to_string(services.limits.concurrent_requests) + " requests at once", "maxConcurrentRequests")));
    co_return;
  }
  Call call{services, socket.visitor.login, {}, {}, socket.stream.peer().address};
  call.session = socket.visitor.session;
  auto state = session_state(services, socket.visitor.login);
  auto answer = co_await process(call, std::move(request), std::move(state));
  if (!answer) {
    socket.send(request_error(id, answer.error()));
    co_return;
  }
  (*answer)["@type"] = "Response";
  if (!id.is_null()) (*answer)["requestId"] = id;
  socket.send(*answer);
}

// rfc:8887#4.3.5.1
void enable_push(Socket& socket, const json::object& wish) {
  const auto* types = wish.if_contains("dataTypes");
  const auto* state = wish.if_contains("pushState");
  socket.types.reset();
  if (types != nullptr && types->is_array()) {
    socket.types.emplace();
    for (const auto& one : types->get_array())
      if (one.is_string()) socket.types->emplace_back(one.get_string());
  }
  socket.told = known_of(socket.web.services().store.view(socket.visitor.login.account));
  // What the client does not know yet is told at once.
  if (state != nullptr && state->is_string())
    if (const auto known = state_of(std::string_view(state->get_string())))
      for (auto& one : socket.told.states)
        if (one > *known) one = ModSeq{};
  socket.push = true;
  socket.look = true;
  socket.wake.cancel();
}

Task<void> take_text(Socket& socket, std::string text) {
  auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) {
    socket.send(request_error(nullptr, parsed ? bad("notRequest", "a message is an object") : bad("notJSON", parsed.error().what)));
    co_return;
  }
  auto message = std::move(parsed->get_object());
  const auto* type = message.if_contains("@type");
  const std::string kind = type != nullptr && type->is_string() ? std::string(type->get_string()) : std::string();
  if (kind == "Request") {
    co_await run_request(socket, std::move(message));
  } else if (kind == "WebSocketPushEnable") {
    enable_push(socket, message);
  } else if (kind == "WebSocketPushDisable") {
    socket.push = false;
  } else {
    const auto* id = message.if_contains("id");
    const json::value request_id = id != nullptr && id->is_string() ? *id : json::value(nullptr);
    socket.send(request_error(request_id, bad("notRequest", "@type must be Request, WebSocketPushEnable or WebSocketPushDisable")));
  }
}

Task<void> take_message(Socket& socket, ws::Message message) {
  switch (message.opcode) {
    case ws::Opcode::text: co_await take_text(socket, std::move(message.payload)); break;
    case ws::Opcode::ping: socket.send(ws::frame(ws::Opcode::pong, message.payload)); break;
    case ws::Opcode::pong: break;
    case ws::Opcode::close:
      socket.send(ws::frame(ws::Opcode::close, std::string_view(message.payload).substr(0, 2)));
      socket.over = true;
      break;
    default:
      // rfc:8887#4.1 "MUST be text frames"
      socket.send(ws::close_frame(ws::CloseCode::unsupported, "JMAP is text"));
      socket.over = true;
  }
}

Task<void> read_all(Socket& socket, std::string ahead) {
  ws::Reader reader(socket.web.services().limits.request);
  reader.feed(ahead);
  while (!socket.over && !socket.writer_done && !socket.web.stopping()) {
    auto next = reader.next();
    if (!next) {
      socket.send(ws::close_frame(next.error().code, next.error().why));
      break;
    }
    if (*next) {
      auto message = std::move(**next);
      co_await take_message(socket, std::move(message));
      while (!socket.out.empty() && !socket.writer_done) co_await wait(socket.drained, silence);
      continue;
    }
    std::string bytes;
    socket.stream.deadline(silence);
    socket.stream.may_wake(true);
    auto got = co_await socket.stream.read_append(bytes);
    socket.stream.may_wake(false);
    if (!got || *got == 0) break;
    reader.feed(bytes);
  }
  socket.stream.deadline(last_words);
  if (socket.web.stopping() && !socket.over) socket.send(ws::close_frame(ws::CloseCode::going_away, "the server is going down"));
  socket.over = true;
  socket.wake.cancel();
}

std::string_view why_refused(const http::Request& request) {
  const auto lists = [&request](std::string_view field, std::string_view wanted) {
    const auto parts = split(request.field(field), ',');
    return std::ranges::any_of(parts, [wanted](std::string_view one) { return equal_icase(trim(one), wanted); });
  };
  // rfc:6455#4.2.1
  if (request.method != "GET") return "A WebSocket begins with GET.";
  if (!lists("upgrade", "websocket") || !lists("connection", "upgrade")) return "This is for WebSocket.";
  if (request.field("sec-websocket-version") != "13") return "Only version 13 of WebSocket is spoken here.";
  // rfc:8887#4.1 the subprotocol is a MUST.
  if (!lists("sec-websocket-protocol", "jmap")) return "The subprotocol must be jmap.";
  if (!ws::accept_of(request.field("sec-websocket-key"))) return "Sec-WebSocket-Key is no base64 of 16 octets.";
  return {};
}

}  // namespace

Task<void> web_socket(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& request = exchange.request();
  if (const auto why = why_refused(request); !why.empty()) {
    auto refused = problem_response(426, "", why);
    refused.fields.emplace_back("Upgrade", "websocket");
    refused.fields.emplace_back("Sec-WebSocket-Version", "13");
    refused.close = true;
    co_await exchange.respond(std::move(refused));
    co_return;
  }
  // attacks.md F5: scripts of other origins can open a WebSocket and the cookie goes along; browsers tell the origin truly.
  if (visitor.by_cookie && request.field("origin") != "https://" + std::string(request.field("host"))) {
    auto refused = problem_response(403, "", "This request does not come from the webmail's own page.");
    co_await exchange.respond(std::move(refused));
    co_return;
  }
  http::Fields fields{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", *ws::accept_of(request.field("sec-websocket-key"))}, {"Sec-WebSocket-Protocol", "jmap"}};
  // From here on it is closed by its own rules, with a word.
  if (visitor.watch != nullptr) visitor.watch->let_go();
  auto begun = co_await exchange.switch_protocols(std::move(fields));
  if (!begun) co_return;
  auto socket = std::make_shared<Socket>(web, visitor, exchange.stream());
  const auto subscription = web.services().store.hub().subscribe(visitor.login.account, exchange.stream().executor(), [raw = socket.get()] {
    raw->look = true;
    raw->wake.cancel();
  });
  asio::co_spawn(exchange.stream().executor(), write_all(socket), asio::detached);
  auto ahead = exchange.take_buffer();
  co_await read_all(*socket, std::move(ahead));
  // The last words get a little time; then the writer is let go.
  exchange.stream().deadline(last_words);
  while (!socket->writer_done) co_await wait(socket->drained, std::chrono::seconds(1));
}

}  // namespace posthorn::jmap
