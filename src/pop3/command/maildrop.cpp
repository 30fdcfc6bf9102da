// STAT, LIST, UIDL, RETR, TOP, DELE, RSET, QUIT (RFC 1939 5, 6, 7).
#include "base/text.h"
#include "pop3/grammar.h"
#include "pop3/session.h"

namespace posthorn::pop3 {
namespace {

constexpr std::size_t write_piece = 262'144;

// Unique for ever: an UID is never given twice within a UIDVALIDITY.
std::string unique_id(const Session& session, const DropMessage& message) {
  const auto part = [](std::uint32_t value) {
    std::string raw;
    for (int shift = 24; shift >= 0; shift -= 8) raw += static_cast<char>((value >> shift) & 0xff);
    return hex(raw);
  };
  return part(number(session.uidvalidity)) + part(number(message.uid));
}

void no_message(Session& session) { session.err("there is no such message"); }

// LIST and UIDL: one line a message, or the line of one.
template <class Text>
void list_or_one(Session& session, std::string_view argument, Text text) {
  if (!argument.empty()) {
    const auto n = one_number(argument);
    const auto* message = n ? session.find(*n) : nullptr;
    if (message == nullptr) return no_message(session);
    return session.ok(std::to_string(*n) + " " + text(*message));
  }
  session.ok("the list follows");
  for (std::size_t i = 0; i < session.messages.size(); ++i)
    if (!session.messages[i].deleted) session.out += std::to_string(i + 1) + " " + text(session.messages[i]) + "\r\n";
  session.out += ".\r\n";
}

struct ReadWork {
  const store::Store* store;
  AccountId account{};
  EmailId email{};
  Result<std::string> operator()() const { return store->view(account).message(email); }
};

Task<void> send_message(Session& session, DropMessage message, std::optional<std::uint32_t> lines) {
  ReadWork work{&session.store, session.login.account, message.email};
  auto bytes = co_await session.store.workers().run(std::move(work));
  if (!bytes) {
    session.err(bytes.error().code == Errc::not_found ? "[SYS/TEMP] the message was removed meanwhile" : "[SYS/PERM] the message cannot be read: " + printable(bytes.error().what, 200));
    co_return;
  }
  session.ok(std::to_string(bytes->size()) + " octets");
  const auto text = multi_line(*bytes, lines);
  for (std::size_t at = 0; at < text.size(); at += write_piece) {
    session.out += text.substr(at, write_piece);
    if (text.size() <= write_piece) break;
    const bool written = co_await session.flush();
    if (!written) {
      session.state = State::over;
      co_return;
    }
  }
  session.out += ".\r\n";
}

}  // namespace

Task<void> stat(Session& session, std::string_view) {
  std::uint64_t count = 0, bytes = 0;
  for (const auto& message : session.messages) {
    if (message.deleted) continue;
    ++count;
    bytes += message.size;
  }
  session.ok(std::to_string(count) + " " + std::to_string(bytes));
  co_return;
}

Task<void> list(Session& session, std::string_view argument) {
  list_or_one(session, argument, [](const DropMessage& m) { return std::to_string(m.size); });
  co_return;
}

Task<void> uidl(Session& session, std::string_view argument) {
  list_or_one(session, argument, [&session](const DropMessage& m) { return unique_id(session, m); });
  co_return;
}

Task<void> retr(Session& session, std::string_view argument) {
  const auto n = one_number(argument);
  const auto* message = n ? session.find(*n) : nullptr;
  if (message == nullptr) {
    no_message(session);
    co_return;
  }
  const auto copy = *message;
  co_await send_message(session, copy, std::nullopt);
}

Task<void> top(Session& session, std::string_view argument) {
  const auto n = two_numbers(argument);
  const auto* message = n ? session.find(n->first) : nullptr;
  if (message == nullptr) {
    no_message(session);
    co_return;
  }
  const auto copy = *message;
  co_await send_message(session, copy, n->second);
}

Task<void> dele(Session& session, std::string_view argument) {
  const auto n = one_number(argument);
  auto* message = n ? session.find(*n) : nullptr;
  if (message == nullptr) {
    no_message(session);
    co_return;
  }
  message->deleted = true;
  session.ok("marked, gone at QUIT");
}

Task<void> rset(Session& session, std::string_view) {
  for (auto& message : session.messages) message.deleted = false;
  session.ok("nothing is marked any more");
  co_return;
}

// rfc:1939#6 the UPDATE state: what is marked goes now, and the answer waits until that is on disk.
Task<void> quit(Session& session, std::string_view) {
  std::vector<Uid> gone;
  for (const auto& message : session.messages)
    if (message.deleted) gone.push_back(message.uid);
  const bool update = session.state == State::transaction && !gone.empty();
  session.state = State::over;
  if (update) {
    auto done = co_await session.store.expunge(session.login.account, store::inbox_id, std::move(gone), store::Store::Expunge::all);
    if (!done) {
      session.err("[SYS/TEMP] some deleted messages were not removed");
      co_return;
    }
  }
  session.ok("goodbye");
}

}  // namespace posthorn::pop3
