// mail/address.cpp - one addr-spec, strictly (RFC 5321 4.1.2, 4.1.3, RFC 6531 3.3), and domains to A-labels.
// Security: decides who a letter is for. What other readers could take for another address is refused (attacks.md 2C a2-a7).
#include "mail/address.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/lexer.h"

namespace posthorn::mail {
namespace {

constexpr std::size_t longest_local = 64, longest_domain = 255, longest_name = 253, longest_label = 63;  // rfc:5321#4.5.3.1

// C1 controls and the Unicode line ends, in valid UTF-8.
bool has_unicode_controls(std::string_view utf8) {
  for (std::size_t i = 0; i + 1 < utf8.size(); ++i) {
    const auto second = static_cast<unsigned char>(utf8[i + 1]);
    if (utf8[i] == '\xc2' && second < 0xa0) return true;
    if (utf8[i] == '\xe2' && second == 0x80 && i + 2 < utf8.size() && (utf8[i + 2] == '\xa8' || utf8[i + 2] == '\xa9'))
      return true;
  }
  return false;
}

bool is_dot_atom(std::string_view text) {
  bool atom = false;
  for (const char c : text) {
    if (c == '.' ? !atom : !is_atext(c)) return false;
    atom = c != '.';
  }
  return atom;
}

// Quoted-string of rfc:5321#4.1.2: no folds, no controls.
Result<std::string> take_quoted_local(Cursor& at) {
  std::string local;
  at.take('"');
  while (const auto c = at.next()) {
    if (*c == '"') {
      if (local.empty()) return fail(Errc::invalid, "the local part is empty");
      return local;
    }
    if (is_control(*c)) break;
    if (*c != '\\') {
      local += *c;
      continue;
    }
    const auto escaped = at.next();
    if (!escaped || is_control(*escaped) || is_eight_bit(*escaped)) break;
    local += *escaped;
  }
  return fail(Errc::invalid, "the quoted local part has no end or holds a control character");
}

// rfc:5321#4.1.3: IPv4 and IPv6 only.
Result<std::string> parse_literal(std::string_view text) {
  auto inner = text.substr(1, text.size() - 2);
  std::array<unsigned char, 16> address{};
  Cursor at(inner);
  const bool six = at.take_icase("IPv6:");
  const std::string host(at.rest());
  if (host.size() <= 45 && host.find('\0') == host.npos && inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), address.data()) == 1)
    return six ? "[IPv6:" + to_lower(host) + "]" : "[" + host + "]";
  return fail(Errc::invalid, "not an IPv4 or IPv6 address literal");
}

Status check_labels(std::string_view domain) {
  if (domain.empty() || domain.size() > longest_name) return fail(Errc::invalid, "the domain is empty or longer than 253 octets");
  for (const auto label : split(domain, '.')) {
    if (label.empty()) return fail(Errc::invalid, "the domain has an empty label");
    if (label.size() > longest_label) return fail(Errc::invalid, "a label of the domain is longer than 63 octets");
    if (label.front() == '-' || label.back() == '-')
      return fail(Errc::invalid, "a label of the domain begins or ends with a hyphen");
    if (!std::ranges::all_of(label, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; }))
      return fail(Errc::invalid, "the domain holds a character that no host name has");
  }
  return {};
}

struct FreeIdn {
  void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, FreeIdn>;
// Not IDN2_USE_STD3_ASCII_RULES: libidn2 then drops the characters that no host name has instead of refusing them, and
// "a@b<c" would become a domain. check_labels() looks at what comes out.
constexpr int idn_flags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;

std::optional<std::string> to_a_labels(const std::string& utf8) {
  char* raw = nullptr;
  if (idn2_to_ascii_8z(utf8.c_str(), &raw, idn_flags) != IDN2_OK) return std::nullopt;
  const IdnText text(raw);
  return to_lower(text.get());
}

std::optional<std::string> to_u_labels(const std::string& ascii) {
  char* raw = nullptr;
  if (idn2_to_unicode_8z8z(ascii.c_str(), &raw, 0) != IDN2_OK) return std::nullopt;
  const IdnText text(raw);
  return std::string(text.get());
}

bool has_a_label(std::string_view lower_domain) {
  return lower_domain.starts_with("xn--") || lower_domain.find(".xn--") != lower_domain.npos;
}

}  // namespace

Result<std::string> parse_domain(std::string_view text) {
  if (text.size() > longest_domain) return fail(Errc::invalid, "the domain is longer than 255 octets");
  if (text.starts_with('[') && text.ends_with(']') && text.size() > 2) return parse_literal(text);
  if (text.find('\0') != text.npos || !is_utf8(text))
    return fail(Errc::invalid, "the domain holds NUL or bytes that are not UTF-8");
  const std::string domain = to_lower(text);
  if (is_ascii(domain)) TRY(check_labels(domain));
  if (is_ascii(domain) && !has_a_label(domain)) return domain;
  // attacks.md C15: both ways must give the same, else two spellings of one domain or an A-label that hides other text.
  const auto ascii = to_a_labels(domain);
  const auto unicode = ascii ? to_u_labels(*ascii) : std::nullopt;
  const auto again = unicode ? to_a_labels(*unicode) : std::nullopt;
  if (!ascii || !again || *again != *ascii) return fail(Errc::invalid, "not a valid internationalized domain name (RFC 5890)");
  TRY(check_labels(*ascii));
  return *ascii;
}

std::string domain_for_display(std::string_view a_labels) {
  const std::string lower = to_lower(a_labels);
  if (!is_ascii(lower) || lower.find('\0') != lower.npos || !has_a_label(lower)) return std::string(a_labels);
  return to_u_labels(lower).value_or(std::string(a_labels));
}

Result<Address> parse_address(std::string_view text) {
  if (text.find('\0') != text.npos || !is_utf8(text))
    return fail(Errc::invalid, "the address holds NUL or bytes that are not UTF-8");
  if (has_unicode_controls(text)) return fail(Errc::invalid, "the address holds a control character");
  Cursor at(text);
  Address address;
  if (at.peek() == '"') {
    TRY_ASSIGN(address.local, take_quoted_local(at));
  } else {
    const auto local = at.take_while([](char c) { return is_atext(c) || c == '.'; });
    if (!is_dot_atom(local)) return fail(Errc::invalid, "the local part is not a dot-atom", "quote it if it is meant so");
    address.local = std::string(local);
  }
  if (address.local.size() > longest_local) return fail(Errc::invalid, "the local part is longer than 64 octets");
  if (!at.take('@')) return fail(Errc::invalid, "no @ behind the local part");
  TRY_ASSIGN(address.domain, parse_domain(at.rest()));
  return address;
}

std::string Address::text() const {
  if (empty()) return {};
  std::string out;
  if (is_dot_atom(local)) {
    out = local;
  } else {
    out = "\"";
    for (const char c : local) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return domain.empty() ? out : out + "@" + domain;
}

}  // namespace posthorn::mail
