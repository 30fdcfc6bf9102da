#include "world/hostile.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>

#include "base/text.h"
#include "net/line_reader.h"
#include "net/pipe_stream.h"
#include "world/observer.h"

namespace posthorn::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a host does where, instead of what it should.
enum class Deed : std::uint8_t { none, answer, close, hang, half_close, garbage, endless };
struct Mood {
  const char* name = "host.good";
  std::string verb;            // at this command; "" is the greeting, "." the end of the text
  Deed deed = Deed::none;
  std::string answer;
  Duration pause{};            // before every answer: a tarpit
  bool mixed = false;          // each recipient gets an answer of its own
  bool takes_before = false;   // at ".": the mail is taken, though nothing good is said
  bool modern = true;          // EHLO with PIPELINING
  bool breaks_tls = false;
};

Mood draw(Dice& dice, Manners manners, bool calm) {
  Mood mood;
  mood.modern = !dice.one_in(4);
  static const std::vector<std::string> verbs{"", "EHLO", "MAIL", "RCPT", "DATA", "."};
  static const std::vector<std::string> laters{"450 4.2.0 greylisted", "451 try later", "452 4.3.1 no room", "421 4.3.2 closing", "400"};
  static const std::vector<std::string> nevers{"550 5.7.1 no", "554 5.0.0 go away", "552 5.2.2 full", "500 what"};
  const auto does = [&](const char* name, Deed deed, const std::string& answer = {}) {
    mood.name = name;
    mood.deed = deed;
    mood.answer = answer;
    mood.verb = dice.of(verbs);
  };
  if (manners == Manners::rude) {
    static const std::vector<std::string> late{"MAIL", "RCPT", "DATA", "."};
    does("host.5xx", Deed::answer, dice.of(nevers));
    mood.verb = dice.of(late);
    return mood;
  }
  if (calm) return mood;
  switch (dice.below(20)) {
    case 0: case 1: case 2: does("host.4xx", Deed::answer, dice.of(laters)); break;
    case 3: does("host.5xx", Deed::answer, dice.of(nevers)); break;
    case 4: does("host.closes", Deed::close); break;
    case 5: does("host.hangs", Deed::hang); break;
    case 6: does("host.half_closes", Deed::half_close); break;
    case 7: does("host.garbage", Deed::garbage); break;
    case 8: does("host.endless_reply", Deed::endless); break;
    case 9: mood.name = "host.tarpit"; mood.pause = seconds(1 + dice.below(250)); break;
    case 10: case 11: case 12: mood.name = "host.mixed_recipients"; mood.mixed = true; break;
    case 13: mood.name = "host.breaks_tls"; mood.breaks_tls = true; break;
    case 14:
      does("host.takes_and_closes", Deed::close);
      mood.verb = ".";
      mood.takes_before = true;
      break;
    default: break;
  }
  return mood;
}

std::string verb_of(const std::string& line) {
  std::string verb = line.substr(0, 4);
  for (auto& c : verb) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return verb;
}

std::string bytes_of(Dice& dice, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(dice.number() & 0xff);
  return out;
}

// What a good host says.
std::string usual(const std::string& verb, const Mood& mood) {
  if (verb.empty()) return "220 host.test ready";
  if (verb == "EHLO") return mood.modern ? (mood.breaks_tls ? "250-host.test\r\n250-STARTTLS\r\n250 PIPELINING" : "250-host.test\r\n250-PIPELINING\r\n250 8BITMIME") : "502 what is EHLO";
  if (verb == "STAR") return "220 go ahead";
  if (verb == "DATA") return "354 go on";
  if (verb == "QUIT") return "221 bye";
  return "250 fine";
}

std::string address_of(const std::string& line) {
  const auto from = line.find('<'), to = line.find('>');
  return from == line.npos || to == line.npos ? std::string() : to_lower(line.substr(from + 1, to - from - 1));
}

}  // namespace

void Hosts::open(const std::string& address, std::string domain, Manners manners) {
  network_.listen({address, 25}, [this, domain = std::move(domain), manners](std::unique_ptr<Stream> stream) { boost::asio::co_spawn(context_, play(std::move(stream), domain, manners), boost::asio::detached); });
}

Task<void> Hosts::play(std::unique_ptr<Stream> stream, std::string domain, Manners manners) {
  ++playing_;
  const Mood mood = draw(dice_, manners, calm_);
  trace_.count(mood.name);
  stream->deadline(std::chrono::hours(3));
  net::LineReader reader(*stream);
  std::vector<std::string> accepted;
  std::string verb, line, text;
  bool in_text = false;
  for (;;) {
    std::string answer;
    bool act = false;
    if (in_text) {
      if (line != ".") text += line + "\r\n";
      if (line == ".") {
        in_text = false;
        verb = ".";
      }
    }
    if (!in_text) {
      answer = usual(verb, mood);
      act = mood.deed != Deed::none && verb == mood.verb;
      if (act && mood.deed == Deed::answer) answer = mood.answer;
      if (act && mood.deed == Deed::garbage) answer = bytes_of(dice_, 1 + dice_.below(80));
      if (act && mood.deed == Deed::endless) answer = "250-" + std::string(100'000, 'x');
      if (verb == "RCPT" && mood.mixed) {
        const auto which = dice_.below(4);
        answer = which == 0 ? "450 4.2.1 later" : which == 1 ? "550 5.1.1 unknown" : "250 ok";
      }
      if (verb == "MAIL") accepted.clear();
      if (verb == "MAIL" && answer.starts_with("5")) ledger_.ruled_out(domain);
      if (verb == "RCPT" && answer.starts_with("2")) accepted.push_back(address_of(line));
      if (verb == "DATA" && answer.starts_with("354") && accepted.empty()) answer = "503 nobody";
      // rfc:2920#3.1 who was refused though asked for the text sends none.
      const bool takes = verb == "." && !text.empty() && (mood.takes_before || (answer.starts_with("2") && (!act || mood.deed == Deed::answer || mood.deed == Deed::half_close)));
      if (takes)
        for (const auto& one : accepted) {
          trace_.note("a host takes " + letter_in(text) + " for " + one);
          ledger_.taken(letter_in(text), one);
        }
      if (mood.pause > Duration{} && !calm_) co_await sleep(clock_, mood.pause);
      if (act && mood.deed == Deed::close) break;
      if (act && mood.deed == Deed::hang) {
        for (bool there = true; there;) {
          const auto heard = co_await reader.line(100'000);
          there = heard.has_value();
        }
        break;
      }
      answer += "\r\n";
      const auto written = co_await stream->write(answer);
      if (!written) break;
      if (act && mood.deed == Deed::half_close) net::finish_writing(*stream);
      if (verb == "STAR" && mood.breaks_tls) break;
      if (verb == "DATA" && answer.starts_with("354")) {
        in_text = true;
        text.clear();
      }
      if (answer.starts_with("221") || answer.starts_with("421")) break;
    }
    const auto next = co_await reader.line(200'000);
    if (!next) break;
    line = *next;
    if (!in_text) verb = verb_of(line);
  }
  stream->close();
  --playing_;
}

Task<void> Hosts::vandal(Endpoint to) {
  trace_.count("vandals");
  auto stream = co_await network_.connect("8.8.7.7", to, seconds(30));
  if (!stream) co_return;
  static const std::vector<std::string> lines{"EHLO x\r\n", "HELO \r\n", "MAIL FROM:<a@red.test>\r\n", "RCPT TO:<alice@blue.test>\r\n", "RCPT TO:<bob@green.test>\r\n", "DATA\r\n",
                                              "BDAT 10\r\n", "BDAT 99999999999999999999 LAST\r\n", "RSET\r\n", "NOOP\r\n", "STARTTLS\r\n", "AUTH PLAIN AGEAYg==\r\n", "a LOGIN {5}\r\n", "a SELECT INBOX\r\n",
                                              "Subject: never ended\r\n", "\r\n", "GET / HTTP/1.1\r\n", "\x16\x03\x01", "VRFY x\r\n", "a APPEND INBOX {1000000000}\r\n", "\n", "\r", "QUIT\r\n"};
  const auto count = 1 + dice_.below(12);
  for (std::size_t i = 0; i < count; ++i) {
    std::string bytes = dice_.one_in(8) ? bytes_of(dice_, dice_.below(300)) : dice_.of(lines);
    const auto written = co_await (*stream)->write(bytes);
    if (!written) co_return;
    if (dice_.one_in(3)) co_await sleep(clock_, dice_.upto(seconds(100)));
    if ((*stream)->readable()) {
      bytes.clear();
      const auto heard = co_await (*stream)->read_append(bytes);
      if (!heard || *heard == 0) co_return;
    }
  }
  if (dice_.one_in(2)) co_await sleep(clock_, dice_.upto(std::chrono::minutes(20)));
}

}  // namespace posthorn::sim
