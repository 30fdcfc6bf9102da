#include "pop3/maildrop.h"

#include <algorithm>

#include "pop3/grammar.h"

namespace posthorn::pop3 {
namespace {

// attacks.md E6: so much of a message is in memory, however slowly it is taken.
constexpr std::uint64_t range_octets = 262'144;

struct ReadWork {
  const store::Store* store = nullptr;
  AccountId account{};
  EmailId email{};
  std::uint64_t offset = 0, length = 0;

  Result<std::string> operator()() const { return store->view(account).message_range(email, offset, length); }
};

// What happened is for the log; the client learns whether to come back (rfc:3206#4).
void answer_unreadable(Session& session, EmailId email, const Error& error) {
  if (error.code == Errc::not_found) return session.err("[SYS/TEMP] the message was removed meanwhile");
  session.log.error("pop3.message_failed", {{"user", session.login.name}, {"email", std::to_string(number(email))}, {"why", error.text()}});
  session.err(error.code == Errc::corrupt ? "[SYS/PERM] the message is damaged" : "[SYS/TEMP] the message cannot be read now");
}

}  // namespace

void no_such_message(Session& session) { session.err("there is no such message"); }

Task<void> list_messages(Session& session, std::string_view argument, Describe describe) {
  if (!argument.empty()) {
    const auto n = one_number(argument);
    const auto* message = n ? session.find(*n) : nullptr;
    if (message == nullptr) no_such_message(session);
    else session.ok(std::to_string(*n) + " " + describe(session, *message));
    co_return;
  }
  session.ok("the list follows");
  for (std::size_t i = 0; i < session.messages.size(); ++i) {
    if (session.messages[i].deleted) continue;
    session.out += std::to_string(i + 1) + " " + describe(session, session.messages[i]) + "\r\n";
    if (session.out.size() < write_piece / 2) continue;
    const bool written = co_await session.flush();
    if (!written) co_return;
  }
  session.out += ".\r\n";
}

Task<void> send_message(Session& session, const DropMessage& message, std::optional<std::uint32_t> lines) {
  MessageText text(lines);
  for (std::uint64_t offset = 0; !text.done();) {
    ReadWork work{&session.store, session.login.account, message.email, offset, std::min(message.size - offset, range_octets)};
    const auto asked = work.length;
    auto bytes = co_await session.store.workers().run(std::move(work));
    if (!bytes && offset == 0) {
      answer_unreadable(session, message.email, bytes.error());
      co_return;
    }
    if (!bytes || bytes->size() != asked) {
      // What was begun cannot be taken back: only the end of the connection says that it is not whole.
      session.log.error("pop3.message_failed", {{"user", session.login.name}, {"email", std::to_string(number(message.email))}, {"why", bytes ? "the message is shorter than it was" : bytes.error().text()}});
      session.state = State::over;
      co_return;
    }
    if (offset == 0) session.ok(lines ? "the top follows" : std::to_string(message.size) + " octets");
    offset += asked;
    text.feed(*bytes, offset == message.size);
    for (text.append(session.out, write_piece); !text.done() && !text.hungry(); text.append(session.out, write_piece)) {
      const bool written = co_await session.flush();
      if (!written) co_return;
    }
  }
  session.out += ".\r\n";
}

}  // namespace posthorn::pop3
