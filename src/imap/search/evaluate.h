// imap/search/evaluate.h - whether one message matches a bound program, asking for data only when the answer depends on it. Pure.
// Called by SEARCH for each row of a mailbox: with the row first; then, as long as the answer is `need`, with what it asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "imap/search/program.h"
#include "mail/summary.h"
#include "store/types.h"

namespace posthorn::imap {

// What has been read of a message so far.
struct SearchData {
  std::uint32_t sequence = 0;
  const store::Member& member;
  const store::Email* email = nullptr;
  const mail::Summary* summary = nullptr;
  std::optional<std::string_view> message = std::nullopt;
};

struct SearchAnswer {
  enum class Is : std::uint8_t { no, yes, need } is = Is::no;
  Need need = Need::row;  // the cheapest of what is missing; set if `is` is need
  bool operator==(const SearchAnswer&) const = default;
};

SearchAnswer evaluate(const SearchProgram& program, const SearchData& data);

}  // namespace posthorn::imap
