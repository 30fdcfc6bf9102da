// smtp/grammar/data_decoder.h - the text after DATA and the chunks of BDAT, as state machines over pieces of any size:
// the answer is the same however the bytes are cut. Pure. The server's data and bdat commands call them.
// Security: SMTP smuggling (attacks.md A1, A3, A7). Only CR LF "." CR LF ends the text; any other CR, LF, or a NUL is an error
// that ends the session. The decoder keeps a few bytes of state and never looks back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace posthorn::smtp {

enum class TextState : std::uint8_t {
  more,      // all bytes taken, the text goes on
  done,      // the end was found (DataDecoder only); bytes behind it were not taken
  bare,      // a CR or LF that is not part of CR LF
  nul,       // a NUL
  too_long,  // a line longer than the limit
};

// RFC 5321 4.5.2: undoes dot-stuffing and finds the end.
class DataDecoder {
 public:
  explicit DataDecoder(std::size_t line_limit) : limit_(line_limit) {}
  // Takes bytes, appends the text to `to` if that is given, and says how many bytes it took by `taken`.
  // After any state but `more` the decoder is spent; after an error `to` holds no meaning.
  TextState feed(std::string_view bytes, std::string* to, std::size_t& taken);

 private:
  enum class At : std::uint8_t { line_start, text, cr, dot, dot_cr };
  std::size_t limit_;
  std::size_t line_ = 0;  // octets of the current line, dots as sent
  At at_ = At::line_start;
};

// The same rules for counted bytes, where a dot means nothing and the end is known (RFC 3030 without BINARYMIME).
class TextChecker {
 public:
  explicit TextChecker(std::size_t line_limit) : limit_(line_limit) {}
  TextState feed(std::string_view bytes);
  // Whether the bytes so far end with a whole line, within one, or (an error at the end of the text) after a CR.
  bool at_line_start() const { return line_ == 0 && !cr_; }
  bool after_cr() const { return cr_; }

 private:
  std::size_t limit_;
  std::size_t line_ = 0;
  bool cr_ = false;
};

}  // namespace posthorn::smtp
