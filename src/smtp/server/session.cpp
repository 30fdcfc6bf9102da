#include "smtp/server/session.h"

#include <algorithm>

#include "base/text.h"
#include "smtp/grammar/command.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

constexpr std::size_t output_limit = 16'384;   // replies kept back
constexpr std::size_t drain_limit = 1u << 20;  // octets thrown away after the last word
constexpr Duration write_timeout = std::chrono::minutes(5);
constexpr Duration stressed_timeout = std::chrono::seconds(10);
constexpr Duration last_word_timeout = std::chrono::seconds(10);

}  // namespace

Session::Session(std::unique_ptr<Stream> given, const ServerOptions& server_options, Handler& post, sasl::Accounts& who, Clock& time,
                 Log& logger, const std::atomic<bool>& stop)
    : stream(std::move(given)), options(server_options), handler(post), accounts(who), clock(time), log(logger), input(*stream),
      stopping_(stop), started_(time.steady()) {
  peer.client = stream->peer();
  peer.server = stream->local();
  peer.tls = stream->tls();
  peer.submission = options.service != Service::relay;
}

Task<void> Session::run() {
  const bool welcome = co_await greet();
  while (welcome && !closing) {
    const auto until = line_deadline();
    stream->may_wake(input.empty());
    const bool got = co_await next_line(options.command_limit, until);
    stream->may_wake(false);
    if (!got) break;
    co_await command();
    check_limits();
    if (stopping_ && !closing) {
      const auto reply = make_reply(421, "4.3.2", options.host_name + " is going down, try again later");
      close_with(reply, "we are stopping");
    }
  }
  co_await finish();
}

Task<bool> Session::greet() {
  if (stopping_) {
    const auto reply = make_reply(421, "", options.host_name + " is going down, try again later");
    close_with(reply, "we are stopping");
    co_return false;
  }
  Reply reply = co_await handler.connected(peer);
  if (reply.text.empty()) reply.text = options.host_name + " ESMTP Posthorn";
  reply.enhanced.clear();  // rfc:2034#4 not in the greeting
  if (!reply.positive()) {
    close_with(reply, "refused at connect");
    co_return false;
  }
  // rfc:5321#3.1 the client waits for the greeting; who does not is no mail server (attacks.md A5).
  if (stream->readable()) {
    const auto early = make_reply(554, "", options.host_name + " does not talk to those who talk first");
    close_with(early, "talked before the greeting");
    co_return false;
  }
  say(reply);
  co_return true;
}

Task<void> Session::command() {
  ++commands_;
  const auto words = split_command(line);
  const auto* command = find_command(words.verb);
  if (!command) {
    if (is_foreign_verb(words.verb)) {
      const auto reply = make_reply(421, "4.7.0", "This is a mail server");
      close_with(reply, "another protocol was spoken");
    } else {
      say(500, "5.5.2", "Command not recognized");
    }
    co_return;
  }
  // rfc:2920#3.1 nothing follows those that end a group, and nothing at all before EHLO has offered PIPELINING (attacks.md A5).
  const bool alone = command->pipelining == Pipelining::last || !peer.esmtp;
  if (alone && command->run != quit && !client_is_silent()) {
    const auto reply = make_reply(503, "5.5.0", "Wait for the reply to " + std::string(command->verb));
    close_with(reply, "pipelining past " + std::string(command->verb));
    co_return;
  }
  if (command->progress == Progress::none) count_idle();
  co_await command->run(*this, words.arguments);
}

void Session::say(const Reply& reply, Counting counting) {
  output_ += wire(reply);
  if (counting == Counting::yes && reply.permanent()) {
    ++errors_;
    charge(net::cost::syntax_error);
  }
  // rfc:5321#3.8 whoever said 421 closes.
  if (reply.code == 421 && !closing) {
    drain = true;
    close_silently("refused with 421");
  }
  if (reply.code < 400) return;
  log.debug("smtp.refused", {{"client", peer.client.address},
                             {"command", std::string(split_command(line).verb)},
                             {"code", std::to_string(reply.code)},
                             {"text", reply.text},
                             {"why", reply.log}});
}
void Session::say(std::uint16_t code, std::string enhanced, std::string text) { say(make_reply(code, std::move(enhanced), std::move(text))); }

void Session::close_with(const Reply& reply, std::string why) {
  say(reply, Counting::no);
  drain = true;
  close_silently(std::move(why));
}
void Session::close_silently(std::string why) {
  closing = true;
  if (login_over_) return;  // then that the stream is closed is our own doing
  reason_ = std::move(why);
}

void Session::count_idle() { ++idle_; }

void Session::charge(double cost) {
  if (options.tolls == nullptr || peer.account) return;
  if (!options.tolls->charge(peer.client.address, cost)) out_of_tokens_ = true;
}

void Session::give_back() {
  if (options.tolls != nullptr) options.tolls->welcome(peer.client.address);
}

void Session::log_in(sasl::Login login) {
  peer.account = login.account;
  peer.login = login.name;
  if (options.pressure != nullptr) options.pressure->remember(peer.client.address);
  give_back();
  login_watch_ = accounts.watch(std::move(login), stream->executor(), [this] { end_login(); });
}

void Session::log_out() {
  login_watch_.reset();
  peer.account.reset();
  peer.login.clear();
}

// What is read already is not worked on any more, and a text that comes now is not taken.
void Session::end_login() {
  log.info("smtp.login_ended", {{"client", peer.client.address}, {"login", peer.login}});
  close_silently("the login is over: its password was changed or taken back, or the account is disabled");
  login_over_ = true;
  stream->close();
}

void Session::check_limits() {
  if (closing) return;
  if (errors_ >= (stressed() ? 1 : options.error_limit)) {
    const auto reply = make_reply(421, "4.7.0", "Too many errors");
    close_with(reply, "too many errors");
  } else if (idle_ >= options.idle_limit) {
    const auto reply = make_reply(421, "4.7.0", "Too many commands without a message");
    close_with(reply, "too many idle commands");
  } else if (out_of_tokens_) {
    const auto reply = make_reply(421, "4.7.0", "Too much from your network that was of no use, please come back later");
    close_with(reply, "no tokens left");
  }
}

bool Session::stressed() const { return options.pressure != nullptr && options.pressure->stressed(); }

SteadyTime Session::line_deadline() const {
  auto until = std::min(clock.steady() + options.command_timeout, started_ + options.session_timeout);
  if (!mail_or_auth_seen) until = std::min(until, started_ + options.before_mail_timeout);
  if (stressed()) until = std::min(until, clock.steady() + stressed_timeout);
  return until;
}

Task<bool> Session::flush() {
  if (output_.empty()) co_return true;
  stream->deadline(closing ? last_word_timeout : write_timeout);
  std::string out;
  out.swap(output_);
  auto written = co_await stream->write(out);
  stream->deadline(Duration::zero());
  if (!written) {
    output_.clear();
    close_silently("could not write: " + written.error().what);
    co_return false;
  }
  out.clear();
  if (output_.empty() && out.capacity() < 512) output_.swap(out);
  co_return true;
}

Task<bool> Session::fill(SteadyTime until) {
  const bool flushed = co_await flush();
  if (!flushed) co_return false;
  const auto left = std::max<Duration>(until - clock.steady(), std::chrono::milliseconds(1));
  stream->deadline(left);
  auto count = co_await input.fill();
  stream->deadline(Duration::zero());
  if (count && *count > 0) co_return true;
  if (count) {
    close_silently("the client closed the connection");
  } else if (count.error().code == Errc::timeout && stopping_) {
    const auto reply = make_reply(421, "4.3.2", options.host_name + " is going down, try again later");
    close_with(reply, "we are stopping");
  } else if (count.error().code == Errc::timeout) {
    const auto reply = make_reply(421, "4.4.2", options.host_name + " waited too long");
    close_with(reply, "timeout");
  } else {
    close_silently("could not read: " + count.error().what);
  }
  co_return false;
}

Task<bool> Session::next_line(std::size_t limit, SteadyTime until) {
  std::size_t scanned = 0;
  while (true) {
    // The first byte of a TLS record is no letter: a client that forgot STARTTLS, or an attack by way of it (attacks.md A19).
    if (input.buffered().starts_with('\x16')) {
      const auto reply = make_reply(421, "4.7.0", "TLS begins with STARTTLS here");
      close_with(reply, "TLS without STARTTLS");
      co_return false;
    }
    const auto found = net::find_line(input.buffered(), limit, scanned);
    if (found.state == net::LineFound::State::whole) {
      line.assign(input.buffered().substr(0, found.length));
      input.consume(found.length + 2);
      if (output_.size() > output_limit) co_return co_await flush();
      co_return true;
    }
    if (found.state != net::LineFound::State::more) {
      // After such a line nobody can tell where the next begins (attacks.md A1, A6, A7).
      const bool too_big = found.state == net::LineFound::State::too_big;
      const auto reply = make_reply(too_big ? 500 : 501, "5.5.2", std::string("Syntax error: ") + found.why);
      close_with(reply, found.why);
      co_return false;
    }
    scanned = found.length;
    const bool more = co_await fill(until);
    if (!more) co_return false;
  }
}

Task<void> Session::finish_message() {
  if (login_over_) co_return;
  auto transaction = std::move(incoming->transaction);
  Reply reply = co_await handler.message(peer, std::move(transaction));
  if (reply.positive()) {
    ++messages;
    idle_ = 0;
    if (options.pressure != nullptr) options.pressure->remember(peer.client.address);
    give_back();
  }
  say(reply);
  reset_transaction();
}

Task<void> Session::finish() {
  reset_transaction();
  co_await flush();
  // Closing while the client's bytes are unread would make TCP throw away our last word with them.
  std::string rest;
  for (std::size_t thrown = 0; drain && thrown < drain_limit && stream->readable();) {
    stream->deadline(last_word_timeout);
    rest.clear();
    auto count = co_await stream->read_append(rest);
    if (!count || *count == 0) break;
    thrown += *count;
  }
  stream->close();
  log.info("smtp.closed", {{"client", peer.client.address},
                           {"helo", peer.helo},
                           {"login", peer.login},
                           {"tls", peer.tls ? peer.tls->version : ""},
                           {"commands", std::to_string(commands_)},
                           {"messages", std::to_string(messages)},
                           {"errors", std::to_string(errors_)},
                           {"why", reason_}});
}

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, Handler& handler, sasl::Accounts& accounts,
                 Clock& clock, Log& log, const std::atomic<bool>& stopping) {
  Session session(std::move(stream), options, handler, accounts, clock, log, stopping);
  co_await session.run();
}

}  // namespace posthorn::smtp
