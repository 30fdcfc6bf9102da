// report/shelf.h - where reports rest in the store: what we count for others until it is sent, what was sent, and what others sent us.
// Used by the desk (server) and by admin operations. Rows live in Space::node under "report "; each value carries a checksum.
// Errors: corrupt: a row cannot be read; too_big: a report over the store's budget; those of the store.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "report/aggregate.h"
#include "report/failure.h"
#include "report/intake.h"
#include "report/tally.h"
#include "store/store.h"

namespace posthorn::report {

using Tallied = std::vector<std::pair<Seen, std::uint64_t>>;  // rows that differ, each with its messages

struct CountedDay {
  Day day = 0;
  std::string domain;
  std::uint64_t messages = 0;
};

// What became of the report of one domain and day.
struct Sent {
  Day day = 0;
  std::string domain, report_id, outcome;  // "sent", "not asked for", "nowhere to send it: ..."
  std::vector<std::string> to;
  std::uint64_t messages = 0;
  WallTime when{};
};

enum class Kind : std::uint8_t { aggregate, failure };
std::string_view name_of(Kind kind);

// How a report came.
struct Origin {
  std::string from;     // the mail's author, or the file's name
  bool proven = false;  // the mail passed DMARC, or an administrator brought it
};
struct Received {
  std::string id;       // short, for people
  Kind kind = Kind::aggregate;
  Origin origin;
  WallTime when{};
  std::string org_name, domain;
  std::int64_t begin = 0, end = 0;  // seconds since 1970
  std::uint64_t messages = 0, passed = 0;
};

class Shelf {
 public:
  explicit Shelf(store::Store& store) : store_(store) {}

  // Adds to what is counted. Rows of one domain and day beyond `most_rows` differing ones are counted together (attacks.md G: bounded).
  Task<Status> add(std::map<TallyKey, std::uint64_t> counts);
  Result<std::vector<CountedDay>> counted() const;
  Result<Tallied> tally(std::string_view domain, Day day) const;

  Result<std::vector<Sent>> sent() const;
  Result<std::optional<Sent>> sent(std::string_view domain, Day day) const;
  Task<Status> note_sent(Sent sent);

  // True: it is new. One that is there already is not counted twice; it becomes proven if this copy is.
  Task<Result<bool>> keep(Aggregate report, Origin origin);
  Task<Result<bool>> keep(Failure report, Origin origin);
  // All of them; returns how many were new.
  Task<Result<std::size_t>> keep_all(Taken taken, Origin origin);
  Result<std::vector<Received>> received() const;  // oldest first
  Result<Aggregate> aggregate(std::string_view id) const;
  Result<std::string> body(std::string_view id) const;  // as JSON; not_found

  // Drops tallies and notes of days before `counted`, and reports that ended before `got`. Returns how many rows went.
  Task<Result<std::size_t>> forget(Day counted, WallTime got);

  static constexpr std::uint64_t most_rows = 50'000;

 private:
  Task<Result<bool>> put_received(Received row, std::string identity, std::string json);
  store::Store& store_;
};

}  // namespace posthorn::report
