// app/lab/letter.h - the letter that `lab send` sends. Pure.
#pragma once

#include <string>

#include "base/clock.h"

namespace posthorn::app::lab {

struct Letter {
  std::string message_id;  // with its angle brackets
  std::string text;        // CRLF lines
};
// `unique` makes the Message-ID; letters and digits.
Letter lab_letter(const std::string& from, const std::string& to, const std::string& unique, WallTime now);

}  // namespace posthorn::app::lab
