// imap/server/session.h - an IMAP session: what it knows, how it reads commands and answers. The commands (imap/command/) work on
// it; the table of commands is in commands.h. serve() in session.cpp makes one.
// Fails by ending: `closing` is set and BYE, if the client can still hear it, is written.
// Security: before login everything ends after ServerOptions::login_timeout, whatever is sent; the input is bounded by
// CommandLimits; responses are written as soon as there are 64 KiB of them and nothing more is made until the client took them
// (attacks.md E1-E6).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/grammar/mailbox_name.h"
#include "imap/grammar/quote.h"
#include "imap/server.h"
#include "imap/server/command_reader.h"
#include "imap/server/response.h"
#include "imap/server/selected.h"
#include "net/line_reader.h"
#include "store/login_watch.h"

namespace posthorn::imap {

// rfc:9051#3 what a session is; a command says in which of them it may be given.
enum class State : std::uint8_t { not_authenticated = 1, authenticated = 2, selected = 4 };

class Session {
 public:
  Session(std::unique_ptr<Stream> given, const ServerOptions& server_options, store::Store& mail, sasl::Accounts& who, Clock& time,
          Log& logger, const std::atomic<bool>& stop);
  Task<void> run();

  // -- reading and writing
  // Writes `out` in slices, each with a time limit of its own. False: the session is ending.
  Task<bool> flush();
  // As flush(), once there is enough to be worth a write: called in loops that make responses.
  Task<bool> flush_if_much();
  // A line that is no command (SASL, IDLE), at most `limit` octets. Nothing: the session is ending.
  Task<std::optional<std::string>> line(std::size_t limit);
  // Whether the client has sent nothing beyond this command.
  bool client_is_silent() const { return input.empty() && !stream->readable(); }
  void untagged(std::string_view text) { out.append("* ").append(text).append("\r\n"); }
  // A tagged response.
  void answer(std::string_view tag, const Response& response);
  // The last word; `why` is for the log.
  void bye(std::string_view text, std::string why);
  void close_silently(std::string why);

  // -- what it is
  State state() const { return !login ? State::not_authenticated : selected ? State::selected : State::authenticated; }
  bool may_log_in() const { return stream->tls() || options.insecure_login; }
  AccountId account() const { return login->account; }
  store::View view() const { return store.view(account()); }
  NameForm name_form() const { return utf8 || rev2 ? NameForm::utf8 : NameForm::modified_utf7; }
  QuotedText quoted() const { return utf8 || rev2 ? QuotedText::utf8 : QuotedText::ascii; }
  std::string capabilities() const;
  // Logged in; or the account has too many connections.
  Response begin(sasl::Login who);
  // Several end the session (attacks.md F1).
  void count_failed_login();
  // rfc:7162#3.1 by ENABLE, or by any command that asks for mod-sequences.
  void enable_condstore();

  // -- the selected mailbox
  // Appends what others changed in it. Its end: BYE.
  Task<void> update(Expunges expunges);
  // Reads the names of new keywords, and tells them before they are used.
  void refresh_keywords(const store::View& view);
  UpdateForm update_form() const { return {keywords, condstore, quoted()}; }
  void tell_flags();

  std::unique_ptr<Stream> stream;
  const ServerOptions& options;
  store::Store& store;
  sasl::Accounts& accounts;
  Clock& clock;
  Log& log;
  net::LineReader input;
  std::string out;                      // responses not yet written
  std::optional<sasl::Login> login;
  std::optional<Selected> selected;
  std::vector<std::string> keywords;    // store::Keywords::names, as told to the client
  bool condstore = false, rev2 = false, utf8 = false;  // enabled
  bool closing = false;
  bool idles = false;                   // in IDLE: a server that stops may end it

 private:
  void greet();
  Task<bool> next_command();
  Task<void> execute();
  Task<Status> look(const store::View& now);
  void refuse(std::string_view tag, std::string_view answer);
  Task<bool> fill();
  void arm();
  CommandLimits limits() const;
  Task<void> finish();

  const std::atomic<bool>& stopping_;
  CommandReader reader_;
  SteadyTime started_;
  SteadyTime read_until_{}, write_until_{};  // while a read or a write is pending
  std::size_t commands_ = 0, bad_ = 0, failed_logins_ = 0;
  net::Share held_;  // for the command that is being read or worked on
  ModSeq keywords_at_{};
  std::string reason_;
  std::shared_ptr<void> place_;  // among the account's connections
  std::unique_ptr<store::LoginWatch> login_watch_;
};

}  // namespace posthorn::imap
