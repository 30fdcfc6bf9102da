// mail/build.cpp - see build.h. RFC 5322 2.1.1 (line lengths), 2.2.3 (folding).
#include "mail/build.h"

#include <algorithm>

#include "mail/lexer.h"

namespace posthorn::mail {
namespace {

constexpr std::size_t good_line = 78, longest_line = 998, longest_name = 76;

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name &&
         std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

}  // namespace

Result<std::string> header_field(std::string_view name, std::string_view value) {
  if (!is_field_name(name)) return fail(Errc::invalid, "not a header field's name", "use printable ASCII without colon");
  constexpr std::string_view forbidden("\r\n\0", 3);
  if (value.find_first_of(forbidden) != value.npos)
    return fail(Errc::invalid, "the value of " + std::string(name) + " holds CR, LF or NUL", "encode it or leave it out");
  while (!value.empty() && is_wsp(value.back())) value.remove_suffix(1);
  std::string out(name);
  out += ":";
  std::size_t line = out.size();
  bool first = true;
  for (std::size_t at = 0; at < value.size() || first;) {
    // White space and the word behind it; folds go before the white space, and the value begins with one space.
    std::size_t word = at;
    while (word < value.size() && is_wsp(value[word])) ++word;
    std::size_t end = word;
    while (end < value.size() && !is_wsp(value[end])) ++end;
    const auto piece = (first ? " " : "") + std::string(value.substr(first ? word : at, end - (first ? word : at)));
    if (!first && line + piece.size() > good_line) {
      out += "\r\n";
      line = 0;
    }
    out += piece;
    line += piece.size();
    if (line > longest_line)
      return fail(Errc::too_big, "a word of " + std::string(name) + " is longer than a line may be", "encode it");
    at = end;
    first = false;
  }
  return out + "\r\n";
}

std::string to_crlf(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 32 + 2);
  for (std::size_t i = 0; i < bytes.size();) {
    const auto end = std::min(bytes.find_first_of("\r\n", i), bytes.size());
    out += bytes.substr(i, end - i);
    i = end;
    if (i < bytes.size()) {
      i += bytes.substr(i).starts_with("\r\n") ? 2 : 1;
      out += "\r\n";
    }
  }
  if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";
  return out;
}

}  // namespace posthorn::mail
