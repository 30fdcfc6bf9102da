// pop3/grammar.h - POP3 command lines and responses (RFC 1939 3, RFC 2449). Pure.
// Security: a line has at most 512 octets before this sees it; numbers are bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthorn::pop3 {

struct CommandLine {
  std::string keyword;        // upper case
  std::string_view argument;  // everything after the first space
};
CommandLine parse_command(std::string_view line);

// "1 10" for TOP, "3" for the rest: nothing if it is not exactly `count` numbers.
std::optional<std::uint32_t> one_number(std::string_view argument);
struct TwoNumbers { std::uint32_t first = 0, second = 0; };
std::optional<TwoNumbers> two_numbers(std::string_view argument);

// A message as it goes over the wire after "+OK": dot-stuffed, every line ended, without the final ".\r\n". `lines`: of the body at most.
std::string multi_line(std::string_view message, std::optional<std::uint32_t> lines = std::nullopt);

}  // namespace posthorn::pop3
