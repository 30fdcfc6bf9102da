#include "world/senders.h"

#include <algorithm>

#include "net/line_reader.h"
#include "smtp/client.h"
#include "world/names.h"

namespace posthorn::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string list = "list@blue.test";
const std::vector<std::string> list_members{"alice@blue.test", "bob@green.test", "x@red.test"};

smtp::MailFrom from(const std::string& address) {
  smtp::MailFrom out;
  out.reverse_path = *mail::parse_address(address);
  return out;
}

smtp::ClientOptions client_options(const std::string& helo) {
  smtp::ClientOptions out;
  out.helo = helo;
  return out;
}

class Busy {
 public:
  explicit Busy(std::size_t& count) : count_(count) { ++count_; }
  ~Busy() { --count_; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

// Aliases are followed in the books as the server must follow them: each recipient once.
Letter& Senders::new_letter(const std::string& sender, std::vector<std::string> recipients) {
  Letter letter;
  letter.id = "L" + std::to_string(++number_);
  letter.sender = sender;
  letter.sent = clock_.steady();
  for (const auto& one : recipients) {
    const auto add = [&letter](const std::string& address) {
      if (std::ranges::find(letter.recipients, address) == letter.recipients.end()) letter.recipients.push_back(address);
    };
    if (one == list) std::ranges::for_each(list_members, add);
    else add(one);
  }
  trace_.count("letters");
  return ledger_.letters[letter.id] = std::move(letter);
}

std::string Senders::text_of(const Letter& letter) {
  std::string out = "From: " + letter.sender + "\r\nTo: somebody@example.test\r\nSubject: number " + letter.id + "\r\nX-Letter: " + letter.id +
                    "\r\nMessage-ID: <" + letter.id + "@" + letter.sender.substr(letter.sender.find('@') + 1) + ">\r\nDate: Thu, 01 Jan 2026 10:00:00 +0000\r\n\r\n";
  // Most are short; some fill several chunks, a few must be staged ahead of their transaction.
  const std::size_t lines = dice_.one_in(60) ? 12'000 : dice_.one_in(8) ? 600 : dice_.below(12);
  Dice filler(number_, "text");
  std::string line;
  for (std::size_t i = 0; i < lines; ++i) {
    line.clear();
    if (filler.one_in(20)) line = ".";
    while (line.size() < 64) line += "0123456789abcdef"[filler.below(16)];
    out += line + "\r\n";
  }
  return out;
}

// The list forwards to others, so only people of its own server write to it: what a stranger's forward comes to is never told.
std::vector<std::string> Senders::pick_recipients(const std::string& login) {
  static const std::vector<std::string> all{"alice@blue.test", "anna@blue.test", "bob@green.test", "ben@green.test", "bob@green.test", "nobody@green.test", "x@red.test",
                                            "y@red.test", "z@gold.test", "r@rude.test", "d@dead.test", "n@null.test", "w@nowhere.test", list};
  std::vector<std::string> out;
  const std::size_t count = dice_.one_in(2) ? 1 : 1 + dice_.below(5);
  while (out.size() < count) {
    const auto& one = dice_.of(all);
    if (one == list && !login.ends_with("@blue.test")) continue;
    if (std::ranges::find(out, one) == out.end()) out.push_back(one);
  }
  return out;
}

Task<void> Senders::submit(std::string server, std::string login, std::size_t letters) {
  std::vector<std::string> any;
  co_await submit_to(std::move(server), std::move(login), std::move(any), letters);
}

Task<void> Senders::submit_to(std::string server, std::string login, std::vector<std::string> recipients, std::size_t letters) {
  const Busy busy(busy_);
  Endpoint to;
  to.address = server;
  to.port = 587;
  auto stream = co_await network_.connect(laptop_ip, to, seconds(30));
  if (!stream) co_return;
  auto options = client_options("laptop");
  options.user = login;
  options.password = "secret";
  auto client = smtp::make_client(std::move(*stream), std::move(options), clock_);
  const auto opened = co_await client->open();
  if (!opened) co_return;
  for (std::size_t i = 0; i < letters; ++i) {
    const auto named = recipients.empty() ? pick_recipients(login) : recipients;
    auto& letter = new_letter(login, named);
    const auto text = text_of(letter);
    smtp::Outgoing outgoing;
    outgoing.from = from(login);
    for (const auto& one : named) {
      smtp::RcptTo rcpt;
      rcpt.recipient = *mail::parse_address(one);
      outgoing.recipients.push_back(std::move(rcpt));
    }
    outgoing.message = text;
    const auto outcome = co_await client->send(outgoing);
    std::vector<std::string> refused;
    bool good = false;
    for (std::size_t k = 0; k < named.size(); ++k) {
      if (outcome.fates[k].delivered()) good = true;
      else if (!outcome.in_doubt && outcome.fates[k].reply.code >= 400) refused.push_back(named[k]);
    }
    if (good) ledger_.acknowledge(letter);
    // A mail program tells its user who was refused in the session; nothing more is owed to those.
    if (letter.acknowledged) std::erase_if(letter.recipients, [&refused](const std::string& one) { return std::ranges::find(refused, one) != refused.end(); });
    trace_.count(letter.acknowledged ? "letters.acknowledged" : outcome.in_doubt ? "letters.in_doubt" : "letters.refused");
    trace_.note("submitted " + letter.id + (letter.acknowledged ? " acknowledged" : " not acknowledged"));
    if (!outcome.connection_usable) co_return;
  }
  co_await client->quit();
}

Task<void> Senders::stranger(std::string server, std::string domain) {
  const Busy busy(busy_);
  const std::vector<std::string> people = domain == "blue.test" ? std::vector<std::string>{"alice@blue.test", "anna@blue.test"} : std::vector<std::string>{"bob@green.test", "ben@green.test"};
  auto& letter = new_letter("x@red.test", dice_.one_in(3) ? people : std::vector<std::string>{dice_.of(people)});
  const auto text = text_of(letter);
  const auto recipients = letter.recipients;
  smtp::Outgoing outgoing;
  outgoing.from = from("x@red.test");
  for (const auto& one : recipients) {
    smtp::RcptTo rcpt;
    rcpt.recipient = *mail::parse_address(one);
    outgoing.recipients.push_back(std::move(rcpt));
  }
  outgoing.message = text;
  Endpoint to;
  to.address = server;
  to.port = 25;
  for (int tries = 0; tries < 8; ++tries) {
    auto stream = co_await network_.connect("8.8.3.1", to, seconds(30));
    if (stream) {
      auto client = smtp::make_client(std::move(*stream), client_options("mx.red.test"), clock_);
      const auto opened = co_await client->open();
      if (opened) {
        const auto outcome = co_await client->send(outgoing);
        const auto code = outcome.fates[0].reply.code;
        if (outcome.fates[0].delivered()) ledger_.acknowledge(letter);
        trace_.note("stranger's " + letter.id + " " + std::to_string(code));
        if (letter.acknowledged) {
          for (std::size_t i = 1; i < recipients.size(); ++i)
            if (!outcome.fates[i].delivered()) std::erase(letter.recipients, recipients[i]);
          trace_.count("letters.acknowledged");
          co_await client->quit();
          co_return;
        }
        if (outcome.in_doubt) trace_.count("letters.in_doubt");
        if (outcome.in_doubt || code >= 500) co_return;
      }
    }
    co_await sleep(clock_, dice_.between(minutes(5), minutes(60)));
  }
  trace_.count("letters.refused");
}

Task<void> Senders::append(std::string server, std::string login) {
  const Busy busy(busy_);
  Endpoint to;
  to.address = server;
  to.port = 143;
  auto stream = co_await network_.connect(laptop_ip, to, seconds(30));
  if (!stream) co_return;
  (*stream)->deadline(minutes(20));
  net::LineReader reader(**stream);
  auto& letter = new_letter(login, {login});
  const auto text = text_of(letter);
  const std::vector<std::string> says{"a LOGIN " + login + " secret\r\n", "b SELECT INBOX\r\n", "c APPEND INBOX (\\Seen) {" + std::to_string(text.size()) + "}\r\n", text + "\r\n",
                                      "d UID FETCH 1:* (FLAGS)\r\n", "e STORE 1 +FLAGS (\\Flagged)\r\n", "f LOGOUT\r\n"};
  const std::vector<std::string> ends{"a ", "b ", "+", "c ", "d ", "e ", "f "};
  auto line = co_await reader.line(8192);
  for (std::size_t i = 0; line && i < says.size(); ++i) {
    const auto written = co_await (*stream)->write(says[i]);
    if (!written) co_return;
    do {
      line = co_await reader.line(65'536);
    } while (line && !line->starts_with(ends[i]) && !line->starts_with("c "));
    if (!line) break;
    if (line->starts_with("c OK")) {
      ledger_.acknowledge(letter);
      trace_.count("letters.acknowledged");
      trace_.count("imap.appends");
      trace_.note("appended " + letter.id);
    }
    if (line->starts_with("c NO")) break;
  }
}

}  // namespace posthorn::sim
