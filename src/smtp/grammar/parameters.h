// smtp/grammar/parameters.h - the parameters after the path of MAIL and RCPT (RFC 5321 4.1.2 Mail-parameters).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/grammar/limits.h"
#include "smtp/grammar/parsed.h"

namespace posthorn::smtp {

struct Parameter {
  std::string keyword;                    // upper case
  std::optional<std::string_view> value;
};
// " KEY=value KEY ..." as it stands behind the path. Duplicates are refused: two programs may take different ones.
Parsed<std::vector<Parameter>> parse_parameters(std::string_view text, const GrammarLimits& limits);

// Each sets the field of what it names, or refuses.
Parsed<bool> apply_mail_parameter(const Parameter& parameter, MailFrom& mail, const GrammarLimits& limits);
Parsed<bool> apply_rcpt_parameter(const Parameter& parameter, RcptTo& rcpt, const GrammarLimits& limits);

}  // namespace posthorn::smtp
