// imap/command/enable.cpp - ENABLE (RFC 5161, RFC 9051 6.3.1): IMAP4rev2, CONDSTORE (RFC 7162), UTF8=ACCEPT (RFC 6855).
#include "base/text.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

// The name as ENABLED says it; empty if there is nothing of that name to enable, which is no mistake (rfc:5161#3.1).
std::string_view enable_one(Session& session, std::string_view name) {
  if (equal_icase(name, "IMAP4rev2")) {
    session.rev2 = true;
    return "IMAP4rev2";
  }
  if (equal_icase(name, "CONDSTORE")) {
    session.enable_condstore();
    return "CONDSTORE";
  }
  if (equal_icase(name, "UTF8=ACCEPT")) {
    session.utf8 = true;
    return "UTF8=ACCEPT";
  }
  return {};
}

}  // namespace

Task<Response> enable(Session& session, Call& call) {
  std::vector<std::string_view> names;
  do {
    const auto name = take_space(call.in) ? take_atom(call.in) : std::nullopt;
    if (!name) co_return bad("ENABLE takes names of capabilities");
    names.push_back(*name);
  } while (!call.in.done());
  std::string enabled = "ENABLED";
  for (const auto name : names)
    if (const auto known = enable_one(session, name); !known.empty()) enabled.append(" ").append(known);
  session.untagged(enabled);
  co_return ok("Done");
}

}  // namespace posthorn::imap
