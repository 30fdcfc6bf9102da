// tests/talk/script.h - a conversation file as a list of steps. Pure.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace posthorn::talk {

struct Step {
  enum class Kind : unsigned char { say, expect, clock, tls, close, finish, expect_close, quiet } kind = Kind::say;
  std::string text;      // say: the bytes as sent; expect: the pattern of one line
  Duration time{};       // clock
  std::size_t line = 0;  // in the file, from 1
};

struct Script {
  std::map<std::string, std::string> settings;  // `set name value` before the first step
  std::vector<std::size_t> chunks{0, 1, 2, 3, 7};
  std::vector<Step> steps;
};

// The format: tests/talk/README.md. Errors name the line.
Result<Script> parse_script(std::string_view text);
// `*` stands for any run of bytes.
bool matches(std::string_view pattern, std::string_view line);

}  // namespace posthorn::talk
