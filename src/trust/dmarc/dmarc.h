// trust/dmarc/dmarc.h - DMARC (RFC 9989): whose policy applies to the author's domain, and does an authenticated domain align?
// Pure; called by trust::judge, the reports and `posthorn check`. Security: at most 8 queries a walk (attacks.md C10), at most
// Limits::authors domains judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "trust/answers.h"

namespace posthorn::trust::dmarc {

enum class Result : std::uint8_t { none, pass, fail, temperror, permerror };  // RFC 8601 2.7 / RFC 9989
std::string_view name_of(Result result);
enum class Policy : std::uint8_t { none, quarantine, reject };
std::string_view name_of(Policy policy);
enum class Alignment : std::uint8_t { relaxed, strict };
enum class Psd : std::uint8_t { unknown, yes, no };

struct Limits {
  std::size_t authors = 4;              // domains judged of one message
  std::size_t identifiers = 16;         // signing domains looked at
};

struct Record {
  std::string text;
  std::optional<Policy> p, sp, np;
  Alignment adkim = Alignment::relaxed, aspf = Alignment::relaxed;
  Psd psd = Psd::unknown;
  bool testing = false;                 // t=y
  std::vector<std::string> rua, ruf;    // URIs as written, the obsolete size suffix dropped
  std::string fo = "0";
  std::vector<std::string> errors;      // for the report's error element and for people: "p=rejct is no policy"
  bool usable = true;                   // false: RFC 9989 4.7's broken policy without rua
};
// Nothing: no DMARC record at all (no v=DMARC1 first).
std::optional<Record> parse_record(std::string_view text);

// A tag explained for people, for `check domain`.
struct TagNote { std::string tag, value, meaning; bool good = true; };
std::vector<TagNote> explain(const Record& record);

struct Walked { std::string domain; Record record; };
struct Discovery {
  Result trouble = Result::none;        // temperror: some needed query failed
  std::optional<Walked> found;          // the record that applies
  std::string organizational_domain;
  bool from_psd = false;
  std::vector<std::string> queried;     // names asked, in order
  std::string why;
};
// The record that applies to an author's domain (RFC 9989 4.10). Nothing: more answers are needed.
std::optional<Discovery> discover(std::string_view author_domain, Answers& answers);
std::optional<Discovery> organizational_domain(std::string_view domain, Answers& answers);  // only the walk

// What the other checks proved: domains, lower-case A-labels.
struct Identifiers {
  std::optional<std::string> spf;       // the MAIL FROM domain (or HELO of a null reverse-path) if SPF passed
  std::vector<std::string> dkim;        // d= of each signature that passed
  // The same of checks that could not be done (temperror). They matter only where they would align: a stranger's signature with
  // a broken DNS must not turn a fail into a temperror.
  std::optional<std::string> spf_unknown = {};
  std::vector<std::string> dkim_unknown = {};
};

struct Verdict {
  Result result = Result::none;
  std::string author;                   // the author domain judged (the decisive one if several)
  Policy policy = Policy::none;         // that the record asks for this author (p, sp or np), before t=
  Policy applied = Policy::none;        // after t=; none unless result is fail
  std::string organizational_domain, record_domain, record;
  std::optional<Record> parsed;
  bool spf_aligned = false, dkim_aligned = false;
  std::string aligned_dkim_domain;
  std::string tag;                      // "p", "sp" or "np"
  std::string reason;                   // for people
  std::vector<std::string> queried;
};
std::optional<Verdict> check(std::string_view author_domain, const Identifiers& identifiers, Answers& answers);

// The author domains of a message by the one parser: every From field's mailboxes. problems: for people; empty: exactly one
// From field with valid mailboxes. (RFC 9989 5.3.1, attacks.md C1)
struct Authors {
  std::vector<std::string> domains;     // distinct, lower-case A-labels
  std::vector<std::string> problems;
};
Authors authors_of(const mail::Message& message);

}  // namespace posthorn::trust::dmarc
