// smtp/grammar/reply_parser.h - replies as the client reads them (RFC 5321 4.2, RFC 2034), pushed in pieces of any size. Pure.
// Security: the server is as hostile as any peer (attacks.md A10): line, lines and octets are bounded; what is not a reply by
// the grammar is an error, never a guess.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "smtp/grammar/limits.h"
#include "smtp/types.h"

namespace posthorn::smtp {

class ReplyParser {
 public:
  enum class State : std::uint8_t { more, done, malformed };

  explicit ReplyParser(ReplyLimits limits = {}) : limits_(limits) {}
  // Takes bytes up to the end of the reply; `taken` says how many. After done or malformed the parser is spent.
  State feed(std::string_view bytes, std::size_t& taken);
  Reply& reply() { return reply_; }
  const std::string& why() const { return why_; }  // for malformed

 private:
  State line(std::string_view text);
  State malformed(std::string why);

  ReplyLimits limits_;
  Reply reply_;
  std::string line_;
  std::string why_;
  std::size_t lines_ = 0, octets_ = 0;
};

// "5.1.1 Unknown" with code 550: "5.1.1" and the rest. The class must be the code's (rfc:2034#4). Nothing if it has none.
std::string_view enhanced_code(std::uint16_t code, std::string_view text);

}  // namespace posthorn::smtp
