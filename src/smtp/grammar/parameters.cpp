#include "smtp/grammar/parameters.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"
#include "smtp/grammar/xtext.h"

namespace posthorn::smtp {
namespace {

bool alnum(char c) { return (c >= '0' && c <= '9') || (Cursor::lower(c) >= 'a' && Cursor::lower(c) <= 'z'); }
// rfc:5321#4.1.2 esmtp-value, and rfc:6531#3.3 UTF8-non-ascii in it.
bool value_char(char c) { return static_cast<unsigned char>(c) > ' ' && c != '=' && c != 0x7f; }
bool printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

std::unexpected<Reply> bad_value(const Parameter& parameter) {
  return refuse(501, "5.5.4", "The value of " + parameter.keyword + " is not valid");
}

Parsed<bool> size(const Parameter& p, MailFrom& mail) {
  Cursor in(p.value.value_or(""));
  if (in.left() > 20) return bad_value(p);  // rfc:1870#4
  const auto number = in.take_number();
  if (!number || !in.done()) return bad_value(p);
  mail.size = *number;
  return true;
}

Parsed<bool> body(const Parameter& p, MailFrom& mail) {
  const auto value = p.value.value_or("");
  if (equal_icase(value, "7BIT")) mail.body = Body::seven_bit;
  else if (equal_icase(value, "8BITMIME")) mail.body = Body::eight_bit_mime;
  // rfc:3030#3 BINARYMIME is an extension of its own, which we do not offer.
  else if (equal_icase(value, "BINARYMIME")) return refuse(555, "5.5.4", "BODY=BINARYMIME is not offered here");
  else return bad_value(p);
  return true;
}

Parsed<bool> ret(const Parameter& p, MailFrom& mail) {
  const auto value = p.value.value_or("");
  if (equal_icase(value, "FULL")) mail.ret = Ret::full;
  else if (equal_icase(value, "HDRS")) mail.ret = Ret::headers;
  else return bad_value(p);
  return true;
}

Parsed<bool> envid(const Parameter& p, MailFrom& mail, const GrammarLimits& limits) {
  if (!p.value || p.value->size() > limits.envid) return bad_value(p);
  auto decoded = decode_xtext(*p.value);
  // rfc:3461#4.4 "printable ASCII" after decoding; a CR LF here has broken spools (attacks.md A8).
  if (!decoded || decoded->empty() || !printable_ascii(*decoded)) return bad_value(p);
  mail.envid = std::move(*decoded);
  return true;
}

Parsed<bool> auth(const Parameter& p) {
  if (!p.value) return bad_value(p);
  if (*p.value == "<>") return true;
  const auto decoded = decode_xtext(*p.value);
  if (!decoded || decoded->empty() || has_control(*decoded) || !is_utf8(*decoded)) return bad_value(p);
  return true;
}

Parsed<bool> notify(const Parameter& p, RcptTo& rcpt) {
  Notify wish;
  wish.given = true;
  std::size_t words = 0;
  for (const auto word : split(p.value.value_or(""), ',')) {
    bool* bit = equal_icase(word, "NEVER")     ? &wish.never
                : equal_icase(word, "SUCCESS") ? &wish.success
                : equal_icase(word, "FAILURE") ? &wish.failure
                : equal_icase(word, "DELAY")   ? &wish.delay
                                               : nullptr;
    if (!bit || *bit) return bad_value(p);
    *bit = true;
    ++words;
  }
  // rfc:3461#4.1 NEVER stands alone.
  if (wish.never && words > 1) return bad_value(p);
  rcpt.notify = wish;
  return true;
}

Parsed<bool> orcpt(const Parameter& p, RcptTo& rcpt, const GrammarLimits& limits) {
  if (!p.value || p.value->size() > limits.orcpt) return bad_value(p);
  const auto semicolon = p.value->find(';');
  if (semicolon == std::string_view::npos || semicolon == 0) return bad_value(p);
  const auto type = p.value->substr(0, semicolon);
  const auto is_type = [](char c) { return alnum(c) || c == '-'; };
  if (!std::all_of(type.begin(), type.end(), is_type)) return bad_value(p);
  const bool utf8 = equal_icase(type, "utf-8");  // rfc:6533#3
  const auto encoded = p.value->substr(semicolon + 1);
  auto decoded = utf8 ? decode_utf8_address(encoded) : decode_xtext(encoded);
  if (!decoded || decoded->empty()) return bad_value(p);
  if (utf8 ? has_control(*decoded) : !printable_ascii(*decoded)) return bad_value(p);
  rcpt.orcpt_type = to_lower(type);
  rcpt.orcpt = std::move(*decoded);
  return true;
}

}  // namespace

Parsed<std::vector<Parameter>> parse_parameters(std::string_view text, const GrammarLimits& limits) {
  std::vector<Parameter> parameters;
  Cursor in(text);
  while (!in.done()) {
    if (in.take_while([](char c) { return c == ' '; }).empty()) return refuse(501, "5.5.4", "A blank is missing before a parameter");
    if (in.done()) break;
    const auto keyword = in.take_while([](char c) { return alnum(c) || c == '-'; });
    if (keyword.empty() || keyword.front() == '-') return refuse(501, "5.5.4", "A parameter is not valid");
    Parameter parameter{to_upper(keyword), std::nullopt};
    if (in.take('=')) {
      parameter.value = in.take_while(value_char);
      if (parameter.value->empty()) return bad_value(parameter);
    }
    const auto same = [&](const Parameter& other) { return other.keyword == parameter.keyword; };
    if (std::any_of(parameters.begin(), parameters.end(), same)) return refuse(501, "5.5.4", parameter.keyword + " is given twice");
    if (parameters.size() == limits.parameters) return refuse(501, "5.5.4", "Too many parameters");
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

Parsed<bool> apply_mail_parameter(const Parameter& p, MailFrom& mail, const GrammarLimits& limits) {
  if (p.keyword == "SIZE") return size(p, mail);
  if (p.keyword == "BODY") return body(p, mail);
  if (p.keyword == "RET") return ret(p, mail);
  if (p.keyword == "ENVID") return envid(p, mail, limits);
  if (p.keyword == "AUTH") return auth(p);
  if (p.keyword == "SMTPUTF8") {
    if (p.value) return bad_value(p);
    mail.smtputf8 = true;
    return true;
  }
  return refuse(555, "5.5.4", "Parameter " + p.keyword + " is not known");
}

Parsed<bool> apply_rcpt_parameter(const Parameter& p, RcptTo& rcpt, const GrammarLimits& limits) {
  if (p.keyword == "NOTIFY") return notify(p, rcpt);
  if (p.keyword == "ORCPT") return orcpt(p, rcpt, limits);
  return refuse(555, "5.5.4", "Parameter " + p.keyword + " is not known");
}

}  // namespace posthorn::smtp
