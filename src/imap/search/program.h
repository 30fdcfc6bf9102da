// imap/search/program.h - a SEARCH as a flat program (RFC 9051 6.4.4, RFC 3501, 5032, 7162, 8474, 8514). Plain data.
// Made by parse_search() or by hand, bound to a mailbox once, evaluated for each message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "imap/grammar/date.h"
#include "imap/grammar/sequence_set.h"

namespace posthorn::imap {

// What a key looks at, cheapest first.
enum class Need : std::uint8_t { row, email, summary, message };

enum class SearchTest : std::uint8_t {
  // row
  all,
  none,
  flag,
  keyword,
  uid,
  sequence,
  modseq,
  email_id,
  saved_before,
  saved_on,
  saved_since,
  // email
  before,
  on,
  since,
  larger,
  smaller,
  thread_id,
  older,
  younger,
  // summary
  sent_before,
  sent_on,
  sent_since,
  subject,
  from,
  to,
  cc,
  bcc,
  envelope_header,
  // message
  header,
  body,
  text,
};

struct SearchKey {
  SearchTest test = SearchTest::all;
  Need need = Need::row;
  std::string name;          // keyword, or header field in lower case
  std::string text;          // folded
  std::uint64_t number = 0;  // size, mod-sequence, interval, id, bit of a system flag
  Day day{};
  SequenceSet set;
  // Filled by bind():
  NumberSet numbers;            // of uid and sequence
  std::optional<unsigned> bit;  // of keyword; nothing: no message has it
  WallTime limit{};             // of older and younger
};

// One step on a stack of truth values. A jump looks at the top and leaves it: so the dear half of "FLAGGED BODY x" is skipped
// for messages without the flag.
struct SearchStep {
  enum class Kind : std::uint8_t { key, negate, both, either, jump_if_no, jump_if_yes } kind = Kind::key;
  std::uint32_t operand = 0;  // index of a key, or how many steps to skip
};

// What in a mailbox the keys refer to.
struct SearchContext {
  std::uint32_t exists = 0;                            // '*' of a sequence set
  Uid last_uid{};                                      // '*' of a UID set; the UID of the last message
  const NumberSet* saved = nullptr;                    // UIDs of '$' (rfc:5182); nullptr: none saved, so empty
  const std::vector<std::string>* keywords = nullptr;  // store::Keywords::names
  WallTime now{};                                      // of OLDER and YOUNGER
};

struct SearchProgram {
  std::vector<SearchKey> keys;
  std::vector<SearchStep> steps;  // empty: everything

  void bind(const SearchContext& context);
  bool uses(SearchTest test) const;
};

// rfc:9051#6.4.4 result options
struct SearchReturn {
  bool extended = false;  // RETURN was given: answer with ESEARCH
  bool min = false, max = false, all = false, count = false, save = false;
};

struct SearchRequest {
  SearchReturn wants;
  SearchProgram program;
  bool asks_modseq = false;  // a MODSEQ key: enables CONDSTORE, and the answer tells the highest mod-sequence (rfc:7162#3.1.5)
};

}  // namespace posthorn::imap
