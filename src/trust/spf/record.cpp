// trust/spf/record.cpp - see record.h.
#include "trust/spf/record.h"

#include <algorithm>
#include <array>
#include <arpa/inet.h>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::trust::spf {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alphanum(char c) { return is_alpha(c) || is_digit(c); }

auto bad(std::string_view term, std::string_view why) {
  return fail(Errc::invalid, "the term \"" + printable(term, 200) + "\" cannot be read: " + std::string(why));
}

// rfc:7208#7.1 toplabel: letters and digits with at least one letter, or with hyphens inside.
bool is_toplabel(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  if (!std::ranges::all_of(label, [](char c) { return is_alphanum(c) || c == '-'; })) return false;
  return std::ranges::any_of(label, is_alpha) || label.find('-') != std::string_view::npos;
}

// rfc:7208#7.1 domain-spec: macro-string, then "." toplabel ["."] or a macro-expand.
Status check_domain_spec(std::string_view term, std::string_view spec) {
  if (spec.empty()) return bad(term, "a domain is missing");
  if (auto macros = check_macros(spec, MacroPlace::domain_spec); !macros) return bad(term, macros.error().what);
  if (spec.ends_with('}') || spec.ends_with("%%") || spec.ends_with("%_") || spec.ends_with("%-")) return {};
  if (spec.ends_with('.')) spec.remove_suffix(1);
  const auto dot = spec.rfind('.');
  const auto close = spec.rfind('}');
  if (dot == std::string_view::npos || (close != std::string_view::npos && close > dot)) return bad(term, "its domain has no top-level label");
  if (!is_toplabel(spec.substr(dot + 1))) return bad(term, "its domain does not end in a top-level label");
  return {};
}

// "/24", without leading zeros, at most `most`.
std::optional<unsigned> prefix_length(std::string_view digits, unsigned most) {
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0') || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value <= most ? std::optional(value) : std::nullopt;
}

// rfc:7208#5.6 dual-cidr-length at the end of `rest`: "/24", "//64" or "/24//64". Taken off; false: it is malformed.
bool take_dual_cidr(std::string_view& rest, Mechanism& out) {
  const auto tail_digits = [](std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[text.size() - 1 - n])) ++n;
    return n;
  };
  auto digits = tail_digits(rest);
  if (rest.size() >= digits + 2 && rest.substr(rest.size() - digits - 2, 2) == "//") {
    const auto bits = prefix_length(rest.substr(rest.size() - digits), 128);
    if (!bits) return false;
    out.bits6 = *bits;
    rest.remove_suffix(digits + 2);
    digits = tail_digits(rest);
  }
  if (rest.size() >= digits + 1 && rest[rest.size() - digits - 1] == '/') {
    const auto bits = prefix_length(rest.substr(rest.size() - digits), 32);
    if (!bits) return false;
    out.bits4 = *bits;
    rest.remove_suffix(digits + 1);
  }
  return true;
}

struct NamedKind {
  std::string_view name;
  Kind kind;
};
constexpr NamedKind kinds[] = {{"all", Kind::all}, {"include", Kind::include}, {"a", Kind::a},     {"mx", Kind::mx},
                               {"ptr", Kind::ptr}, {"ip4", Kind::ip4},         {"ip6", Kind::ip6}, {"exists", Kind::exists}};

Status parse_network(std::string_view term, std::string_view value, Mechanism& out) {
  const bool four = out.kind == Kind::ip4;
  if (const auto slash = value.find('/'); slash != std::string_view::npos) {
    const auto bits = prefix_length(value.substr(slash + 1), four ? 32 : 128);
    if (!bits) return bad(term, "its prefix length is no number in range");
    (four ? out.bits4 : out.bits6) = *bits;
    value = value.substr(0, slash);
  }
  // address_octets() turns a mapped address into IPv4, which ip6 must not: look at the text's own family.
  std::array<unsigned char, 16> octets{};
  const std::string text(value);
  if (value.contains('\0') || inet_pton(four ? AF_INET : AF_INET6, text.c_str(), octets.data()) != 1) return bad(term, four ? "it holds no IPv4 address" : "it holds no IPv6 address");
  out.network.assign(octets.begin(), octets.begin() + (four ? 4 : 16));
  return {};
}

Status parse_mechanism(std::string_view term, Record& record) {
  Mechanism out;
  out.text = std::string(term);
  Cursor in(term);
  if (const auto first = in.peek(); first && std::string_view("+-?~").find(*first) != std::string_view::npos) {
    out.qualifier = static_cast<Qualifier>(*first);
    in.next();
  }
  const auto name = to_lower(in.take_while(is_alphanum));
  const auto known = std::ranges::find(kinds, name, &NamedKind::name);
  if (known == std::end(kinds)) return bad(term, "there is no such mechanism");
  out.kind = known->kind;
  auto rest = in.rest();
  switch (out.kind) {
    case Kind::all:
      if (!rest.empty()) return bad(term, "\"all\" takes nothing");
      break;
    case Kind::ip4:
    case Kind::ip6:
      if (!rest.starts_with(':')) return bad(term, "an address is missing");
      TRY(parse_network(term, rest.substr(1), out));
      break;
    case Kind::a:
    case Kind::mx:
      if (!take_dual_cidr(rest, out)) return bad(term, "its prefix length is no number in range");
      [[fallthrough]];
    case Kind::ptr:
      if (rest.empty()) break;
      [[fallthrough]];
    case Kind::include:
    case Kind::exists:
      if (!rest.starts_with(':')) return bad(term, "a colon and a domain are expected");
      out.domain_spec = std::string(rest.substr(1));
      TRY(check_domain_spec(term, out.domain_spec));
      break;
  }
  record.mechanisms.push_back(std::move(out));
  return {};
}

// rfc:7208#6: redirect and exp at most once; others are read over, but must be macro-strings.
Status parse_modifier(std::string_view term, std::string_view name, std::string_view value, Record& record) {
  const bool redirect = equal_icase(name, "redirect");
  if (!redirect && !equal_icase(name, "exp")) {
    if (auto macros = check_macros(value, MacroPlace::explanation); !macros) return bad(term, macros.error().what);
    return {};
  }
  auto& field = redirect ? record.redirect : record.exp;
  if (field) return bad(term, "it stands there twice");
  TRY(check_domain_spec(term, value));
  field = std::string(value);
  return {};
}

Status parse_term(std::string_view term, Record& record) {
  Cursor in(term);
  const auto name = in.take_while([](char c) { return is_alphanum(c) || c == '-' || c == '_' || c == '.'; });
  if (!name.empty() && is_alpha(name.front()) && in.take('=')) return parse_modifier(term, name, in.rest(), record);
  return parse_mechanism(term, record);
}

// -- macros

bool is_delimiter(char c) { return std::string_view(".-+,/_=").find(c) != std::string_view::npos; }

struct Macro {
  char letter = 0;         // lower case
  bool escape = false;     // was upper case: URL-escaped
  unsigned labels = 0;     // 0: all
  bool reverse = false;
  std::string_view delimiters;
};

// What stands between "%{" and "}".
std::optional<Macro> parse_macro(std::string_view inside, MacroPlace place) {
  Cursor in(inside);
  Macro out;
  const auto letter = in.next();
  if (!letter) return std::nullopt;
  out.letter = Cursor::lower(*letter);
  out.escape = out.letter != *letter;
  const std::string_view letters = place == MacroPlace::explanation ? "slodiphcrtv" : "slodiphv";
  if (letters.find(out.letter) == std::string_view::npos) return std::nullopt;
  const auto digits = in.take_while(is_digit);
  if (!digits.empty()) {
    const auto nonzero = std::min(digits.find_first_not_of('0'), digits.size());
    const auto number = digits.substr(nonzero);
    if (number.empty()) return std::nullopt;  // rfc:7208#7.1 the DIGIT transformer must not be zero
    out.labels = number.size() > 3 ? 999 : static_cast<unsigned>(std::stoul(std::string(number)));
  }
  out.reverse = in.take('r') || in.take('R');
  out.delimiters = in.take_while(is_delimiter);
  return in.done() ? std::optional(out) : std::nullopt;
}

std::string nibbles(std::string_view octets) {
  std::string out;
  for (const char c : octets) {
    for (const int shift : {4, 0}) {
      if (!out.empty()) out += '.';
      out += "0123456789ABCDEF"[(static_cast<unsigned char>(c) >> shift) & 15];
    }
  }
  return out;
}

std::string readable(std::string_view octets) {
  char out[INET6_ADDRSTRLEN] = {};
  if (octets.size() != 4 && octets.size() != 16) return {};
  inet_ntop(octets.size() == 4 ? AF_INET : AF_INET6, octets.data(), out, sizeof out);
  return out;
}

std::string value_of(const Macro& macro, const MacroValues& values) {
  switch (macro.letter) {
    case 's': return values.local + "@" + values.sender_domain;
    case 'l': return values.local;
    case 'o': return values.sender_domain;
    case 'd': return values.domain;
    case 'i': return values.ip.size() == 16 ? nibbles(values.ip) : readable(values.ip);
    case 'p': return values.validated_name ? values.validated_name() : "unknown";
    case 'v': return values.ip.size() == 16 ? "ip6" : "in-addr";
    case 'h': return values.helo;
    case 'c': return readable(values.ip);
    case 'r': return values.receiver.empty() ? "unknown" : values.receiver;
    case 't': return std::to_string(values.now);
    default: return {};
  }
}

// rfc:3986#2.3: only unreserved characters stay as they are.
std::string url_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_alphanum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    out += '%';
    out += to_upper(hex(std::string_view(&c, 1)));
  }
  return out;
}

std::string transformed(std::string value, const Macro& macro) {
  const auto delimiters = macro.delimiters.empty() ? std::string_view(".") : macro.delimiters;
  if (macro.labels != 0 || macro.reverse || !macro.delimiters.empty()) {
    std::vector<std::string> parts(1);
    for (const char c : value) {
      if (delimiters.find(c) != std::string_view::npos) parts.emplace_back();
      else parts.back() += c;
    }
    if (macro.reverse) std::ranges::reverse(parts);
    const std::size_t keep = macro.labels == 0 ? parts.size() : std::min<std::size_t>(macro.labels, parts.size());
    value.clear();
    for (std::size_t i = parts.size() - keep; i < parts.size(); ++i) value += (i == parts.size() - keep ? "" : ".") + parts[i];
  }
  return macro.escape ? url_escaped(value) : value;
}

}  // namespace

bool is_spf_record(std::string_view text) {
  constexpr std::string_view version = "v=spf1";
  return text.size() >= version.size() && equal_icase(text.substr(0, version.size()), version) && (text.size() == version.size() || text[version.size()] == ' ');
}

::posthorn::Result<Record> parse_record(std::string_view text) {
  Record out;
  for (const auto term : split(text.substr(6), ' ')) {
    if (!term.empty()) TRY(parse_term(term, out));
  }
  return out;
}

std::string address_octets(std::string_view text) {
  std::array<unsigned char, 16> octets{};
  if (text.contains('\0')) return {};  // inet_pton() would stop there
  const std::string copy(text);
  if (inet_pton(AF_INET, copy.c_str(), octets.data()) == 1) return std::string(octets.begin(), octets.begin() + 4);
  if (inet_pton(AF_INET6, copy.c_str(), octets.data()) != 1) return {};
  std::string out(octets.begin(), octets.end());
  constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  return out.starts_with(mapped) ? out.substr(12) : out;
}

bool in_network(std::string_view octets, std::string_view network, unsigned bits) {
  if (octets.size() != network.size() || octets.empty()) return false;
  for (std::size_t i = 0; i < octets.size() && bits > 0; ++i) {
    const unsigned here = std::min(bits, 8u);
    const auto mask = static_cast<unsigned char>(0xff << (8 - here));
    if (((static_cast<unsigned char>(octets[i]) ^ static_cast<unsigned char>(network[i])) & mask) != 0) return false;
    bits -= here;
  }
  return true;
}

Status check_macros(std::string_view text, MacroPlace place) {
  Cursor in(text);
  while (const auto c = in.next()) {
    if (*c != '%') {
      if (*c <= 0x20 && !(place == MacroPlace::explanation && *c == ' ')) return fail(Errc::invalid, "it holds a character that may not stand there");
      if (*c == 0x7f) return fail(Errc::invalid, "it holds a character that may not stand there");
      continue;
    }
    if (in.take('%') || in.take('_') || in.take('-')) continue;
    if (!in.take('{')) return fail(Errc::invalid, "a % stands alone");
    const auto inside = in.take_while([](char one) { return one != '}'; });
    if (!in.take('}') || !parse_macro(inside, place)) return fail(Errc::invalid, "the macro %{" + printable(inside, 40) + "} does not exist");
  }
  return {};
}

std::string expand(std::string_view text, const MacroValues& values) {
  std::string out;
  Cursor in(text);
  while (const auto c = in.next()) {
    if (*c != '%') {
      out += *c;
    } else if (in.take('%')) {
      out += '%';
    } else if (in.take('_')) {
      out += ' ';
    } else if (in.take('-')) {
      out += "%20";
    } else if (in.take('{')) {
      const auto inside = in.take_while([](char one) { return one != '}'; });
      in.take('}');
      if (const auto macro = parse_macro(inside, MacroPlace::explanation)) out += transformed(value_of(*macro, values), *macro);
    }
  }
  return out;
}

std::string expand_domain(std::string_view text, const MacroValues& values) {
  auto out = expand(text, values);
  if (out.ends_with('.')) out.pop_back();
  while (out.size() > 253) {
    const auto dot = out.find('.');
    if (dot == std::string::npos) return {};
    out.erase(0, dot + 1);
  }
  return out;
}

}  // namespace posthorn::trust::spf
