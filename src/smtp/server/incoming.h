// smtp/server/incoming.h - one mail transaction under way in a server session, from MAIL to the reply after its text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "smtp/grammar/data_decoder.h"
#include "smtp/server.h"

namespace posthorn::smtp {

// What this transaction holds of the budget over all sessions; given back when it ends.
class TextBudget {
 public:
  explicit TextBudget(Handler& handler) : handler_(handler) {}
  ~TextBudget() {
    if (held_ > 0) handler_.release(held_);
  }
  TextBudget(const TextBudget&) = delete;
  TextBudget& operator=(const TextBudget&) = delete;

  bool raise_to(std::uint64_t bytes) {
    if (bytes <= held_) return true;
    if (!handler_.reserve(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }

 private:
  Handler& handler_;
  std::uint64_t held_ = 0;
};

struct Incoming {
  Incoming(Handler& handler, const ServerOptions& options) : budget(handler), checker(options.line_limit), limit(options.message_limit) {}

  // Makes room for `more` bytes of text; looks whether it is within the limit. Each says why not, and then the text is gone.
  std::optional<Reply> make_room(std::size_t more);
  std::optional<Reply> check_size();

  Transaction transaction;
  TextBudget budget;
  TextChecker checker;        // over all BDAT chunks
  std::uint64_t limit;
  std::size_t asked = 0;      // recipients asked for, accepted or not
  bool chunked = false;       // a BDAT came: no DATA, no RCPT any more (rfc:3030#2)
  bool failed = false;        // a BDAT failed: only RSET helps
};

}  // namespace posthorn::smtp
