#include "smtp/grammar/reply_parser.h"

#include "base/cursor.h"

namespace posthorn::smtp {

std::string_view enhanced_code(std::uint16_t code, std::string_view text) {
  Cursor in(text);
  const auto number = [&](std::uint64_t max) { return in.take_number(max).has_value(); };
  const auto category = in.take_number(9);
  if (!category || *category != code / 100 || *category < 2 || *category == 3) return {};
  if (!in.take('.') || !number(999) || !in.take('.') || !number(999)) return {};
  if (!in.done() && in.peek() != ' ') return {};
  return text.substr(0, in.position());
}

ReplyParser::State ReplyParser::malformed(std::string why) {
  why_ = std::move(why);
  return State::malformed;
}

ReplyParser::State ReplyParser::feed(std::string_view bytes, std::size_t& taken) {
  taken = 0;
  while (taken < bytes.size()) {
    const char c = bytes[taken++];
    if (++octets_ > limits_.octets) return malformed("the reply is longer than " + std::to_string(limits_.octets) + " octets");
    if (c == '\0') return malformed("the reply holds a NUL");
    const bool after_cr = line_.ends_with('\r');
    if (after_cr != (c == '\n')) return malformed("the reply holds a bare CR or LF");
    if (c != '\n') {
      line_ += c;
      if (line_.size() > limits_.line) return malformed("a line of the reply is longer than " + std::to_string(limits_.line) + " octets");
      continue;
    }
    line_.pop_back();
    if (const auto state = line(line_); state != State::more) return state;
    line_.clear();
  }
  return State::more;
}

// rfc:5321#4.2 Reply-line: code, then "-" if more lines follow, or a blank and text, or (to be accepted) nothing.
ReplyParser::State ReplyParser::line(std::string_view text) {
  Cursor in(text);
  const auto digits = in.take(std::size_t{3});
  if (!digits) return malformed("a line of the reply has no code");
  Cursor code_in(*digits);
  const auto code = code_in.take_number(559);
  if (!code || !code_in.done() || *code < 200 || (*code / 10) % 10 > 5) return malformed("the reply's code is not valid");
  if (++lines_ > limits_.lines) return malformed("the reply has more than " + std::to_string(limits_.lines) + " lines");
  const bool more = in.take('-');
  if (!more && !in.done() && !in.take(' ')) return malformed("the reply's code is not followed by a blank or '-'");
  auto rest = in.rest();
  if (lines_ == 1) {
    reply_.code = static_cast<std::uint16_t>(*code);
    reply_.enhanced = enhanced_code(reply_.code, rest);
  } else if (reply_.code != *code) {
    return malformed("the lines of the reply have different codes");
  } else {
    reply_.text += '\n';
  }
  if (!reply_.enhanced.empty() && enhanced_code(reply_.code, rest) == reply_.enhanced) {
    rest.remove_prefix(reply_.enhanced.size());
    if (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  reply_.text += rest;
  return more ? State::more : State::done;
}

}  // namespace posthorn::smtp
