// pop3/grammar.h - POP3 command lines and responses (RFC 1939 3, RFC 2449). Pure.
// Security: a line has at most 512 octets before this sees it; numbers are bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthorn::pop3 {

struct CommandLine {
  std::string keyword;        // upper case
  std::string_view argument;  // everything after the first space
};
CommandLine parse_command(std::string_view line);

// "1 10" for TOP, "3" for the rest: nothing if it is not exactly `count` numbers.
std::optional<std::uint32_t> one_number(std::string_view argument);
struct TwoNumbers { std::uint32_t first = 0, second = 0; };
std::optional<TwoNumbers> two_numbers(std::string_view argument);

// A message as it goes over the wire after "+OK", in pieces: dot-stuffed, every line ended by CRLF, without the final ".\r\n".
class MessageText {
 public:
  // `lines`: of the body at most. `message` must stay.
  explicit MessageText(std::string_view message, std::optional<std::uint32_t> lines = std::nullopt) : message_(message), lines_(lines) {}
  // A message that comes in parts, by feed().
  explicit MessageText(std::optional<std::uint32_t> lines) : lines_(lines), last_(false) {}
  MessageText(const MessageText&) = delete;
  bool done() const;
  // Of one in parts: the next is needed. Some octets are held back, because what they mean hangs on what follows.
  bool hungry() const { return !last_ && !done() && message_.size() - at_ < 3; }
  void feed(std::string_view part, bool last);
  // Appends until done() or hungry() or until `to` holds about `size` bytes (never more, but for one step of at most 4).
  void append(std::string& to, std::size_t size);

 private:
  void line_start(std::string& to);
  void line_end(std::string& to);

  std::string held_;
  std::string_view message_;
  std::optional<std::uint32_t> lines_;
  std::size_t at_ = 0;
  bool last_ = true, in_line_ = false, in_body_ = false, enough_ = false;
};

// All of it at once.
std::string multi_line(std::string_view message, std::optional<std::uint32_t> lines = std::nullopt);

}  // namespace posthorn::pop3
