#include "pop3/maildrop.h"

#include "pop3/grammar.h"

namespace posthorn::pop3 {
namespace {

struct ReadWork {
  const store::Store* store = nullptr;
  AccountId account{};
  EmailId email{};

  Result<std::string> operator()() const { return store->view(account).message(email); }
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

Task<void> send_message(Session& session, EmailId email, std::optional<std::uint32_t> lines) {
  ReadWork work{&session.store, session.login.account, email};
  auto bytes = co_await session.store.workers().run(std::move(work));
  if (!bytes) {
    answer_unreadable(session, email, bytes.error());
    co_return;
  }
  session.ok(lines ? "the top follows" : std::to_string(bytes->size()) + " octets");
  MessageText text(*bytes, lines);
  for (;;) {
    text.append(session.out, write_piece);
    if (text.done()) break;
    const bool written = co_await session.flush();
    if (!written) co_return;
  }
  session.out += ".\r\n";
}

}  // namespace posthorn::pop3
