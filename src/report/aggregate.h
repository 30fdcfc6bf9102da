// report/aggregate.h - DMARC aggregate reports (RFC 9990): what a receiver saw of one domain in one period. Read in the new and the
// old format (RFC 7489), written in the new one. Pure. Security: XML from strangers (attacks.md C12): no DTD, no entities, depth,
// rows and texts bounded; expat is the parser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::report {

struct Limits {
  std::size_t depth = 16, rows = 100'000, text = 4096, signatures = 100;
  std::size_t unpacked = 10u << 20, ratio = 100;  // of a compressed file
  std::size_t attachments = 20;                   // of one message
};

struct Reason {
  std::string type, comment;
  auto operator<=>(const Reason&) const = default;
};
struct DkimSeen {
  std::string domain, selector, result, human;
  auto operator<=>(const DkimSeen&) const = default;
};
struct SpfSeen {
  std::string domain, scope, result, human;
  auto operator<=>(const SpfSeen&) const = default;
};

// Messages that are alike.
struct Row {
  std::string source_ip;
  std::uint64_t count = 0;
  std::string disposition;                // none, pass, quarantine, reject
  bool dkim_aligned = false, spf_aligned = false;
  std::vector<Reason> reasons;
  std::string header_from, envelope_from, envelope_to;
  std::vector<DkimSeen> dkim;
  std::vector<SpfSeen> spf;
  bool passes() const { return dkim_aligned || spf_aligned; }
  auto operator<=>(const Row&) const = default;
};

// The record that was applied; empty: not said.
struct Published {
  std::string domain, discovery_method, p, sp, np, fo, adkim, aspf, testing, pct;
  auto operator<=>(const Published&) const = default;
};

struct Aggregate {
  std::string version, org_name, email, extra_contact, report_id, generator;
  std::int64_t begin = 0, end = 0;        // seconds since 1970
  std::vector<std::string> errors;        // of the record, as the reporter saw them
  Published published;
  std::vector<Row> rows;
  std::string format;                     // "9990", "7489" or "loose": how well the report keeps to a standard
  std::vector<std::string> notes;         // what was left out or mended in reading
  std::uint64_t messages() const;
};

// invalid: not a report, or one without what makes it usable; says what. too_big: over Limits.
Result<Aggregate> read_aggregate(std::string_view xml, const Limits& limits = {});
// RFC 9990, valid UTF-8. Reading it gives the same report.
std::string write_aggregate(const Aggregate& aggregate);

}  // namespace posthorn::report
