// app/lab/letter.h - the letters that `lab send` sends, and what a mailing list makes of one. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace posthorn::app::lab {

struct Letter {
  std::string message_id;  // with its angle brackets
  std::string text;        // CRLF lines
};
// `unique` makes the Message-ID; letters and digits.
Letter lab_letter(const std::string& from, const std::string& to, const std::string& unique, WallTime now);
Letter impostor_letter(const std::string& from, const std::string& to, const std::string& unique, WallTime now);

// As list programs send a letter on: Return-Path off, a tag before the subject, List- fields (RFC 2369, RFC 2919), a footer.
std::string list_copy(std::string_view message, std::string_view list);

// The first field of that name, unfolded, without its name; empty: none.
std::string field_text(std::string_view message, std::string_view name);

}  // namespace posthorn::app::lab
