// LANG (rfc:6856#3).
#include "base/text.h"
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> lang(Session& session, std::string_view argument) {
  if (argument.empty()) {
    session.ok("languages");
    session.out += "en English\r\n.\r\n";
  } else if (argument == "*" || equal_icase(argument, "en")) {
    session.ok("en English it is");
  } else {
    session.err("only English is spoken here");
  }
  co_return;
}

}  // namespace posthorn::pop3
