// trust/authentication_results.cpp - the field written and read (RFC 8601 2.2). Removing forged ones: forged_results.cpp.
#include "trust/authentication_results.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/lexer.h"

namespace posthorn::trust {
namespace {

using mail::is_fws;
using mail::skip_cfws;

// A line of the field holds one property; a value of this length fits 998 octets even if each octet is escaped.
constexpr std::size_t longest_value = 400, longest_field = 64 * 1024, most_results = 200, most_properties = 64;

bool is_let_dig(char c) {
  return mail::is_alpha(c) || mail::is_digit(c);
}

// Keyword of rfc:8601#2.2, with the "_" that some write.
bool is_keyword(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_let_dig(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_let_dig(c) || c == '-' || c == '_'; });
}
bool is_property_name(std::string_view name) {
  const auto dot = name.find('.');
  return dot != name.npos && is_keyword(name.substr(0, dot)) && is_keyword(name.substr(dot + 1));
}

// C1 controls and the Unicode line ends in UTF-8 end lines for some readers.
bool is_unicode_control(std::string_view rest) {
  if (rest.size() >= 2 && rest[0] == '\xc2') return static_cast<unsigned char>(rest[1]) < 0xa0;
  return rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9");
}

// Text without any character that could end a line; at most longest_value octets.
std::string safe(std::string_view text) {
  const bool utf8 = is_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (utf8 && is_unicode_control(text.substr(i))) {
      out += '?';
      i += c == '\xc2' ? 1 : 2;
    } else {
      out += c == '\t' ? ' ' : mail::is_control(c) || (!utf8 && mail::is_eight_bit(c)) ? '?' : c;
    }
  }
  if (out.size() <= longest_value) return out;
  std::size_t end = longest_value;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0U) == 0x80U) --end;
  return out.substr(0, end);
}

std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != special.npos) out += '\\';
    out += c;
  }
  return out;
}

// What needs no quotes for anybody: names of hosts, and plain addresses (the pvalue of rfc:8601#2.2).
bool is_plain_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_let_dig(c) || c == '.' || c == '-' || c == '_'; });
}
bool is_plain_address(std::string_view text) {
  const auto at = text.find('@');
  if (at == text.npos || !is_plain_name(text.substr(at + 1))) return false;
  return std::ranges::all_of(text.substr(0, at), [](char c) { return c == '+' || is_plain_name({&c, 1}); });
}

std::string quoted(std::string_view text) {
  return "\"" + escaped(text, "\"\\") + "\"";
}
std::string id_text(std::string_view id) {
  const auto text = safe(id);
  return is_plain_name(text) ? text : quoted(text);
}
std::string value_text(std::string_view value) {
  const auto text = safe(value);
  return is_plain_name(text) || is_plain_address(text) ? text : quoted(text);
}

class FieldParser {
 public:
  explicit FieldParser(std::string_view value) : at_(value) {}

  Result<AuthenticationResults> run() {
    skip_cfws(at_);
    AuthenticationResults out;
    const auto id = take_value("");
    if (!id || id->empty()) return fail(Errc::invalid, "no authserv-id");
    out.authserv_id = *id;
    skip_cfws(at_);
    // rfc:8601#2.2: what has another version than 1 is not for us.
    if (const auto version = at_.take_while(mail::is_digit); !version.empty() && version != "1")
      return fail(Errc::invalid, "another version of Authentication-Results");
    skip_cfws(at_);
    while (at_.take(';')) {
      TRY(take_result(out));
    }
    if (!at_.done()) return fail(Errc::invalid, "no \";\" where a result should begin");
    return out;
  }

 private:
  // ";" done: a method with its result and properties, or "none", or nothing at the end.
  Status take_result(AuthenticationResults& out) {
    skip_cfws(at_);
    if (at_.done() || at_.peek() == ';') return {};
    MethodResult result;
    const auto method = take_keyword();
    if (method.empty()) return fail(Errc::invalid, "no method");
    skip_cfws(at_);
    if (at_.done() && method == "none") return {};
    if (at_.take('/')) {
      skip_cfws(at_);
      at_.take_while(mail::is_digit);
      skip_cfws(at_);
    }
    if (!at_.take('=')) return fail(Errc::invalid, "no result behind the method " + method);
    skip_cfws(at_);
    result.method = method;
    result.result = take_keyword();
    if (result.result.empty()) return fail(Errc::invalid, "no result behind the method " + method);
    TRY(take_properties(result));
    if (out.results.size() >= most_results) return fail(Errc::invalid, "too many results");
    out.results.push_back(std::move(result));
    return {};
  }

  Status take_properties(MethodResult& result) {
    for (;;) {
      skip_and_keep_comment(result);
      if (at_.done() || at_.peek() == ';') return {};
      std::string name = take_keyword();
      skip_cfws(at_);
      if (at_.take('.')) {
        skip_cfws(at_);
        name += "." + take_keyword();
        skip_cfws(at_);
      }
      if (name.empty() || !at_.take('=')) return fail(Errc::invalid, "neither a property nor the end of a result");
      skip_cfws(at_);
      auto value = take_value("@:/+=[],<>?");
      if (!value) return fail(Errc::invalid, "no value of " + name);
      if (name == "reason")
        result.reason = std::move(*value);
      else if (result.properties.size() < most_properties)
        result.properties.emplace_back(std::move(name), std::move(*value));
      else
        return fail(Errc::invalid, "too many properties");
    }
  }

  // CFWS of which the comments are kept, up to a length that is shown.
  void skip_and_keep_comment(MethodResult& result) {
    for (;;) {
      at_.take_while(is_fws);
      if (at_.peek() != '(') return;
      const auto text = mail::take_comment(at_);
      if (result.comment.size() + text.size() >= longest_value) continue;
      if (!result.comment.empty() && !text.empty()) result.comment += ' ';
      result.comment += text;
    }
  }

  std::string take_keyword() {
    const auto word = at_.take_while([](char c) { return is_let_dig(c) || c == '-' || c == '_'; });
    return is_keyword(word) ? to_lower(word) : std::string();
  }

  // Tokens, quoted strings and the characters of `also`, one behind the other: "a b"@example.org. Nothing: there is none.
  std::optional<std::string> take_value(std::string_view also) {
    std::string out;
    bool any = false;
    while (!at_.done()) {
      const char c = *at_.peek();
      if (c == '"') {
        auto string = mail::take_quoted(at_);
        if (!string.closed) return std::nullopt;
        out += string.text;
      } else if (mail::is_token(c) || also.find(c) != also.npos) {
        out += c;
        at_.next();
      } else {
        break;
      }
      any = true;
    }
    return any ? std::optional(std::move(out)) : std::nullopt;
  }

  Cursor at_;
};

}  // namespace

std::string wire(const AuthenticationResults& results) {
  std::string out = "Authentication-Results: " + id_text(results.authserv_id);
  bool any = false;
  for (const auto& one : results.results) {
    if (!is_keyword(one.method) || !is_keyword(one.result)) continue;
    any = true;
    out += ";\r\n\t" + one.method + "=" + one.result;
    if (!one.comment.empty()) out += "\r\n\t(" + escaped(safe(one.comment), "()\\") + ")";
    if (!one.reason.empty()) out += "\r\n\treason=" + quoted(safe(one.reason));
    for (const auto& [name, value] : one.properties)
      if (is_property_name(name)) out += "\r\n\t" + name + "=" + value_text(value);
  }
  return out + (any ? "\r\n" : "; none\r\n");
}

Result<AuthenticationResults> parse_authentication_results(std::string_view value) {
  if (value.size() > longest_field) return fail(Errc::invalid, "the field is longer than 64 KiB");
  return FieldParser(value).run();
}

}  // namespace posthorn::trust
