// http/head_fields.h - what the heads of requests and of responses have in common, read strictly (RFC 9112): where a head ends, its lines, and
// what frames the body. Pure.
// Security: reads bytes before login, and of servers that others named. At most 32 KiB and 100 fields; no bare CR or LF, no folds, no space
// before a colon, no NUL, one Content-Length or chunked but never both (attacks.md F12). Linear.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace posthorn::http {

inline constexpr std::size_t head_limit = 32'768;
inline constexpr std::size_t field_limit = 100;

// Where the head that begins `bytes` ends: the octet after its empty line. Nothing: more must come. too_big: over head_limit.
Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t scanned = 0);

struct HeadError {
  unsigned status = 400;  // to answer a request with
  std::string_view why;
};

struct HeadLines {
  std::string_view first;  // of the request or the status
  Fields fields;
};
// `head` is a whole one, with its empty line.
std::expected<HeadLines, HeadError> read_head_lines(std::string_view head);

struct Framing {
  std::optional<std::uint64_t> length;  // of the body
  bool chunked = false;
};
std::expected<Framing, HeadError> read_framing(const Fields& fields);

// The one field of that name, if there is one. `twice` becomes true if there are more.
std::optional<std::string_view> only_field(const Fields& fields, std::string_view name, bool& twice);

bool is_token(std::string_view text);        // rfc:9110#5.6.2
bool is_field_value(std::string_view text);  // no controls but the tab

}  // namespace posthorn::http
