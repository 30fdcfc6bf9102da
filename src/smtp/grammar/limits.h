// smtp/grammar/limits.h - what bounds the parsers of SMTP.
#pragma once

#include <cstddef>

namespace posthorn::smtp {

struct GrammarLimits {
  std::size_t helo = 255;        // rfc:5321#4.5.3.1.2
  std::size_t parameters = 32;   // of one MAIL or RCPT
  std::size_t envid = 100;       // rfc:3461#4.4, encoded
  std::size_t orcpt = 500;       // rfc:3461#4.2, encoded
};

struct ReplyLimits {  // attacks.md A10
  std::size_t line = 4096;
  std::size_t lines = 100;
  std::size_t octets = 65'536;
};

}  // namespace posthorn::smtp
