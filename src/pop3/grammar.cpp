#include "pop3/grammar.h"

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

std::string multi_line(std::string_view message, std::optional<std::uint32_t> lines) {
  std::string out;
  out.reserve(message.size() + message.size() / 64 + 16);
  bool in_body = false;
  std::uint32_t left = lines.value_or(0);
  while (!message.empty()) {
    if (in_body && lines && left-- == 0) break;
    auto end = message.find('\n');
    auto line = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('.')) out += '.';  // rfc:1939#3
    out += line;
    out += "\r\n";
    if (line.empty()) in_body = true;
  }
  return out;
}

}  // namespace posthorn::pop3
