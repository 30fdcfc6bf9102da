#include "smtp/server/commands.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::smtp {
namespace {

constexpr std::array commands{
    Command{"MAIL", mail},
    Command{"RCPT", rcpt},
    Command{"DATA", data, Pipelining::last},
    Command{"EHLO", ehlo, Pipelining::last, Progress::none},
    Command{"HELO", helo, Pipelining::last, Progress::none},
    Command{"QUIT", quit},
    Command{"RSET", rset, Pipelining::may_follow, Progress::none},
    Command{"BDAT", bdat},
    Command{"STARTTLS", starttls, Pipelining::last},
    Command{"AUTH", auth, Pipelining::last},
    Command{"NOOP", noop, Pipelining::may_follow, Progress::none},
    Command{"VRFY", vrfy, Pipelining::may_follow, Progress::none},
    Command{"EXPN", expn, Pipelining::may_follow, Progress::none},
    Command{"HELP", help, Pipelining::may_follow, Progress::none},
};
constexpr std::array<std::string_view, 10> foreign{"GET",     "POST",  "PUT",   "HEAD", "CONNECT",
                                                   "OPTIONS", "TRACE", "PATCH", "PRI",  "DELETE"};

}  // namespace

const Command* find_command(std::string_view verb) {
  const auto same = [verb](const Command& command) { return equal_icase(command.verb, verb); };
  const auto found = std::find_if(commands.begin(), commands.end(), same);
  return found == commands.end() ? nullptr : &*found;
}

bool is_foreign_verb(std::string_view verb) { return std::find(foreign.begin(), foreign.end(), to_upper(verb)) != foreign.end(); }

}  // namespace posthorn::smtp
