#include "pop3/session.h"

#include <algorithm>

namespace posthorn::pop3 {
namespace {

constexpr std::size_t output_limit = 65'536;  // of pipelined replies, before they are written together
constexpr auto write_time = std::chrono::minutes(5);  // attacks.md E6: a reader that takes nothing for so long is gone

}  // namespace

DropMessage* Session::find(std::uint32_t number) {
  if (number == 0 || number > messages.size() || messages[number - 1].deleted) return nullptr;
  return &messages[number - 1];
}

void Session::ok(std::string_view text) {
  if (logged_in()) errors = 0;
  out += "+OK " + std::string(text) + "\r\n";
}

void Session::err(std::string_view text) {
  ++errors;
  out += "-ERR " + std::string(text) + "\r\n";
}

Duration Session::patience(Duration most) const {
  if (logged_in()) return most;
  const Duration left = options.login_timeout - (clock.steady() - started);
  if (options.pressure != nullptr && options.pressure->stressed()) most = std::min<Duration>(most, std::chrono::seconds(10));
  return std::clamp<Duration>(left, std::chrono::milliseconds(1), most);  // zero would be no deadline at all
}

Task<bool> Session::flush() {
  if (out.empty()) co_return true;
  stream->deadline(patience(write_time));
  auto written = co_await stream->write(out);
  out.clear();
  if (!written) state = State::over;
  co_return written.has_value();
}

// rfc:2449#6.6 of pipelined commands the answers go out together, once no whole command waits any more.
Task<Result<std::string>> Session::line(std::size_t limit) {
  if (out.size() > output_limit || !reader.buffered().contains('\n')) {
    const bool written = co_await flush();
    if (!written) co_return fail(Errc::closed, "the client is gone");
  }
  stream->deadline(patience(options.idle_timeout));
  stream->may_wake(reader.empty());
  auto text = co_await reader.line(limit);
  stream->may_wake(false);
  co_return text;
}

}  // namespace posthorn::pop3
