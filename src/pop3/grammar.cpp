#include "pop3/grammar.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::pop3 {

CommandLine parse_command(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return {to_upper(line), {}};
  return {to_upper(line.substr(0, space)), line.substr(space + 1)};
}

std::optional<std::uint32_t> one_number(std::string_view argument) {
  Cursor in(argument);
  const auto value = in.take_number(UINT32_MAX);
  if (!value || !in.done()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<TwoNumbers> two_numbers(std::string_view argument) {
  Cursor in(argument);
  const auto first = in.take_number(UINT32_MAX);
  if (!first || !in.take(' ')) return std::nullopt;
  const auto second = in.take_number(UINT32_MAX);
  if (!second || !in.done()) return std::nullopt;
  return TwoNumbers{static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*second)};
}

bool MessageText::done() const { return !in_line_ && (enough_ || (last_ && at_ >= message_.size())); }

void MessageText::feed(std::string_view part, bool last) {
  held_.erase(0, at_);
  held_ += part;
  message_ = held_;
  at_ = 0;
  last_ = last;
}

void MessageText::append(std::string& to, std::size_t size) {
  while (!done() && !hungry() && to.size() < size) {
    if (!in_line_) line_start(to);
    // A line may be as long as the message, so no more of it is looked at than is wanted now.
    const auto room = std::max<std::size_t>(size - std::min(size, to.size()), 2);
    const auto window = message_.substr(at_, room);
    const auto end = window.find('\n');
    auto text = window.substr(0, end);
    const bool more = end == std::string_view::npos && (!last_ || window.size() < message_.size() - at_);
    at_ += text.size();
    // The CR of a CRLF is written with its LF. One at the very end of the window waits, because what follows it is not known yet.
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
      if (more) --at_;
    }
    to += text;
    if (!more) line_end(to);
  }
}

void MessageText::line_start(std::string& to) {
  in_line_ = true;
  const auto rest = message_.substr(at_, 3);
  if (rest.starts_with('.')) to += '.';  // rfc:1939#3
  // rfc:1939#7 TOP: the header, the empty line, then lines of the body.
  if (!in_body_ && (rest.starts_with('\n') || rest.starts_with("\r\n"))) in_body_ = true;
  else if (in_body_ && lines_) --*lines_;
}

void MessageText::line_end(std::string& to) {
  to += "\r\n";
  if (at_ < message_.size()) ++at_;  // the LF
  in_line_ = false;
  enough_ = in_body_ && lines_ && *lines_ == 0;
}

std::string multi_line(std::string_view message, std::optional<std::uint32_t> lines) {
  std::string out;
  MessageText text(message, lines);
  while (!text.done()) text.append(out, out.size() + message.size() + 16);
  return out;
}

}  // namespace posthorn::pop3
