// imap/command/append.cpp - APPEND (RFC 9051 6.3.12) of one message; UTF8 (RFC 6855 4), APPENDUID (RFC 4315), literal8 (RFC 3516).
// The command reader has refused what is larger than ServerOptions::append_limit before it was sent.
#include "imap/grammar/date.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

constexpr std::size_t prepared_inline = 65'536;  // larger ones are parsed, packed and sealed by a worker

struct Message {
  std::vector<std::string> flags;
  std::optional<WallTime> received;
  std::string_view bytes;
};

std::optional<std::string_view> take_message_literal(Cursor& in) {
  if (!in.take_icase("UTF8 (")) return take_literal(in, Literal8::allowed);
  const auto bytes = take_literal(in, Literal8::allowed);
  return bytes && in.take(')') ? bytes : std::nullopt;
}

// [SP flag-list] [SP date-time] SP literal
Taken<Message> take_message(Cursor& in) {
  Message message;
  if (!take_space(in)) return refuse(bad("The message is missing"));
  if (in.peek() == '(') {
    auto flags = take_flag_list(in);
    if (!flags || !take_space(in)) return refuse(bad("That is no list of flags"));
    message.flags = std::move(*flags);
  }
  if (in.peek() == '"') {
    message.received = take_date_time(in);
    if (!message.received || !take_space(in)) return refuse(bad("That is no date and time"));
  }
  const auto bytes = take_message_literal(in);
  if (!bytes) return refuse(bad("The message is not a literal"));
  if (!in.done()) return refuse(bad("One message at a time"));
  message.bytes = *bytes;
  if (bytes->empty()) return refuse(no("CANNOT", "An empty message is none"));
  // A message is stored as it is given, octet for octet: what a client appends, often a signed message it moves from another
  // server, it must get back unchanged, so bare line ends are not mended. NUL alone is refused: a later FETCH could not send it.
  if (bytes->contains('\0')) return refuse(no("UNKNOWN-CTE", "A message with NUL cannot be stored"));
  return message;
}

Task<Result<store::Prepared>> prepare(Session& session, std::string_view bytes) {
  if (bytes.size() <= prepared_inline) co_return session.store.prepare(bytes);
  auto work = [&mail = session.store, bytes] { return mail.prepare(bytes); };
  co_return co_await session.store.workers().run(std::move(work));
}

}  // namespace

Task<Response> append(Session& session, Call& call) {
  const auto name = take_mailbox(session, call.in);
  if (!name) co_return name.error();
  const auto message = take_message(call.in);
  if (!message) co_return message.error();
  const auto mailbox = find_mailbox(session, *name);
  if (!mailbox) co_return mailbox.error().code == "NONEXISTENT" ? no("TRYCREATE", mailbox.error().text) : mailbox.error();
  auto prepared = co_await prepare(session, message->bytes);
  if (!prepared) co_return refusal_of(prepared.error());
  auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
  const auto received = message->received.value_or(session.clock.now());
  auto done = co_await session.store.append(session.account(), mailbox->id, std::move(shared), message->flags, received);
  if (!done) co_return refusal_of(done.error());
  co_return ok("APPENDUID " + std::to_string(number(done->uidvalidity)) + " " + std::to_string(number(done->uid)), "Done");
}

}  // namespace posthorn::imap
