// imap/grammar/tokens.h - the smallest words of IMAP commands: atoms, strings, literals, numbers, tags, flags. Pure.
// Called by every command's parser. A command arrives assembled: a literal stands in the text as "{n}\r\n" and n octets.
// Each function takes one token from the cursor, or returns nothing and leaves the cursor where it was.
// Security: reads bytes of clients that may not have logged in (attacks.md E1-E5); one pass, no recursion, no lookback.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cursor.h"
#include "base/result.h"

namespace posthorn::imap {

// What a command may ask of the parsers; over a limit the command is BAD.
struct GrammarLimits {
  std::size_t depth = 32;         // of parentheses
  std::size_t ranges = 10'000;    // of one sequence set
  std::size_t flags = 128;        // of one flag list
  std::size_t flag_length = 255;  // of one keyword
};

// rfc:9051#9 ATOM-CHAR, ASTRING-CHAR (with ']'), list-char (with ']', '%' and '*')
bool is_atom_char(char c);
bool is_astring_char(char c);
bool is_list_char(char c);

enum class Literal8 : std::uint8_t { refused, allowed };  // "~{n}", which may hold NUL (rfc:3516#4.4)

std::optional<std::string_view> take_atom(Cursor& in);
std::optional<std::string_view> take_tag(Cursor& in);
// The octets between the quotes with the escapes removed. 8-bit only as UTF-8 (rfc:9051#4.3).
std::optional<std::string> take_quoted(Cursor& in);
// "{n}", "{n+}" (rfc:7888) and, if allowed, "~{n}" and "~{n+}": the n octets that follow the line end.
std::optional<std::string_view> take_literal(Cursor& in, Literal8 literal8 = Literal8::refused);
std::optional<std::string> take_string(Cursor& in);  // quoted or literal
std::optional<std::string> take_astring(Cursor& in);
std::optional<std::string> take_list_mailbox(Cursor& in);
// The outer optional: was there an nstring; the inner: was it not NIL.
std::optional<std::optional<std::string>> take_nstring(Cursor& in);

std::optional<std::uint32_t> take_number32(Cursor& in);
std::optional<std::uint32_t> take_nz_number(Cursor& in);
std::optional<std::uint64_t> take_number64(Cursor& in);  // 63 bits (rfc:9051#9 number64, rfc:7162#3.1 mod-sequence-valzer)
std::optional<std::uint64_t> take_nz_number64(Cursor& in);

bool take_space(Cursor& in);                        // exactly one
bool take_word(Cursor& in, std::string_view word);  // a whole atom, without case: "ALL" does not match "ALLX"

// One flag a client may set: a system flag in its usual spelling, or a keyword as written. Not \Recent (rfc:3501#2.3.2), nor
// any other "\" flag, since no server may store one it does not know.
std::optional<std::string> take_flag(Cursor& in, const GrammarLimits& limits = {});
// "(" [flag *(SP flag)] ")"
std::optional<std::vector<std::string>> take_flag_list(Cursor& in, const GrammarLimits& limits = {});
// A flag list or flags without parentheses, as STORE takes them (rfc:9051#9 store-att-flags).
std::optional<std::vector<std::string>> take_store_flags(Cursor& in, const GrammarLimits& limits = {});

// Passes over one value of any kind, parenthesised lists included: for extensions' arguments that we do not know (rfc:4466#3).
bool skip_value(Cursor& in, const GrammarLimits& limits = {});

}  // namespace posthorn::imap
