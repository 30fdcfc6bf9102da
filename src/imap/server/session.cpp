#include "imap/server/session.h"

#include <algorithm>

#include "base/text.h"
#include "imap/fetch/respond.h"
#include "imap/grammar/tokens.h"
#include "imap/server/commands.h"
#include "net/foreign.h"

namespace posthorn::imap {
namespace {

constexpr std::size_t write_at = 65'536;          // responses kept back for one write
constexpr std::size_t write_slice = 262'144;      // octets that must go within write_timeout
constexpr std::size_t read_size = 16'384, read_size_of_literal = 65'536;
constexpr std::size_t hold_step = 65'536;            // a message is counted in such pieces; what is smaller is not
constexpr std::size_t bad_limit = 20, failed_login_limit = 5;
constexpr std::size_t worth_keeping = 512;        // of the output's memory while nothing is to say
constexpr Duration write_timeout = std::chrono::minutes(5);
constexpr Duration stressed_timeout = std::chrono::seconds(10);  // before login
constexpr Duration last_word_timeout = std::chrono::seconds(10);

std::string_view word_of(Response::Kind kind) {
  return kind == Response::Kind::ok ? "OK" : kind == Response::Kind::no ? "NO" : "BAD";
}

}  // namespace

Session::Session(std::unique_ptr<Stream> given, const ServerOptions& server_options, store::Store& mail, sasl::Accounts& who, Clock& time,
                 Log& logger, const std::atomic<bool>& stop)
    : stream(std::move(given)), options(server_options), store(mail), accounts(who), clock(time), log(logger), input(*stream),
      stopping_(stop), reader_(CommandLimits::before_login()), started_(time.steady()), held_(server_options.budget) {}

Task<void> Session::run() {
  greet();
  while (!closing) {
    const bool got = co_await next_command();
    if (!got) break;
    co_await execute();
    co_await flush_if_much();
    if (stopping_ && !closing) bye(options.host_name + " is going down", "we are stopping");
    if (bad_ >= bad_limit && !closing) bye("Too many bad commands", "too many bad commands");
  }
  co_await finish();
}

void Session::greet() {
  if (stopping_) return bye(options.host_name + " is going down", "we are stopping");
  untagged("OK [" + capabilities() + "] " + options.host_name + " Posthorn");
}

CommandLimits Session::limits() const { return login ? CommandLimits::after_login(options.append_limit) : CommandLimits::before_login(); }

Task<bool> Session::next_command() {
  using Kind = CommandReader::Event::Kind;
  reader_.reset(limits());
  held_.clear();
  while (!closing) {
    const auto event = reader_.next(input.buffered());
    input.consume(event.consumed);
    switch (event.kind) {
      case Kind::command: co_return true;
      case Kind::go_on:
        // attacks.md E1: who may log in may not take the memory of all.
        if (options.budget == nullptr || options.budget->has(reader_.literal_left())) {
          out += "+ Go on\r\n";
        } else {
          refuse(reader_.tag(), "NO [UNAVAILABLE] Too much mail is being received now, try again later");
          reader_.reset(limits());
        }
        break;
      case Kind::refused:
        refuse(reader_.tag(), event.answer);
        reader_.reset(limits());
        if (++bad_ >= bad_limit) bye("Too many bad commands", "too many bad commands");
        break;
      case Kind::fatal:
        refuse(reader_.tag(), event.answer);
        bye("What follows cannot be told from a command", event.answer);
        break;
      case Kind::more: {
        const bool got = co_await fill();
        if (!got) co_return false;
        if (!held_.raise_to(reader_.text().size() / hold_step * hold_step)) bye("Too much mail is being received now, try again later", "no room for a message");
        break;
      }
    }
  }
  co_return false;
}

Task<void> Session::execute() {
  ++commands_;
  if (!login && net::is_http(reader_.text())) {
    bye("This is a mail server", "another protocol was spoken");
    co_return;
  }
  Cursor in(reader_.text());
  const auto tag = take_tag(in);
  if (!tag || !take_space(in)) {
    ++bad_;
    untagged("BAD A command begins with a tag and a space");
    co_return;
  }
  const auto* command = take_command(in);
  Response response;
  auto expunges = Expunges::told;
  if (command == nullptr) {
    response = bad("There is no such command");
  } else if ((command->states & static_cast<unsigned>(state())) == 0) {
    response = bad(login ? "That command is for another state: SELECT a mailbox first, or you are logged in already" : "Log in first");
  } else {
    Call call{*tag, in, command->by};
    expunges = command->expunges;
    response = co_await command->run(*this, call);
  }
  if (response.kind == Response::Kind::said) co_return;
  if (response.kind == Response::Kind::bad) ++bad_;
  if (selected && !closing) co_await update(expunges);
  answer(*tag, response);
}

void Session::answer(std::string_view tag, const Response& response) {
  out.append(tag).append(" ").append(word_of(response.kind)).append(" ");
  if (!response.code.empty()) out.append("[").append(response.code).append("] ");
  out.append(response.text).append("\r\n");
}

void Session::refuse(std::string_view tag, std::string_view answer) { out.append(tag).append(" ").append(answer).append("\r\n"); }

void Session::bye(std::string_view text, std::string why) {
  if (!closing) out.append("* BYE ").append(text).append("\r\n");
  close_silently(std::move(why));
}

void Session::close_silently(std::string why) {
  if (!closing) reason_ = std::move(why);
  closing = true;
}

// One timer serves reading and writing, which in IDLE go on at the same time: the nearer end counts.
void Session::arm() {
  auto until = read_until_;
  if (until == SteadyTime{} || (write_until_ != SteadyTime{} && write_until_ < until)) until = write_until_;
  stream->deadline(until == SteadyTime{} ? Duration::zero() : std::max<Duration>(until - clock.steady(), std::chrono::milliseconds(1)));
}

Task<bool> Session::flush() {
  while (!out.empty()) {
    std::string bytes;
    bytes.swap(out);
    for (std::string_view rest(bytes); !rest.empty();) {
      const auto slice = rest.substr(0, write_slice);
      write_until_ = clock.steady() + (closing ? last_word_timeout : write_timeout);
      arm();
      auto written = co_await stream->write(slice);
      write_until_ = SteadyTime{};
      arm();
      if (!written) {
        out.clear();
        close_silently("could not write: " + written.error().what);
        co_return false;
      }
      rest.remove_prefix(slice.size());
    }
    bytes.clear();
    if (out.empty() && bytes.capacity() <= worth_keeping) bytes.swap(out);
  }
  co_return true;
}

Task<bool> Session::flush_if_much() {
  if (out.size() < write_at) co_return !closing;
  co_return co_await flush();
}

Task<bool> Session::fill() {
  const bool flushed = co_await flush();
  if (!flushed) co_return false;
  read_until_ = login ? clock.steady() + options.idle_timeout : started_ + options.login_timeout;
  if (!login && options.pressure != nullptr && options.pressure->stressed()) read_until_ = std::min(read_until_, clock.steady() + stressed_timeout);
  arm();
  stream->may_wake(idles || (reader_.text().empty() && input.empty()));
  const auto most = reader_.literal_left() > read_size ? read_size_of_literal : read_size;
  auto count = co_await input.fill(most);
  stream->may_wake(false);
  read_until_ = SteadyTime{};
  arm();
  if (count && *count > 0) co_return true;
  if (count) close_silently("the client closed the connection");
  else if (count.error().code == Errc::timeout && stopping_) bye(options.host_name + " is going down", "we are stopping");
  else if (count.error().code == Errc::timeout) bye(login ? "You were silent for too long" : "You did not log in", "timeout");
  else close_silently("could not read: " + count.error().what);
  co_return false;
}

Task<std::optional<std::string>> Session::line(std::size_t limit) {
  std::size_t scanned = 0;
  while (true) {
    const auto found = net::find_line(input.buffered(), limit, scanned);
    if (found.state == net::LineFound::State::whole) {
      std::string text(input.buffered().substr(0, found.length));
      input.consume(found.length + 2);
      co_return text;
    }
    if (found.state != net::LineFound::State::more) {
      bye(std::string("Syntax error: ") + found.why, found.why);
      co_return std::nullopt;
    }
    scanned = found.length;
    const bool got = co_await fill();
    if (!got) co_return std::nullopt;
  }
}

Response Session::begin(sasl::Login who) {
  const auto& client = stream->peer().address;
  if (options.connections != nullptr) {
    place_ = options.connections->admit(who.name, client);
    if (!place_) {
      log.info("imap.too_many", {{"client", client}, {"account", who.name}});
      return no("LIMIT", "Your account has too many connections; close some, then try again");
    }
  }
  if (options.pressure != nullptr) options.pressure->remember(client);
  log.info("imap.login", {{"client", client}, {"account", who.name}, {"tls", stream->tls() ? stream->tls()->version : ""}});
  login = std::move(who);
  login_watch_ = std::make_unique<store::LoginWatch>(store, *login, *stream);
  if (options.tolls != nullptr) options.tolls->welcome(client);
  return ok(capabilities(), "Welcome");
}

void Session::count_failed_login() {
  if (++failed_logins_ >= failed_login_limit) bye("Too many failed logins", "too many failed logins");
}

void Session::enable_condstore() {
  if (condstore) return;
  condstore = true;
  if (!selected) return;
  const auto mailbox = view().mailbox(selected->id());
  if (mailbox && *mailbox) untagged("OK [HIGHESTMODSEQ " + std::to_string(number((*mailbox)->highestmodseq)) + "] Mod-sequences are told from now on");
}

// rfc:9051#7.3.5, 7.1 PERMANENTFLAGS: keywords can be made as long as the account has room for them.
void Session::tell_flags() {
  std::string names = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  for (const auto& keyword : keywords) names.append(" ").append(keyword);
  untagged("FLAGS (" + names + ")");
  const bool may = selected && selected->access() == Access::read_write;
  untagged(may ? "OK [PERMANENTFLAGS (" + names + " \\*)] Flags that stay" : std::string("OK [PERMANENTFLAGS ()] No flag can be changed"));
}

void Session::refresh_keywords(const store::View& view) {
  const auto now = view.modseq();
  if (now == keywords_at_) return;
  auto known = view.keywords();
  if (!known) return;
  keywords_at_ = now;
  if (known->names.size() == keywords.size()) return;
  keywords = std::move(known->names);
  if (selected) tell_flags();
}

// Reading many rows takes longer than others on this thread should wait.
Task<Status> Session::look(const store::View& now) {
  auto news = selected->news(now);
  if (!news) co_return fail(news.error());
  if (news->rows <= read_inline) co_return selected->look(now, std::move(*news));
  auto work = [this, &now, &news] { return selected->look(now, std::move(*news)); };
  co_return co_await store.workers().run(std::move(work));
}

Task<void> Session::update(Expunges expunges) {
  const auto now = view();
  refresh_keywords(now);
  auto looked = co_await look(now);
  if (looked) {
    selected->tell(out, expunges, update_form());
  } else if (looked.error().code == Errc::not_found) {
    // rfc:2180#3.3 of the ways it lists the only one that no client can misunderstand.
    bye("The selected mailbox was deleted", "the selected mailbox was deleted");
  } else {
    log.warn("imap.update_failed", {{"account", login->name}, {"why", looked.error().text()}});
  }
}

Task<void> Session::finish() {
  co_await flush();
  stream->close();
  log.info("imap.closed", {{"client", stream->peer().address},
                           {"account", login ? login->name : ""},
                           {"tls", stream->tls() ? stream->tls()->version : ""},
                           {"commands", std::to_string(commands_)},
                           {"why", reason_}});
}

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, store::Store& store, sasl::Accounts& accounts, Clock& clock,
                 Log& log, const std::atomic<bool>& stopping) {
  Session session(std::move(stream), options, store, accounts, clock, log, stopping);
  co_await session.run();
}

}  // namespace posthorn::imap
