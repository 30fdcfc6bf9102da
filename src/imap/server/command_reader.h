// imap/server/command_reader.h - puts one command together from the bytes of a connection: its line, and the literals in it with
// the lines behind them (RFC 9051 2.2.1, 4.3; LITERAL- of RFC 7888; literal8 of RFC 3516). Pure: no I/O.
// Called by the session with what its input buffer holds. The text it makes is what grammar/tokens.h reads: literals stand in it
// as they came. The answer is the same however the input is cut.
// Security: reads bytes before login (attacks.md E1-E3). Holds at most what CommandLimits allow; a literal is refused by its
// announced size, before a byte of it is asked for; nothing is reserved for bytes that have not come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthorn::imap {

struct CommandLimits {
  std::size_t line = 8'192;                 // octets of one line, CRLF not counted
  std::size_t literal = 1'024;              // octets of one literal that is not APPEND's message
  std::size_t total = 16'384;               // of the whole command without APPEND's message
  std::size_t depth = 1;                    // of parentheses
  std::size_t without_waiting = 4'096;      // rfc:7888#5 LITERAL-: of "{n+}"
  std::uint64_t message = 0;                // of APPEND's message; 0: there is no APPEND yet

  static CommandLimits before_login() { return {}; }
  static CommandLimits after_login(std::uint64_t append_limit) { return {65'536, 65'536, 65'536, 32, 4'096, append_limit}; }
};

class CommandReader {
 public:
  struct Event {
    enum class Kind : std::uint8_t {
      more,     // all was taken in that can be; more bytes are needed
      go_on,    // a literal is announced that the client waits to send: answer "+ "
      command,  // text() is whole
      refused,  // the command is given up, the next one follows: answer `answer` to tag()
      fatal,    // nobody can tell where the next command begins, or the client floods us: answer and close
    } kind = Kind::more;
    std::size_t consumed = 0;   // of the input given
    const char* answer = "";    // "BAD ..." or "NO [TOOBIG] ..."
  };

  explicit CommandReader(CommandLimits limits) : limits_(limits) {}

  // Takes from the front of `input`. After command or refused call reset() before the next.
  Event next(std::string_view input);
  // The command without its last CRLF.
  const std::string& text() const { return text_; }
  // As far as one can be read, else "*".
  std::string_view tag() const;
  // So many octets of a literal are still to come: worth reading in large pieces.
  std::uint64_t literal_left() const { return literal_left_; }
  void reset(CommandLimits limits);

 private:
  // Nothing: go on with what follows in the input.
  std::optional<Event> line(std::string_view input, std::size_t& consumed);
  std::optional<Event> line_ended(std::size_t consumed);
  std::optional<Event> literal_announced(std::string_view announcement, std::size_t consumed);
  bool within_depth();
  std::size_t counted() const { return text_.size() - message_size_; }  // once a message that is begun has come
  bool message_is_next() const;

  CommandLimits limits_;
  std::string text_;
  std::size_t line_start_ = 0;       // of the current line in text_
  std::uint64_t literal_left_ = 0;
  std::size_t message_size_ = 0;     // of APPEND's message, which `total` does not count
  std::size_t depth_ = 0;
  bool has_message_ = false;
};

}  // namespace posthorn::imap
