// smtp/grammar/command.h - command lines of SMTP as values (RFC 5321 4.1 and its extensions). Pure.
// The server's commands call these with the line they got, without its CRLF.
// Fails with the reply to send. Security: attacker bytes; a line is bounded by its reader, counts by limits.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/grammar/limits.h"
#include "smtp/grammar/parsed.h"
#include "smtp/types.h"

namespace posthorn::smtp {

// The verb as written, and what follows the blank after it (trailing blanks removed).
struct CommandLine {
  std::string_view verb;
  std::string_view arguments;
};
CommandLine split_command(std::string_view line);

// What may stand in MAIL and RCPT: after HELO no parameters at all, SMTPUTF8 as MAIL said.
struct Dialect {
  bool extended = true;    // EHLO was said
  bool utf8 = false;       // RCPT: the transaction's MAIL had SMTPUTF8
};

Parsed<std::string> parse_helo(std::string_view arguments, const GrammarLimits& limits = {});
// "FROM:<a@b> SIZE=1 ..." The AUTH parameter (RFC 4954 5) is checked and dropped: we trust nobody's word for it.
Parsed<MailFrom> parse_mail(std::string_view arguments, const Dialect& dialect, const GrammarLimits& limits = {});
Parsed<RcptTo> parse_rcpt(std::string_view arguments, const Dialect& dialect, const GrammarLimits& limits = {});

struct Bdat { std::uint64_t size = 0; bool last = false; };
Parsed<Bdat> parse_bdat(std::string_view arguments);

struct AuthCommand {
  std::string mechanism;                        // upper case
  std::optional<std::string> initial_response;  // decoded; "=" is the empty one
};
Parsed<AuthCommand> parse_auth(std::string_view arguments);

}  // namespace posthorn::smtp
