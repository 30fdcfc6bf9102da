// jmap/mail/email_query.h - Email/query over the catalog of an account (RFC 8621 4.4): filter, sort, collapse threads, take a window.
// Reads summaries and messages only for what the catalog cannot decide, newest first, and no further than the window needs.
// Security: a search works in steps, between which others have their turn, and ends with unsupportedFilter when it has worked for
// search_budget (attacks.md F9).
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <optional>
#include <string>
#include <vector>

#include "jmap/mail/email_filter.h"
#include "jmap/mail/index_hits.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {

struct EmailQuery {
  EmailFilter filter;
  std::vector<Comparator> sort;
  bool collapse = false;
};
// filter, sort, collapseThreads. invalidArguments, unsupportedFilter, unsupportedSort.
Expected<EmailQuery> read_email_query(const Call& call, Arguments& arguments);
std::span<const std::string_view> email_sort_properties();

inline constexpr Duration search_budget = std::chrono::seconds(20), search_step = std::chrono::milliseconds(50);

// One run over a leased catalog.
class EmailQueryRun {
 public:
  EmailQueryRun(const Call& call, const EmailQuery& query, const store::Catalogs::Lease& lease);

  struct Found {
    std::vector<EmailId> ids;
    std::size_t position = 0;
    std::optional<std::size_t> total;
  };
  // A step of it. Nothing: there is more to do; ask again, for the same window.
  Expected<std::optional<Found>> window(const Window& window);
  // All results, in order, at once; as rows of the catalog.
  Expected<std::vector<store::Catalog::Index>> all();

  // A value to compare: text, or a number.
  struct Key {
    std::int64_t number = 0;
    std::string text;
    auto operator<=>(const Key&) const = default;
  };

 private:
  using Index = store::Catalog::Index;
  struct Sorted {
    Index index;
    std::vector<Key> keys;
  };
  const std::vector<Index>& candidates() const;
  bool sorted_by_date_only() const;
  bool newest_first() const;
  Expected<bool> matches(Index index);
  // Results in order until `enough` of them are there. False: the step is over.
  Expected<bool> look_on(std::size_t enough);
  bool take(Index index, std::size_t enough);
  Expected<std::vector<Key>> keys_of(Index index);
  void sort();
  std::optional<std::size_t> known_total() const;
  Expected<Found> plain_window(const Window& window) const;
  void begin_step();
  bool step_is_over();
  Expected<void> in_time();

  const EmailQuery& query_;
  EmailFilter filter_;
  const store::Catalog& catalog_;
  const store::View& view_;
  const Clock& clock_;
  SteadyTime step_began_{};
  Duration spent_{};  // in the steps before
  bool has_read_ = false;
  std::vector<std::optional<unsigned>> sort_bits_;  // of keyword comparators
  bool needs_summaries_ = false;                    // to sort by
  std::size_t looked_ = 0, passed_ = 0;
  IndexHits hits_;
  std::size_t next_ = 0;         // of the candidates, from the end that comes first
  std::vector<Sorted> matched_;  // where they are not in order yet
  std::vector<Index> found_;
  boost::unordered_flat_set<std::uint64_t> threads_;  // of those in found_
};

}  // namespace posthorn::jmap
