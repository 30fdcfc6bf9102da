// imap/grammar/tokens.cpp - see tokens.h.
#include "imap/grammar/tokens.h"

#include <array>

#include "base/text.h"

namespace posthorn::imap {

namespace {

constexpr std::uint64_t max_number64 = 0x7fff'ffff'ffff'ffff;

enum : unsigned char { atom_bit = 1, astring_bit = 2, list_bit = 4 };

// rfc:9051#9: ATOM-CHAR is any CHAR but ( ) { SP CTL % * " \ ]
constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> table{};
  for (unsigned c = 0x21; c < 0x7f; ++c) {
    const char at = static_cast<char>(c);
    const bool special = at == '(' || at == ')' || at == '{' || at == '"' || at == '\\';
    const bool wildcard = at == '%' || at == '*';
    if (special) continue;
    if (!wildcard && at != ']') table[c] |= atom_bit;
    if (!wildcard) table[c] |= astring_bit;
    table[c] |= list_bit;
  }
  return table;
}
constexpr auto classes = make_classes();

bool is_class(char c, unsigned char bit) {
  return (classes[static_cast<unsigned char>(c)] & bit) != 0;
}

std::optional<std::string_view> take_run(Cursor& in, bool (*accept)(char)) {
  const auto run = in.take_while(accept);
  if (run.empty()) return std::nullopt;
  return run;
}

bool is_tag_char(char c) {
  return c != '+' && is_astring_char(c);
}

}  // namespace

bool is_atom_char(char c) {
  return is_class(c, atom_bit);
}
bool is_astring_char(char c) {
  return is_class(c, astring_bit);
}
bool is_list_char(char c) {
  return is_class(c, list_bit);
}

std::optional<std::string_view> take_atom(Cursor& in) {
  return take_run(in, is_atom_char);
}
std::optional<std::string_view> take_tag(Cursor& in) {
  return take_run(in, is_tag_char);
}

std::optional<std::string> take_quoted(Cursor& in) {
  const auto start = in.position();
  if (!in.take('"')) return std::nullopt;
  std::string text;
  while (auto c = in.next()) {
    if (*c == '"') {
      if (is_utf8(text)) return text;
      break;
    }
    if (*c == '\r' || *c == '\n' || *c == '\0') break;
    if (*c == '\\') {
      c = in.next();
      if (!c || (*c != '"' && *c != '\\')) break;
    }
    text += *c;
  }
  in.seek(start);
  return std::nullopt;
}

std::optional<std::string_view> take_literal(Cursor& in, Literal8 literal8) {
  const auto start = in.position();
  const auto body = [&]() -> std::optional<std::string_view> {
    const bool eight = literal8 == Literal8::allowed && in.take('~');
    if (!in.take('{')) return std::nullopt;
    const auto size = in.take_number(max_number64);
    if (!size) return std::nullopt;
    in.take('+');
    if (!in.take("}\r\n")) return std::nullopt;
    const auto octets = in.take(static_cast<std::size_t>(*size));
    // rfc:9051#9: only a literal8 may hold NUL. APPEND's messages come as either, so who allows one checks for himself.
    if (octets && !eight && literal8 == Literal8::refused && octets->find('\0') != std::string_view::npos) return std::nullopt;
    return octets;
  }();
  if (!body) in.seek(start);
  return body;
}

std::optional<std::string> take_string(Cursor& in) {
  if (in.peek() == '"') return take_quoted(in);
  const auto octets = take_literal(in);
  if (!octets) return std::nullopt;
  return std::string(*octets);
}

std::optional<std::string> take_astring(Cursor& in) {
  if (const auto run = take_run(in, is_astring_char)) return std::string(*run);
  return take_string(in);
}

std::optional<std::string> take_list_mailbox(Cursor& in) {
  if (const auto run = take_run(in, is_list_char)) return std::string(*run);
  return take_string(in);
}

std::optional<std::optional<std::string>> take_nstring(Cursor& in) {
  if (take_word(in, "NIL")) return std::optional<std::string>();
  auto text = take_string(in);
  if (!text) return std::nullopt;
  return text;
}

std::optional<std::uint32_t> take_number32(Cursor& in) {
  const auto value = in.take_number(UINT32_MAX);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::uint32_t> take_nz_number(Cursor& in) {
  if (in.peek() == '0') return std::nullopt;  // rfc:9051#9: nz-number begins with digit-nz
  return take_number32(in);
}

std::optional<std::uint64_t> take_number64(Cursor& in) {
  return in.take_number(max_number64);
}

std::optional<std::uint64_t> take_nz_number64(Cursor& in) {
  if (in.peek() == '0') return std::nullopt;
  return take_number64(in);
}

bool take_space(Cursor& in) {
  return in.take(' ');
}

bool take_word(Cursor& in, std::string_view word) {
  const auto start = in.position();
  if (in.take_icase(word)) {
    const auto after = in.peek();
    if (!after || !is_atom_char(*after)) return true;
  }
  in.seek(start);
  return false;
}

std::optional<std::string> take_flag(Cursor& in, const GrammarLimits& limits) {
  const auto start = in.position();
  const bool system = in.take('\\');
  const auto word = take_atom(in);
  if (word && !system && word->size() <= limits.flag_length) return std::string(*word);
  if (word && system) {
    for (const std::string_view known : {"Answered", "Flagged", "Deleted", "Seen", "Draft"})
      if (equal_icase(*word, known)) return "\\" + std::string(known);
  }
  in.seek(start);
  return std::nullopt;
}

namespace {

std::optional<std::vector<std::string>> take_flags(Cursor& in, const GrammarLimits& limits) {
  std::vector<std::string> flags;
  do {
    auto flag = take_flag(in, limits);
    if (!flag || flags.size() >= limits.flags) return std::nullopt;
    flags.push_back(std::move(*flag));
  } while (take_space(in));
  return flags;
}

}  // namespace

std::optional<std::vector<std::string>> take_flag_list(Cursor& in, const GrammarLimits& limits) {
  const auto start = in.position();
  if (!in.take('(')) return std::nullopt;
  if (in.take(')')) return std::vector<std::string>();
  auto flags = take_flags(in, limits);
  if (flags && in.take(')')) return flags;
  in.seek(start);
  return std::nullopt;
}

std::optional<std::vector<std::string>> take_store_flags(Cursor& in, const GrammarLimits& limits) {
  if (in.peek() == '(') return take_flag_list(in, limits);
  const auto start = in.position();
  auto flags = take_flags(in, limits);
  if (!flags) in.seek(start);
  return flags;
}

bool skip_value(Cursor& in, const GrammarLimits& limits) {
  const auto start = in.position();
  std::size_t depth = 0;
  do {
    if (in.take('(')) {
      if (++depth > limits.depth) break;
      continue;
    }
    if (depth > 0 && in.take(')')) {
      --depth;
    } else if (depth > 0 && take_space(in)) {
      continue;
    } else if (!take_literal(in, Literal8::allowed) && !take_quoted(in) && !take_run(in, is_list_char)) {
      break;
    }
    if (depth == 0) return true;
  } while (!in.done());
  in.seek(start);
  return false;
}

}  // namespace posthorn::imap
