// mail/lexer.cpp - see lexer.h.
#include "mail/lexer.h"

namespace posthorn::mail {

std::string take_comment(Cursor& at) {
  std::string text;
  std::size_t depth = 0;
  while (const auto c = at.next()) {
    if (*c == '\\') {
      if (const auto escaped = at.next()) text += *escaped;
      continue;
    }
    if (*c == '(' && depth++ == 0) continue;
    if (*c == ')' && --depth == 0) return text;
    if (*c != '\r' && *c != '\n') text += *c;
  }
  return text;
}

void skip_cfws(Cursor& at) {
  std::size_t depth = 0;
  while (const auto c = at.peek()) {
    if (*c == '(') {
      ++depth;
    } else if (depth == 0) {
      if (!is_fws(*c)) return;
    } else if (*c == ')') {
      --depth;
    } else if (*c == '\\') {
      at.next();
    }
    at.next();
  }
}

Quoted take_quoted(Cursor& at) {
  Quoted quoted;
  at.take('"');
  while (const auto c = at.next()) {
    if (*c == '"') return quoted;
    if (*c == '\\') {
      if (const auto escaped = at.next()) quoted.text += *escaped;
    } else if (*c != '\r' && *c != '\n') {
      quoted.text += *c;
    }
  }
  quoted.closed = false;
  return quoted;
}

}  // namespace posthorn::mail
