// trust/altered/draft.h - a message on its way back: some edits are undone, others are looked for. Internal to src/trust/altered.
// Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "trust/altered/canonical_text.h"

namespace posthorn::trust::altered {

// What a field of the header probably was, if the body was what we think; the likeliest first. Whole fields with CRLF; nothing:
// not there.
struct Wish {
  std::string name;  // lower case
  std::vector<std::optional<std::string>> values;
};

struct Solution {
  std::string body;
  std::vector<Edit> edits;
  std::vector<Wish> wishes;
};

// Whether the lines of a draft's body are those of the received message.
enum class LineNumbers : std::uint8_t { as_received, lost };

// Refers to its own bytes, so it stays where it was made.
struct Draft {
  Draft(std::string_view header, std::string_view body, LineNumbers line_numbers);
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  std::string bytes;      // header and body
  mail::Message message;  // of `bytes`
  LineNumbers numbers;
  std::size_t header_lines;  // how many lines stand before the body
  std::vector<Edit> edits = {};

  std::string_view header() const { return message.bytes.substr(0, message.root().body_begin); }
  std::string_view body() const { return message.bytes.substr(message.root().body_begin); }
  std::size_t body_offset(std::size_t in_bytes) const { return in_bytes - message.root().body_begin; }
  // Fills first_line and last_line from lines of the body.
  void place(Edit& edit, Lines lines) const;
};

// For people and JSON: valid UTF-8 without control characters other than LF, cut at a limit with a note.
std::string excerpt(std::string_view bytes, std::size_t limit);
std::size_t line_count(std::string_view bytes);
std::string counted(std::size_t number, std::string_view one, std::string_view many);  // "3 lines"

// The section of a part as IMAP counts (RFC 9051 6.4.5): "1.2"; "body" for the message itself.
std::string section_of(const mail::Message& message, std::size_t part);

}  // namespace posthorn::trust::altered
