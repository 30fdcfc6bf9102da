#include "smtp/grammar/command.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"
#include "smtp/grammar/parameters.h"

namespace posthorn::smtp {
namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// "<...>" with quoted strings respected, so that a ">" or blank inside one does not end it. Moves behind the ">".
std::optional<std::string_view> take_path(Cursor& in) {
  if (!in.take('<')) return std::nullopt;
  const auto all = in.rest();
  bool quoted = false;
  std::size_t at = 0;
  for (; at < all.size(); ++at) {
    if (quoted && all[at] == '\\') ++at;
    else if (all[at] == '"') quoted = !quoted;
    else if (!quoted && all[at] == '>') break;
  }
  if (at >= all.size()) return std::nullopt;
  in.seek(in.position() + at + 1);
  return all.substr(0, at);
}

struct PathAndRest {
  std::string_view path;
  std::string_view rest;
};
// "FROM:<path> ...". Blanks between colon and path are not in the grammar, but many clients write one.
std::optional<PathAndRest> split_path(std::string_view arguments, std::string_view keyword) {
  Cursor in(arguments);
  if (!in.take_icase(keyword) || !in.take(':')) return std::nullopt;
  in.take_while(blank);
  const auto path = take_path(in);
  if (!path) return std::nullopt;
  return PathAndRest{*path, in.rest()};
}

// rfc:6531#3.2 without SMTPUTF8 no 8-bit byte in an address.
std::optional<Reply> refuse_utf8(std::string_view path, bool utf8) {
  if (is_ascii(path)) return std::nullopt;
  if (!is_utf8(path)) return make_reply(501, "5.5.2", "The address is not UTF-8");
  if (!utf8) return make_reply(553, "5.6.7", "This address needs SMTPUTF8");
  return std::nullopt;
}

Parsed<mail::Address> address(std::string_view path, std::string_view enhanced) {
  auto parsed = mail::parse_address(path);
  if (parsed) return std::move(*parsed);
  auto reply = make_reply(501, std::string(enhanced), "The address is not valid");
  reply.log = parsed.error().what;
  return std::unexpected(std::move(reply));
}

// rfc:5321#4.1.1.3 RCPT TO:<postmaster> needs no domain.
bool is_postmaster(std::string_view path) { return equal_icase(path, "postmaster"); }

}  // namespace

CommandLine split_command(std::string_view line) {
  line = trim_end(line);
  const auto end = std::find_if(line.begin(), line.end(), blank);
  const auto length = static_cast<std::size_t>(end - line.begin());
  auto arguments = line.substr(length);
  while (!arguments.empty() && blank(arguments.front())) arguments.remove_prefix(1);
  return {line.substr(0, length), arguments};
}

Parsed<std::string> parse_helo(std::string_view arguments, const GrammarLimits& limits) {
  // Names with "_" are against the grammar but common; what could hurt a log or a header field is refused.
  const auto fine = [](char c) {
    return (c >= '0' && c <= '9') || (Cursor::lower(c) >= 'a' && Cursor::lower(c) <= 'z') || std::string_view("-._:[]").contains(c);
  };
  if (arguments.empty()) return refuse(501, "5.5.4", "Say your name after HELO or EHLO");
  if (arguments.size() > limits.helo || !std::all_of(arguments.begin(), arguments.end(), fine))
    return refuse(501, "5.5.4", "This is not a domain name or address literal");
  return std::string(arguments);
}

Parsed<MailFrom> parse_mail(std::string_view arguments, const Dialect& dialect, const GrammarLimits& limits) {
  const auto split = split_path(arguments, "FROM");
  if (!split) return refuse(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]");
  auto parameters = parse_parameters(split->rest, limits);
  if (!parameters) return std::unexpected(std::move(parameters).error());
  if (!dialect.extended && !parameters->empty()) return refuse(555, "5.5.4", "Parameters need EHLO");
  MailFrom mail;
  for (const auto& parameter : *parameters)
    if (auto done = apply_mail_parameter(parameter, mail, limits); !done) return std::unexpected(std::move(done).error());
  if (split->path.empty()) return mail;
  if (auto reply = refuse_utf8(split->path, mail.smtputf8)) return std::unexpected(std::move(*reply));
  auto from = address(split->path, "5.1.7");
  if (!from) return std::unexpected(std::move(from).error());
  mail.reverse_path = std::move(*from);
  return mail;
}

Parsed<RcptTo> parse_rcpt(std::string_view arguments, const Dialect& dialect, const GrammarLimits& limits) {
  const auto split = split_path(arguments, "TO");
  if (!split) return refuse(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]");
  auto parameters = parse_parameters(split->rest, limits);
  if (!parameters) return std::unexpected(std::move(parameters).error());
  if (!dialect.extended && !parameters->empty()) return refuse(555, "5.5.4", "Parameters need EHLO");
  RcptTo rcpt;
  for (const auto& parameter : *parameters)
    if (auto done = apply_rcpt_parameter(parameter, rcpt, limits); !done) return std::unexpected(std::move(done).error());
  if (auto reply = refuse_utf8(split->path, dialect.utf8)) return std::unexpected(std::move(*reply));
  if (is_postmaster(split->path)) {
    rcpt.recipient.local = "postmaster";
    return rcpt;
  }
  auto to = address(split->path, "5.1.3");
  if (!to) return std::unexpected(std::move(to).error());
  rcpt.recipient = std::move(*to);
  return rcpt;
}

Parsed<Bdat> parse_bdat(std::string_view arguments) {
  const auto wrong = [] { return refuse(501, "5.5.4", "Syntax: BDAT octets [LAST]"); };
  Cursor in(arguments);
  const auto size = in.take_number(INT64_MAX);
  if (!size) return wrong();
  if (in.done()) return Bdat{*size, false};
  if (in.take_while(blank).empty() || !equal_icase(in.rest(), "LAST")) return wrong();
  return Bdat{*size, true};
}

Parsed<AuthCommand> parse_auth(std::string_view arguments) {
  Cursor in(arguments);
  // rfc:4422#3.1 sasl-mech: 1 to 20 letters, digits, "-" and "_".
  const auto mechanism = in.take_while([](char c) {
    return (c >= '0' && c <= '9') || (Cursor::lower(c) >= 'a' && Cursor::lower(c) <= 'z') || c == '-' || c == '_';
  });
  if (mechanism.empty() || mechanism.size() > 20) return refuse(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
  AuthCommand command{to_upper(mechanism), std::nullopt};
  if (in.done()) return command;
  if (in.take_while(blank).empty()) return refuse(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
  // rfc:4954#4 "=" is an initial response that is there but empty.
  if (in.rest() == "=") {
    command.initial_response.emplace();
    return command;
  }
  command.initial_response = base64_decode(in.rest());
  if (!command.initial_response || command.initial_response->empty()) return refuse(501, "5.5.2", "The initial response is not base64");
  return command;
}

}  // namespace posthorn::smtp
