#include "jmap/mail/email_query.h"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_set.hpp>

#include "jmap/mail/evidence.h"
#include "mail/fold.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

using store::Catalog;

constexpr std::array<std::string_view, 9> sort_properties = {"receivedAt", "size", "from", "to", "subject", "sentAt", "hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"};

bool by_keyword(const Comparator& one) { return one.property.ends_with("Keyword"); }
bool by_summary(const Comparator& one) { return one.property == "from" || one.property == "to" || one.property == "subject" || one.property == "sentAt"; }

// A value to compare: text, or a number.
struct Key {
  std::int64_t number = 0;
  std::string text;
  auto operator<=>(const Key&) const = default;
};

// rfc:8621#4.4.2 the name of the first address, else the address.
std::string first_name(const std::vector<mail::HeaderAddress>& list) {
  for (const auto& one : list) {
    if (one.kind != mail::HeaderAddress::Kind::mailbox) continue;
    return mail::folded(one.name.empty() ? one.local + "@" + one.domain : mail::decode_words(one.name));
  }
  return {};
}

Key summary_key(const Comparator& by, const mail::Summary& summary) {
  if (by.property == "from") return {0, first_name(summary.envelope.from)};
  if (by.property == "to") return {0, first_name(summary.envelope.to)};
  if (by.property == "subject") return {0, mail::folded(mail::base_subject(summary.subject))};
  return {summary.sent.value_or(0), {}};
}

Key row_key(const Comparator& by, std::optional<unsigned> bit, const Catalog& catalog, const Catalog::Row& row) {
  if (by.property == "receivedAt") return {row.received.time_since_epoch().count(), {}};
  if (by.property == "size") return {static_cast<std::int64_t>(row.size), {}};
  const auto has = [bit](const Catalog::Row& one) { return bit && one.keywords.has(*bit); };
  if (by.property == "hasKeyword") return {has(row) ? 1 : 0, {}};
  bool all = true, some = false;
  catalog.each_in_thread(row.thread, [&](const Catalog::Row& one) {
    all = all && has(one);
    some = some || has(one);
  });
  return {(by.property.starts_with("all") ? all : some) ? 1 : 0, {}};
}

}  // namespace

std::span<const std::string_view> email_sort_properties() { return sort_properties; }

Expected<EmailQuery> read_email_query(Arguments& arguments) {
  EmailQuery out;
  const auto value = arguments.any("filter");
  if (value) {
    auto filter = EmailFilter::parse(*value);
    if (!filter) return method_fail(filter.error().code == Errc::invalid ? "invalidArguments" : "unsupportedFilter", filter.error().what);
    out.filter = std::move(*filter);
  }
  JMAP_TRY(out.sort, read_sort(arguments, sort_properties));
  for (const auto& one : out.sort)
    if (by_keyword(one) && one.keyword.empty()) return method_fail("invalidArguments", "a comparator by " + one.property + " needs a keyword");
  JMAP_TRY(const auto collapse, arguments.boolean("collapseThreads"));
  out.collapse = collapse.value_or(false);
  return out;
}

EmailQueryRun::EmailQueryRun(const Call& call, const EmailQuery& query, const store::Catalogs::Lease& lease)
    : query_(query), filter_(query.filter), catalog_(*lease.catalog), view_(lease.view), clock_(call.services.clock), until_(clock_.steady() + search_budget) {
  const auto keywords = view_.keywords().value_or(store::Keywords{});
  filter_.bind(keywords);
  hits_ = IndexHits::look(call, view_, filter_);
  for (const auto& one : query.sort) sort_bits_.push_back(by_keyword(one) ? keywords.bit(one.keyword) : std::nullopt);
}

const std::vector<Catalog::Index>& EmailQueryRun::candidates() const {
  const auto mailbox = filter_.only_in();
  return mailbox ? catalog_.in(*mailbox) : catalog_.all();
}

bool EmailQueryRun::sorted_by_date_only() const { return query_.sort.empty() || query_.sort.front().property == "receivedAt"; }
// Without a sort the order is ours to choose: newest first is what people want.
bool EmailQueryRun::newest_first() const { return query_.sort.empty() || !query_.sort.front().ascending; }

Expected<void> EmailQueryRun::in_time() {
  if (++looked_ % 64 == 0 && clock_.steady() > until_) return method_fail("unsupportedFilter", "The search takes too long; make it narrower, by a mailbox or by dates.");
  return {};
}

Expected<bool> EmailQueryRun::matches(Index index) {
  const auto& row = catalog_.row(index);
  EmailFilter::Data data{catalog_, row};
  data.says = hits_.of(row.id);
  std::optional<mail::Summary> summary;
  std::string message;
  boost::json::object evidence;
  for (;;) {
    const auto is = filter_.evaluate(data);
    if (is == EmailFilter::Is::yes || is == EmailFilter::Is::no) return is == EmailFilter::Is::yes;
    JMAP_CHECK(in_time());
    if (is == EmailFilter::Is::needs_summary) {
      JMAP_TRY(summary, view_.summary(row.id));
      data.summary = &*summary;
    } else if (is == EmailFilter::Is::needs_evidence) {
      JMAP_TRY(auto kept, evidence_of(view_, row.id));
      if (kept) evidence = std::move(*kept);
      data.evidence = &evidence;
    } else {
      JMAP_TRY(message, view_.message(row.id));
      data.message = &message;
    }
  }
}

Expected<void> EmailQueryRun::sort(std::vector<Index>& found) const {
  struct Sorted {
    Index index;
    std::vector<Key> keys;
  };
  std::vector<Sorted> all;
  all.reserve(found.size());
  const bool summaries = std::ranges::any_of(query_.sort, by_summary);
  for (const auto index : found) {
    const auto& row = catalog_.row(index);
    std::optional<mail::Summary> summary;
    if (summaries) {
      JMAP_TRY(summary, view_.summary(row.id));
    }
    Sorted one{index, {}};
    for (std::size_t i = 0; i < query_.sort.size(); ++i)
      one.keys.push_back(by_summary(query_.sort[i]) ? summary_key(query_.sort[i], *summary) : row_key(query_.sort[i], sort_bits_[i], catalog_, row));
    all.push_back(std::move(one));
  }
  std::sort(all.begin(), all.end(), [this](const Sorted& a, const Sorted& b) {
    for (std::size_t i = 0; i < query_.sort.size(); ++i) {
      if (a.keys[i] == b.keys[i]) continue;
      return (a.keys[i] < b.keys[i]) == query_.sort[i].ascending;
    }
    // The same in all: newest first, and the same each time.
    return catalog_.before(b.index, a.index);
  });
  for (std::size_t i = 0; i < all.size(); ++i) found[i] = all[i].index;
  return {};
}

Expected<std::vector<Catalog::Index>> EmailQueryRun::results(std::size_t enough) {
  std::vector<Index> found;
  boost::unordered_flat_set<std::uint64_t> threads;
  // True: there is enough.
  const auto take = [&](Index index) {
    if (!query_.collapse || threads.insert(number(catalog_.row(index).thread)).second) found.push_back(index);
    return found.size() >= enough;
  };
  const auto& list = candidates();
  const bool all_match = filter_.is_plain();
  if (sorted_by_date_only()) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto index = newest_first() ? list[list.size() - 1 - i] : list[i];
      bool good = all_match;
      if (!good) {
        JMAP_TRY(good, matches(index));
      }
      if (good && take(index)) break;
    }
    return found;
  }
  std::vector<Index> matched;
  for (const auto index : list) {
    bool good = all_match;
    if (!good) {
      JMAP_TRY(good, matches(index));
    }
    if (good) matched.push_back(index);
  }
  JMAP_CHECK(sort(matched));
  for (const auto index : matched)
    if (take(index)) break;
  return found;
}

Expected<std::vector<Catalog::Index>> EmailQueryRun::all() { return results(static_cast<std::size_t>(-1)); }

std::optional<std::size_t> EmailQueryRun::known_total() const {
  if (!filter_.is_plain()) return std::nullopt;
  if (const auto mailbox = filter_.only_in()) return query_.collapse ? catalog_.counts(*mailbox).threads : catalog_.counts(*mailbox).emails;
  return query_.collapse ? catalog_.threads() : catalog_.all().size();
}

// Nothing is filtered: places are known without walking there.
Expected<EmailQueryRun::Found> EmailQueryRun::plain_window(const Window& window) const {
  using End = Catalog::Order::End;
  const auto mailbox = filter_.only_in();
  const auto& order = mailbox ? catalog_.order_in(*mailbox) : catalog_.order();
  const auto& list = order.rows();
  const auto end = newest_first() ? End::newest : End::oldest;
  const auto size = query_.collapse ? order.threads() : list.size();
  std::optional<std::size_t> anchor;
  if (window.anchor) {
    const auto id = store::email_id_of(*window.anchor);
    const auto index = id ? catalog_.find(*id) : Catalog::none;
    if (index != Catalog::none) {
      const auto at = std::ranges::lower_bound(list, index, [this](Index a, Index b) { return catalog_.before(a, b); });
      if (at != list.end() && *at == index) {
        const auto place = static_cast<std::size_t>(at - list.begin());
        anchor = query_.collapse ? order.collapsed_place(end, place) : newest_first() ? list.size() - 1 - place : place;
      }
    }
  }
  JMAP_TRY(const auto start, window_start(window, size, anchor));
  Found out;
  out.position = std::min(start, size);
  out.total = size;
  const auto most = std::min<std::uint64_t>(size - out.position, window.limit.value_or(size));
  if (query_.collapse) {
    for (const auto index : order.collapsed(end, out.position, most)) out.ids.push_back(catalog_.row(index).id);
    return out;
  }
  for (auto i = out.position; i < out.position + most; ++i) out.ids.push_back(catalog_.row(newest_first() ? list[list.size() - 1 - i] : list[i]).id);
  return out;
}

Expected<EmailQueryRun::Found> EmailQueryRun::window(const Window& window) {
  if (filter_.is_plain() && sorted_by_date_only()) return plain_window(window);
  const auto total = known_total();
  const bool need_all = window.anchor || window.position < 0 || !window.limit || (window.calculate_total && !total);
  const auto enough = need_all ? static_cast<std::size_t>(-1) : static_cast<std::size_t>(window.position) + static_cast<std::size_t>(std::min<std::uint64_t>(*window.limit, 1u << 20));
  if (enough == 0) return Found{{}, 0, total};
  JMAP_TRY(const auto found, results(enough));
  std::optional<std::size_t> anchor;
  if (window.anchor) {
    const auto id = store::email_id_of(*window.anchor);
    for (std::size_t i = 0; id && i < found.size() && !anchor; ++i)
      if (catalog_.row(found[i]).id == *id) anchor = i;
  }
  JMAP_TRY(const auto start, window_start(window, found.size(), anchor));
  Found out;
  out.position = std::min(start, found.size());
  out.total = total ? total : need_all ? std::optional(found.size()) : std::nullopt;
  for (auto i = start; i < found.size() && (!window.limit || i - start < *window.limit); ++i) out.ids.push_back(catalog_.row(found[i]).id);
  return out;
}

}  // namespace posthorn::jmap
