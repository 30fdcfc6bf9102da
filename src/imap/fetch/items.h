// imap/fetch/items.h - what a FETCH asks for (RFC 9051 6.4.5, RFC 3501, 3516, 7162, 8474, 8514, 8970), as a value. Pure.
// Called by the FETCH and UID FETCH commands, which then read of each message only what Needs says.
// Security: bounded by FetchLimits; the same item twice is answered once (attacks.md E6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/cursor.h"
#include "base/ids.h"
#include "base/result.h"

namespace posthorn::imap {

struct FetchLimits {
  std::size_t items = 200;     // different ones
  std::size_t numbers = 200;   // of one section's part number
  std::size_t fields = 1'000;  // of one HEADER.FIELDS
};

enum class FetchKind : std::uint8_t {
  uid,
  flags,
  modseq,
  savedate,
  emailid,  // of the membership
  internaldate,
  size,
  threadid,  // of the email record
  envelope,
  body,
  bodystructure,
  preview,  // of the summary
  section,
  binary,
  binary_size,  // of the bytes
};

// rfc:9051#9 section-spec
enum class SectionText : std::uint8_t { all, header, header_fields, header_fields_not, text, mime };

struct Section {
  std::vector<std::uint32_t> part;  // "1.2.3"; empty is the message
  SectionText text = SectionText::all;
  std::vector<std::string> fields;  // of header_fields and header_fields_not: lower case, sorted

  bool whole_message() const { return part.empty() && text == SectionText::all; }
};

struct Partial {
  std::uint64_t offset = 0, length = 0;
};

struct FetchItem {
  FetchKind kind = FetchKind::flags;
  std::string label;  // how the response names it: "BODY[1.MIME]<0>"
  Section section;
  std::optional<Partial> partial;
};

// What must be read to answer; the membership is always there.
struct FetchNeeds {
  bool email = false, summary = false, message = false;
};

struct FetchRequest {
  std::vector<FetchItem> items;
  FetchNeeds needs;
  bool sets_seen = false;               // BODY[...], BINARY[...], RFC822, RFC822.TEXT
  std::optional<ModSeq> changed_since;  // rfc:7162#3.1.4.1; MODSEQ is then among the items
  bool vanished = false;                // rfc:7162#3.2.6; only for UID FETCH after ENABLE QRESYNC, which the command checks
  bool asks_modseq = false;             // MODSEQ or CHANGEDSINCE: enables CONDSTORE (rfc:7162#3.1)

  // Adds an item if it is not there: FLAGS when \Seen was just set, UID for UID FETCH.
  void add(FetchKind kind);
  bool asks(FetchKind kind) const;
  // Of the bytes only the whole message, or ranges of it: nothing needs to be parsed.
  bool asks_only_whole() const;
};

enum class FetchBy : std::uint8_t { sequence, uid };  // uid adds UID (rfc:9051#6.4.9)

// From after the sequence set's space to the end of the command. Errors are BAD, `what` is for the client.
Result<FetchRequest> parse_fetch(Cursor& in, FetchBy by, const FetchLimits& limits = {});

}  // namespace posthorn::imap
