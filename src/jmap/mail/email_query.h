// jmap/mail/email_query.h - Email/query over the catalog of an account (RFC 8621 4.4): filter, sort, collapse threads, take a window.
// Reads summaries and messages only for what the catalog cannot decide, newest first, and no further than the window needs.
// Security: a search ends after `budget` of wall time with unsupportedFilter (attacks.md F9).
#pragma once

#include <functional>
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
Expected<EmailQuery> read_email_query(Arguments& arguments);
std::span<const std::string_view> email_sort_properties();

inline constexpr Duration search_budget = std::chrono::seconds(20);

// One run over a leased catalog.
class EmailQueryRun {
 public:
  EmailQueryRun(const Call& call, const EmailQuery& query, const store::Catalogs::Lease& lease);

  struct Found {
    std::vector<EmailId> ids;
    std::size_t position = 0;
    std::optional<std::size_t> total;
  };
  Expected<Found> window(const Window& window);
  // All results, in order; as rows of the catalog.
  Expected<std::vector<store::Catalog::Index>> all();

 private:
  using Index = store::Catalog::Index;
  const std::vector<Index>& candidates() const;
  bool sorted_by_date_only() const;
  bool newest_first() const;
  Expected<bool> matches(Index index);
  // Results in order until `enough` of them are there.
  Expected<std::vector<Index>> results(std::size_t enough);
  Expected<void> sort(std::vector<Index>& found) const;
  std::optional<std::size_t> known_total() const;
  Expected<Found> plain_window(const Window& window) const;
  Expected<void> in_time();

  const EmailQuery& query_;
  EmailFilter filter_;
  const store::Catalog& catalog_;
  const store::View& view_;
  const Clock& clock_;
  SteadyTime until_;
  std::vector<std::optional<unsigned>> sort_bits_;  // of keyword comparators
  std::size_t looked_ = 0;
  IndexHits hits_;
};

}  // namespace posthorn::jmap
