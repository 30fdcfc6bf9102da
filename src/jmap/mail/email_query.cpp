#include "jmap/mail/email_query.h"

#include <algorithm>
#include <array>
#include <utility>

#include "jmap/mail/evidence.h"
#include "mail/fold.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

using store::Catalog;

constexpr std::array<std::string_view, 9> sort_properties = {"receivedAt", "size", "from", "to", "subject", "sentAt", "hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"};

bool by_keyword(const Comparator& one) { return one.property.ends_with("Keyword"); }
bool by_summary(const Comparator& one) { return one.property == "from" || one.property == "to" || one.property == "subject" || one.property == "sentAt"; }

using Key = EmailQueryRun::Key;

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

Expected<EmailQuery> read_email_query(const Call& call, Arguments& arguments) {
  EmailQuery out;
  const auto value = arguments.any("filter");
  if (value) {
    auto filter = EmailFilter::parse(*value);
    if (!filter) return method_fail(filter.error().code == Errc::invalid ? "invalidArguments" : "unsupportedFilter", filter.error().what);
    out.filter = std::move(*filter);
  }
  // Nothing found would look like an answer.
  if (out.filter.uses(EmailTest::country) && !call.services.countries)
    return method_fail("unsupportedFilter", "This server does not know the countries of addresses: its administrator has named no file of them ([trust] countries).");
  JMAP_TRY(out.sort, read_sort(arguments, sort_properties));
  for (const auto& one : out.sort)
    if (by_keyword(one) && one.keyword.empty()) return method_fail("invalidArguments", "a comparator by " + one.property + " needs a keyword");
  JMAP_TRY(const auto collapse, arguments.boolean("collapseThreads"));
  out.collapse = collapse.value_or(false);
  return out;
}

EmailQueryRun::EmailQueryRun(const Call& call, const EmailQuery& query, const store::Catalogs::Lease& lease)
    : query_(query), filter_(query.filter), catalog_(*lease.catalog), view_(lease.view), clock_(call.services.clock) {
  const auto keywords = view_.keywords().value_or(store::Keywords{});
  filter_.bind(keywords);
  hits_ = IndexHits::look(call, view_, filter_);
  for (const auto& one : query.sort) sort_bits_.push_back(by_keyword(one) ? keywords.bit(one.keyword) : std::nullopt);
  needs_summaries_ = std::ranges::any_of(query.sort, by_summary);
}

const std::vector<Catalog::Index>& EmailQueryRun::candidates() const {
  const auto mailbox = filter_.only_in();
  return mailbox ? catalog_.in(*mailbox) : catalog_.all();
}

bool EmailQueryRun::sorted_by_date_only() const { return query_.sort.empty() || query_.sort.front().property == "receivedAt"; }
// Without a sort the order is ours to choose: newest first is what people want.
bool EmailQueryRun::newest_first() const { return query_.sort.empty() || !query_.sort.front().ascending; }

void EmailQueryRun::begin_step() { step_began_ = clock_.steady(); }

// Asks for the time seldom where nothing is read.
bool EmailQueryRun::step_is_over() {
  if (!std::exchange(has_read_, false) && ++passed_ % 1024 != 0) return false;
  const auto taken = clock_.steady() - step_began_;
  if (taken < search_step) return false;
  spent_ += taken;
  return true;
}

Expected<void> EmailQueryRun::in_time() {
  has_read_ = true;
  if (++looked_ % 64 == 0 && spent_ + (clock_.steady() - step_began_) > search_budget) return method_fail("unsupportedFilter", "The search takes too long; make it narrower, by a mailbox or by dates.");
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

Expected<std::vector<EmailQueryRun::Key>> EmailQueryRun::keys_of(Index index) {
  const auto& row = catalog_.row(index);
  std::optional<mail::Summary> summary;
  if (needs_summaries_) {
    JMAP_CHECK(in_time());
    JMAP_TRY(summary, view_.summary(row.id));
  }
  std::vector<Key> out;
  for (std::size_t i = 0; i < query_.sort.size(); ++i) out.push_back(by_summary(query_.sort[i]) ? summary_key(query_.sort[i], *summary) : row_key(query_.sort[i], sort_bits_[i], catalog_, row));
  return out;
}

void EmailQueryRun::sort() {
  std::sort(matched_.begin(), matched_.end(), [this](const Sorted& a, const Sorted& b) {
    for (std::size_t i = 0; i < query_.sort.size(); ++i) {
      if (a.keys[i] == b.keys[i]) continue;
      return (a.keys[i] < b.keys[i]) == query_.sort[i].ascending;
    }
    // The same in all: newest first, and the same each time.
    return catalog_.before(b.index, a.index);
  });
}

// True: there is enough.
bool EmailQueryRun::take(Index index, std::size_t enough) {
  if (!query_.collapse || threads_.insert(number(catalog_.row(index).thread)).second) found_.push_back(index);
  return found_.size() >= enough;
}

Expected<bool> EmailQueryRun::look_on(std::size_t enough) {
  const auto& list = candidates();
  const bool by_date = sorted_by_date_only(), backwards = by_date && newest_first(), all_match = filter_.is_plain();
  while (next_ < list.size()) {
    if (step_is_over()) return false;
    const auto index = backwards ? list[list.size() - 1 - next_] : list[next_];
    ++next_;
    bool good = all_match;
    if (!good) {
      JMAP_TRY(good, matches(index));
    }
    if (!good) continue;
    if (!by_date) {
      JMAP_TRY(auto keys, keys_of(index));
      matched_.push_back({index, std::move(keys)});
    } else if (take(index, enough)) {
      return true;
    }
  }
  sort();
  for (const auto& one : matched_)
    if (take(one.index, enough)) break;
  return true;
}

Expected<std::vector<Catalog::Index>> EmailQueryRun::all() {
  for (;;) {
    begin_step();
    JMAP_TRY(const bool done, look_on(static_cast<std::size_t>(-1)));
    if (done) return std::move(found_);
  }
}

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

Expected<std::optional<EmailQueryRun::Found>> EmailQueryRun::window(const Window& window) {
  if (filter_.is_plain() && sorted_by_date_only()) {
    JMAP_TRY(auto found, plain_window(window));
    return std::optional(std::move(found));
  }
  const auto total = known_total();
  const bool need_all = window.anchor || window.position < 0 || !window.limit || (window.calculate_total && !total);
  const auto enough = need_all ? static_cast<std::size_t>(-1) : static_cast<std::size_t>(window.position) + static_cast<std::size_t>(std::min<std::uint64_t>(*window.limit, 1u << 20));
  if (enough == 0) return std::optional(Found{{}, 0, total});
  begin_step();
  JMAP_TRY(const bool done, look_on(enough));
  if (!done) return std::optional<Found>();
  std::optional<std::size_t> anchor;
  if (window.anchor) {
    const auto id = store::email_id_of(*window.anchor);
    for (std::size_t i = 0; id && i < found_.size() && !anchor; ++i)
      if (catalog_.row(found_[i]).id == *id) anchor = i;
  }
  JMAP_TRY(const auto start, window_start(window, found_.size(), anchor));
  Found out;
  out.position = std::min(start, found_.size());
  out.total = total ? total : need_all ? std::optional(found_.size()) : std::nullopt;
  for (auto i = start; i < found_.size() && (!window.limit || i - start < *window.limit); ++i) out.ids.push_back(catalog_.row(found_[i]).id);
  return std::optional(std::move(out));
}

}  // namespace posthorn::jmap
