// smtp/grammar/dot_stuffing.h - a message as the bytes after DATA, block by block (RFC 5321 4.5.2). Pure; the client calls it.
// Security: outbound smuggling (attacks.md A2). A message with a bare CR or LF or a NUL never leaves: check_text comes first.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::smtp {

// Whether every CR and LF of the message is part of a CR LF, and there is no NUL. An error is permanent.
Status check_text(std::string_view message);

class DotStuffer {
 public:
  explicit DotStuffer(std::string_view message) : rest_(message) {}
  // Appends the next part, about `block` bytes, to `out`; false after the last, which ends with CR LF "." CR LF.
  bool next(std::string& out, std::size_t block);
  bool done() const { return done_; }

 private:
  std::string_view rest_;
  bool line_start_ = true;
  bool done_ = false;
};

}  // namespace posthorn::smtp
