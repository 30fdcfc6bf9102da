// imap/search/keys.h - the table of search keys. Pure. Called by parse.cpp only.
#pragma once

#include <cstdint>
#include <string_view>

#include "imap/search/program.h"

namespace posthorn::imap {

enum class KeyArgument : std::uint8_t {
  none,
  string,
  date,
  number,
  nz_number,
  keyword,
  set,
  header,
  modseq,
  email_id,
  thread_id
};

struct KeyRow {
  std::string_view name;
  SearchTest test;
  Need need;
  KeyArgument argument = KeyArgument::none;
  std::uint64_t number = 0;  // bit of a system flag
  bool negated = false;
};

// nullptr if there is no such key. Without case.
const KeyRow* find_key(std::string_view name);

}  // namespace posthorn::imap
