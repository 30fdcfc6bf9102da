// Security: before login.
//
// The maildrop and its lock. rfc:1939#4 has the server take an exclusive-access lock "as necessary to prevent messages from being
// modified or removed before the session enters the UPDATE state", and answer a second session that finds it taken with -ERR (RFC 2449
// 8.1.1 IN-USE). What the lock is for holds here without one:
//   - Numbers and sizes stay what they were: the session keeps the list of a snapshot made at login, and a message never changes.
//   - QUIT removes just the UIDs that this session marked. UIDs are never given twice, so a message that came later, or that another
//     session removed first, cannot be hit by mistake; removing what is gone already is nothing.
//   - What remains is that IMAP, or another POP3 session, removes a message for good in between. Then RETR answers [SYS/TEMP], which a
//     lock would only have turned into a refusal of every login while one connection hangs, or of IMAP's EXPUNGE for ten minutes.
// IN-USE is therefore never said.
#include "pop3/login.h"

namespace posthorn::pop3 {
namespace {

struct Maildrop {
  UidValidity uidvalidity{};
  std::vector<DropMessage> messages;
};

struct LoadWork {
  const store::Store* store = nullptr;
  AccountId account{};

  Result<Maildrop> operator()() const {
    const auto view = store->view(account);
    TRY_ASSIGN(const auto inbox, view.mailbox(store::inbox_id));
    if (!inbox) return fail(Errc::corrupt, "an account has no INBOX", "Run posthorn verify");
    TRY_ASSIGN(const auto members, view.members(store::inbox_id));
    Maildrop drop;
    drop.uidvalidity = inbox->uidvalidity;
    drop.messages.reserve(members.size());
    for (const auto& member : members) {
      TRY_ASSIGN(const auto email, view.email(member.email));
      if (!email) return fail(Errc::corrupt, "a message of INBOX has no email", "Run posthorn verify");
      drop.messages.push_back(DropMessage{member.uid, member.email, email->size, false});
    }
    return drop;
  }
};

}  // namespace

Task<void> open_maildrop(Session& session, sasl::Login login) {
  const auto client = session.stream->peer().address;
  if (session.options.connections != nullptr) {
    session.place = session.options.connections->admit(login.name, client);
    if (!session.place) {
      session.log.info("pop3.too_many", {{"client", client}, {"user", login.name}});
      session.err("[SYS/TEMP] the account has too many connections; close some, then try again");
      co_return;
    }
  }
  if (session.options.pressure != nullptr) session.options.pressure->remember(client);
  LoadWork work{&session.store, login.account};
  auto drop = co_await session.store.workers().run(std::move(work));
  if (!drop) {
    session.log.error("pop3.maildrop_failed", {{"user", login.name}, {"why", drop.error().text()}});
    session.err("[SYS/TEMP] the mailbox cannot be read");
    co_return;
  }
  session.uidvalidity = drop->uidvalidity;
  session.messages = std::move(drop->messages);
  session.login = std::move(login);
  session.login_watch = std::make_unique<store::LoginWatch>(session.store, session.login, *session.stream);
  session.state = State::transaction;
  if (auto* tolls = session.options.tolls) tolls->welcome(session.stream->peer().address);
  session.log.info("pop3.login", {{"user", session.login.name}, {"client", session.stream->peer().address}});
  session.ok("welcome, " + std::to_string(session.messages.size()) + " messages");
}

void answer_login_failure(Session& session, const Error& error) {
  session.log.info("pop3.login_failed", {{"client", session.stream->peer().address}, {"why", error.what}});
  // rfc:3206#4 AUTH: the credentials; SYS/TEMP: ours.
  switch (error.code) {
    case Errc::refused: session.err("[AUTH] " + (error.todo.empty() ? std::string("wrong user or password") : error.todo)); break;
    case Errc::invalid: session.err("the exchange was broken off"); break;
    default: session.err("[SYS/TEMP] cannot log you in now, please try again later"); break;
  }
  if (++session.failed_logins < session.options.login_limit) return;
  session.log.info("pop3.too_many_logins", {{"client", session.stream->peer().address}});
  session.state = State::over;
}

}  // namespace posthorn::pop3
