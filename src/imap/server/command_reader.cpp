// imap/server/command_reader.cpp - see command_reader.h.
#include "imap/server/command_reader.h"

#include <algorithm>
#include <optional>

#include "imap/grammar/tokens.h"

namespace posthorn::imap {
namespace {

using Kind = CommandReader::Event::Kind;

constexpr std::size_t worth_keeping = 512;  // of a text's memory between commands

struct Announcement {
  std::uint64_t size = 0;
  bool waits = true;   // "{n}": the client sends after our "+"
  bool eight = false;  // "~{n}"
};

// rfc:9051#4.3 a line that ends with "{n}" goes on with a literal. No other token can end with '}' after a '{', but for a quoted
// string that was cut by the line end, which is no string.
std::optional<std::string_view> announcement_of(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  const auto open = line.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  const bool eight = open > 0 && line[open - 1] == '~';
  return line.substr(eight ? open - 1 : open);
}

// Nothing: it looks like a literal but its size is none.
std::optional<Announcement> parse_announcement(std::string_view text) {
  Announcement found;
  Cursor in(text);
  found.eight = in.take('~');
  in.take('{');
  const auto size = in.take_number(INT64_MAX);
  if (!size) return std::nullopt;
  found.size = *size;
  found.waits = !in.take('+');
  if (!in.take('}') || !in.done()) return std::nullopt;
  return found;
}

}  // namespace

void CommandReader::reset(CommandLimits limits) {
  limits_ = limits;
  if (text_.capacity() > worth_keeping) std::string().swap(text_);
  else text_.clear();
  line_start_ = 0;
  literal_left_ = 0;
  message_size_ = 0;
  depth_ = 0;
  has_message_ = false;
}

std::string_view CommandReader::tag() const {
  Cursor in(text_);
  const auto tag = take_tag(in);
  // Without the space behind it what we have may be the beginning of a longer one.
  return tag && in.peek() == ' ' ? *tag : std::string_view("*");
}

CommandReader::Event CommandReader::next(std::string_view input) {
  std::size_t consumed = 0;
  while (true) {
    if (literal_left_ > 0) {
      const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, input.size() - consumed));
      text_.append(input.substr(consumed, now));
      consumed += now;
      literal_left_ -= now;
      if (literal_left_ > 0) return {Kind::more, consumed, ""};
      line_start_ = text_.size();
    }
    if (const auto event = line(input, consumed)) return *event;
  }
}

// A line up to its CRLF. A CR whose LF has not come stays in the input.
std::optional<CommandReader::Event> CommandReader::line(std::string_view input, std::size_t& consumed) {
  constexpr std::string_view special("\r\n\0", 3);
  const auto rest = input.substr(consumed);
  const auto at = std::min(rest.find_first_of(special), rest.size());
  const auto room = std::min(limits_.line - (text_.size() - line_start_), limits_.total - counted());
  text_.append(rest.substr(0, std::min(at, room)));
  if (at > room) return Event{Kind::fatal, consumed, "BAD The command is too long"};
  consumed += at;
  if (at == rest.size()) return Event{Kind::more, consumed, ""};
  // attacks.md A1: no line ends but CRLF, so that nobody reads other commands out of these bytes than we do.
  if (rest[at] == '\0') return Event{Kind::fatal, consumed, "BAD A command cannot hold NUL"};
  if (rest[at] == '\r' && at + 1 == rest.size()) return Event{Kind::more, consumed, ""};
  if (rest[at] == '\n' || rest[at + 1] != '\n') return Event{Kind::fatal, consumed, "BAD A line ends with CR and LF"};
  consumed += 2;
  return line_ended(consumed);
}

std::optional<CommandReader::Event> CommandReader::line_ended(std::size_t consumed) {
  const auto announcement = announcement_of(std::string_view(text_).substr(line_start_));
  if (!within_depth()) {
    const bool literal_follows = announcement && announcement->ends_with("+}");
    return Event{literal_follows ? Kind::fatal : Kind::refused, consumed, "BAD Too many parentheses"};
  }
  if (!announcement) return Event{Kind::command, consumed, ""};
  return literal_announced(*announcement, consumed);
}

std::optional<CommandReader::Event> CommandReader::literal_announced(std::string_view announcement, std::size_t consumed) {
  // Octets that come unasked can only be taken or cut off: reading them to throw them away is what attacks.md E2 is about.
  const auto refuse = [&](const char* answer) { return Event{announcement.ends_with("+}") ? Kind::fatal : Kind::refused, consumed, answer}; };
  const auto found = parse_announcement(announcement);
  if (!found) return refuse("BAD This is not the size of a literal");
  if (!found->waits && found->size > limits_.without_waiting) return refuse("BAD Such a literal is at most 4096 octets (LITERAL-)");
  const bool message = message_is_next();
  if (found->eight && !message) return refuse("BAD A literal8 is for the message of APPEND only");
  if (message && found->size > limits_.message) return refuse("NO [TOOBIG] The message is larger than this server takes");
  if (!message && found->size > limits_.literal) return refuse("BAD The literal is too long");
  const auto used = counted() + 2;
  if (used > limits_.total || (!message && found->size > limits_.total - used)) return refuse("BAD The command is too long");
  if (message) {
    has_message_ = true;
    message_size_ = static_cast<std::size_t>(found->size);
  }
  text_ += "\r\n";
  line_start_ = text_.size();
  literal_left_ = found->size;
  if (found->waits) return Event{Kind::go_on, consumed, ""};
  return std::nullopt;
}

// Counts the parentheses of the line that just ended, those in quoted strings left out.
bool CommandReader::within_depth() {
  bool quoted = false, escaped = false;
  for (const char c : std::string_view(text_).substr(line_start_)) {
    if (escaped) escaped = false;
    else if (quoted && c == '\\') escaped = true;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && c == '(' && ++depth_ > limits_.depth) return false;
    else if (!quoted && c == ')' && depth_ > 0) --depth_;
  }
  return true;
}

// Whether the literal that the text ends with is APPEND's message: the one behind the mailbox name. Only one is.
bool CommandReader::message_is_next() const {
  if (limits_.message == 0 || has_message_) return false;
  Cursor in(text_);
  return take_tag(in) && take_space(in) && take_word(in, "APPEND") && take_space(in) && take_astring(in) && take_space(in);
}

}  // namespace posthorn::imap
