// trust/forged_results.cpp - verdicts in our name that came with a stranger's message are taken out (RFC 8601 5, attacks.md C2).
// Not only what the grammar calls ours: whatever a careless reader could take for it. The lines of the header are looked at
// themselves, as fields over the limits of mail::parse() or folded before their colon are still seen by others.
// Security: linear in the header; the body is copied as it stands.
#include <algorithm>

#include "base/text.h"
#include "mail/address.h"
#include "mail/lexer.h"
#include "trust/authentication_results.h"

namespace posthorn::trust {
namespace {

using mail::is_wsp;

bool is_host_character(char c) {
  return mail::is_alpha(c) || mail::is_digit(c) || c == '.' || c == '-' || c == '_' || mail::is_eight_bit(c);
}

// One spelling of a host name: with dots around it, in any case, in Unicode.
bool is_same_host(std::string_view written, std::string_view id) {
  while (written.starts_with('.')) written.remove_prefix(1);
  while (written.ends_with('.')) written.remove_suffix(1);
  if (written.empty()) return false;
  if (equal_icase(written, id)) return true;
  if (is_ascii(written)) return false;
  const auto domain = mail::parse_domain(written);
  return domain && *domain == id;
}

// The id as a whole run of host characters somewhere in the text. In squeezed text the version may have come up behind it.
enum class Text : std::uint8_t { as_written, squeezed };
bool names_host(std::string_view text, std::string_view id, Text form = Text::as_written) {
  constexpr int most_unicode_names = 50;  // converting costs; no honest field has more, so one that has is taken for ours
  int unicode = 0;
  Cursor at(text);
  while (!at.done()) {
    at.take_while([](char c) { return !is_host_character(c); });
    auto run = at.take_while(is_host_character);
    if (!is_ascii(run) && ++unicode > most_unicode_names) return true;
    if (is_same_host(run, id)) return true;
    if (form == Text::as_written) continue;
    while (run.size() > id.size() && mail::is_digit(run.back())) run.remove_suffix(1);
    if (is_same_host(run, id)) return true;
  }
  return false;
}

// Controls go, a fold becomes one space.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : mail::unfolded(text))
    if (c == '\t' || !mail::is_control(c)) out += c;
  return out;
}

// What a reader might see who takes out comments, quotes, backslashes and white space: "our(x).i d" shows our id.
std::string squeezed(std::string_view text) {
  std::string out;
  Cursor at(text);
  while (!at.done()) {
    mail::skip_cfws(at);
    const auto c = at.next();
    if (c && *c != '"' && *c != '\\') out += *c;
  }
  return out;
}

// The place of the authserv-id and version: up to the first ";" that is in no comment and no quoted string.
std::string_view id_part(std::string_view value) {
  Cursor at(value);
  while (const auto c = at.peek()) {
    if (*c == ';') break;
    if (*c == '(')
      mail::skip_cfws(at);
    else if (*c == '"')
      mail::take_quoted(at);
    else
      at.next();
  }
  return value.substr(0, at.position());
}

bool is_ours(std::string_view value, std::string_view id) {
  const auto text = on_one_line(value);
  const auto parsed = parse_authentication_results(mail::unfolded(value));
  if (parsed && is_same_host(parsed->authserv_id, id)) return true;
  // What cannot be read is looked at as a whole; else only where an id stands, as a stranger's results may well speak of us.
  const auto where = parsed ? id_part(text) : std::string_view(text);
  return names_host(where, id) || names_host(squeezed(where), id, Text::squeezed);
}

// A header line with its continuations.
struct Line {
  std::string_view name;   // as written
  std::string_view value;  // behind the colon, or behind the name if there is none
};
Line read_line(std::string_view whole) {
  Cursor at(whole);
  at.take_while(mail::is_fws);
  const auto name = at.take_while([](char c) { return c != ':' && !mail::is_fws(c) && !mail::is_control(c); });
  at.take_while([](char c) { return mail::is_fws(c) || mail::is_control(c); });
  at.take(':');
  return {name, at.rest()};
}

// Where the line that begins at `from` ends with its continuations.
std::size_t line_end(std::string_view message, std::size_t from) {
  for (std::size_t at = from;;) {
    const auto newline = message.find('\n', at);
    if (newline == message.npos) return message.size();
    at = newline + 1;
    if (at >= message.size() || !is_wsp(message[at])) return at;
  }
}

bool ends_header(std::string_view rest) {
  return rest.starts_with('\n') || rest.starts_with("\r\n");
}

}  // namespace

std::string without_forged_results(std::string_view message, std::string_view authserv_id) {
  const auto id = to_lower(authserv_id);
  std::string out;
  out.reserve(message.size());
  bool received = false;
  std::size_t at = 0;
  while (at < message.size() && !ends_header(message.substr(at))) {
    const auto end = line_end(message, at);
    const auto whole = message.substr(at, end - at);
    const auto line = read_line(whole);
    at = end;
    received = received || equal_icase(line.name, "Received");
    if (equal_icase(line.name, "Authentication-Results") && is_ours(line.value, id)) continue;
    // Ours will stand on top (rfc:7208#9.1): what stands above the trace of the hop before, or names us, would pass for it.
    if (equal_icase(line.name, "Received-SPF") && (!received || is_ours(line.value, id))) continue;
    out += whole;
  }
  out += message.substr(at);
  return out;
}

}  // namespace posthorn::trust
