#include "smtp/client/dialogue.h"

#include "base/text.h"
#include "smtp/grammar/reply_parser.h"

namespace posthorn::smtp {

Dialogue::Dialogue(std::unique_ptr<Stream> given, Clock& clock, Listener listener)
    : stream(std::move(given)), clock_(clock), listener_(std::move(listener)), started_(clock.steady()) {}

void Dialogue::tell(bool client, std::string_view lines) {
  if (!listener_) return;
  for (auto line : split(lines, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    listener_(Spoken{client, printable(line), clock_.steady() - started_});
  }
}

void Dialogue::note(std::string_view text) { tell(true, text); }

Error Dialogue::died(Error error) {
  close();
  return error;
}

void Dialogue::close() {
  alive_ = false;
  stream->close();
}

Task<Status> Dialogue::say(std::string commands, Duration patience, std::string told_instead) {
  if (!alive_) co_return fail(Errc::closed, "the connection is closed");
  // A server that talks without being asked is broken or an attack on what comes next (attacks.md B2).
  if (!input_.empty()) co_return fail(died(Error{Errc::invalid, "the server sent more than it was asked for", {}}));
  tell(true, told_instead.empty() ? std::string_view(commands) : std::string_view(told_instead));
  auto written = co_await say_text(commands, patience);
  co_return written;
}

Task<Status> Dialogue::say_text(std::string_view bytes, Duration patience) {
  if (!alive_) co_return fail(Errc::closed, "the connection is closed");
  stream->deadline(patience);
  auto written = co_await stream->write(bytes);
  stream->deadline(Duration::zero());
  co_return written;
}

Task<Result<Reply>> Dialogue::hear(Duration patience) {
  if (!alive_) co_return fail(Errc::closed, "the connection is closed");
  ReplyParser parser;
  stream->deadline(patience);
  while (true) {
    std::size_t taken = 0;
    const auto state = parser.feed(input_, taken);
    input_.erase(0, taken);
    if (state == ReplyParser::State::done) break;
    if (state == ReplyParser::State::malformed)
      co_return fail(died(Error{Errc::invalid, "the server's reply is malformed: " + parser.why(), {}}));
    auto count = co_await stream->read_append(input_);
    if (!count) co_return fail(died(count.error()));
    if (*count == 0) co_return fail(died(Error{Errc::closed, "the server closed the connection without a reply", {}}));
  }
  stream->deadline(Duration::zero());
  tell(false, wire(parser.reply()));
  if (parser.reply().code == 421) alive_ = false;  // rfc:5321#3.8 the server closes
  co_return std::move(parser.reply());
}

Task<Result<Reply>> Dialogue::ask(std::string command, Duration patience, std::string told_instead) {
  auto said = co_await say(std::move(command), patience, std::move(told_instead));
  // A server that refuses and closes may have left its reason.
  if (!said && said.error().code == Errc::timeout) co_return fail(died(said.error()));
  auto reply = co_await hear(patience);
  if (!reply && !said) co_return fail(said.error());
  co_return reply;
}

std::string told(std::string_view command, const Reply& reply) {
  std::string text = wire(reply);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return std::string(command) + " was answered: " + text;
}

Error refusal(std::string_view command, const Reply& reply) {
  return Error{reply.permanent() ? Errc::refused : Errc::unavailable, told(command, reply), {}};
}

}  // namespace posthorn::smtp
