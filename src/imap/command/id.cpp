// imap/command/id.cpp - ID (RFC 2971). Clients tell what they are, for the log; we tell our name but not our version, which would
// help only those who look for old ones.
// Security: may come before login; at most 30 fields (rfc:2971#3.3), and the command's own limits.
#include "base/text.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

constexpr std::size_t field_limit = 30, name_length = 30, value_length = 1024;

// id_params_list = "(" *(string SP nstring) ")" / nil. "name/version" for the log, or nothing if it is no list.
std::optional<std::string> take_client(Cursor& in) {
  std::string name, version;
  if (take_word(in, "NIL")) return name;
  if (!in.take('(')) return std::nullopt;
  for (std::size_t count = 0; !in.take(')'); ++count) {
    if (count == field_limit || (count > 0 && !take_space(in))) return std::nullopt;
    const auto field = take_string(in);
    if (!field || field->size() > name_length || !take_space(in)) return std::nullopt;
    auto value = take_nstring(in);
    if (!value || (*value && (*value)->size() > value_length)) return std::nullopt;
    if (*value && equal_icase(*field, "name")) name = std::move(**value);
    if (*value && equal_icase(*field, "version")) version = std::move(**value);
  }
  return version.empty() ? name : name + "/" + version;
}

}  // namespace

Task<Response> id(Session& session, Call& call) {
  if (!take_space(call.in)) co_return bad("ID takes a list or NIL");
  const auto client = take_client(call.in);
  if (!client || !call.in.done()) co_return bad("ID takes a list of names and values, or NIL");
  if (!client->empty()) session.log.debug("imap.client", {{"client", session.stream->peer().address}, {"id", *client}});
  session.untagged("ID (\"name\" \"Posthorn\")");
  co_return ok("Done");
}

}  // namespace posthorn::imap
