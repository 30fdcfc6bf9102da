// imap/server/selected.cpp - see selected.h.
#include "imap/server/selected.h"

#include <algorithm>
#include <ranges>

#include "imap/fetch/respond.h"

namespace posthorn::imap {
namespace {

// Beyond so many changes one scan over the rows between them is cheaper than looking each up.
constexpr std::size_t changes_one_by_one = 500;

template <class T>
void sort_unique(std::vector<T>& items) {
  std::ranges::sort(items);
  items.erase(std::ranges::unique(items).begin(), items.end());
}

bool holds(const std::vector<Uid>& sorted, Uid uid) { return std::ranges::binary_search(sorted, uid); }

}  // namespace

void append_flag_update(std::string& out, std::uint32_t sequence, const store::Member& row, const UpdateForm& form) {
  out.append("* ").append(std::to_string(sequence)).append(" FETCH (");
  if (form.modseq) out.append("UID ").append(std::to_string(number(row.uid))).append(" ");
  out += "FLAGS ";
  append_flags(out, row.flags, form.keywords);
  if (form.modseq) out.append(" MODSEQ (").append(std::to_string(number(row.modseq))).append(")");
  out += ")\r\n";
}

Result<Selected> Selected::open(const store::View& view, const store::Mailbox& mailbox, Access access) {
  Selected out;
  out.id_ = mailbox.id;
  out.uidvalidity_ = mailbox.uidvalidity;
  out.access_ = access;
  out.seen_ = view.modseq();
  TRY_ASSIGN(out.rows_, view.members(mailbox.id));
  return out;
}

std::optional<std::size_t> Selected::find(Uid uid) const {
  const auto at = std::ranges::lower_bound(rows_, uid, {}, &store::Member::uid);
  if (at == rows_.end() || at->uid != uid) return std::nullopt;
  return static_cast<std::size_t>(at - rows_.begin());
}

Result<std::vector<std::size_t>> Selected::resolve(const SequenceSet& set, Numbers by) const {
  std::vector<std::size_t> out;
  const auto uid_of = [](const store::Member& row) { return number(row.uid); };
  const auto add = [&out](std::size_t index) { out.push_back(index); };
  const std::span<const store::Member> rows(rows_);
  if (set.saved) {
    saved.for_each(rows, uid_of, add);
  } else if (by == Numbers::uid) {
    set.resolved(rows_.empty() ? 0 : number(rows_.back().uid)).for_each(rows, uid_of, add);
  } else {
    // "1:*" is what clients send to learn whether there is anything; in an empty mailbox there is not, and that is no mistake.
    const bool star = std::ranges::any_of(set.ranges, [](const auto& range) { return range.first == 0 || range.second == 0; });
    if (rows_.empty() && star) return out;
    if (rows_.empty() || set.largest_written() > exists()) return fail(Errc::invalid, "There is no message with that number");
    for (const auto& [first, last] : set.resolved(exists()).ranges)
      for (std::size_t n = first; n <= last; ++n) add(n - 1);
  }
  return out;
}

void Selected::note(const store::Member& row) {
  const auto index = find(row.uid);
  if (!index) return;
  auto& known = rows_[*index];
  if (number(row.modseq) >= number(known.modseq)) known = row;
}

void Selected::merge(const store::Member& row) {
  if (rows_.empty() || row.uid > rows_.back().uid) {
    rows_.push_back(row);
    grown_ = true;
    return;
  }
  const auto index = find(row.uid);
  // UIDs only grow, so a row that is not there was expunged and told.
  if (!index || number(rows_[*index].modseq) >= number(row.modseq)) return;
  rows_[*index] = row;
  changed_.push_back(row.uid);
}

Result<Selected::News> Selected::news(const store::View& view) const {
  News out;
  if (view.modseq() == seen_) return out;
  TRY_ASSIGN(const auto mailbox, view.mailbox(id_));
  if (!mailbox) return fail(Errc::not_found, "the selected mailbox is gone");
  const auto changes = view.changes(seen_);
  if (!changes && changes.error().code != Errc::not_found) return fail(changes.error());
  if (!changes) {
    out.everything = true;
    out.rows = mailbox->counts.total;
    return out;
  }
  const auto ours = [this](const store::Change::Member& one) { return one.mailbox == id_; };
  for (const auto& change : *changes) {
    for (const auto& one : change.added | std::views::filter(ours)) out.touched.push_back(one.uid);
    for (const auto& one : change.flagged | std::views::filter(ours)) out.touched.push_back(one.uid);
    for (const auto& one : change.expunged | std::views::filter(ours)) out.gone.push_back(one.uid);
  }
  sort_unique(out.touched);
  sort_unique(out.gone);
  out.rows = out.touched.size();
  if (out.touched.size() > changes_one_by_one)
    out.rows = std::min<std::size_t>(mailbox->counts.total, number(out.touched.back()) - number(out.touched.front()) + 1);
  return out;
}

Status Selected::look(const store::View& view, News news) {
  if (view.modseq() == seen_) return {};
  gone_.insert(gone_.end(), news.gone.begin(), news.gone.end());
  if (news.everything) {
    TRY(look_at_everything(view));
  } else if (news.touched.size() > changes_one_by_one) {
    TRY_ASSIGN(const auto members, view.members(id_, news.touched.front(), news.touched.back()));
    for (const auto& member : members) merge(member);
  } else {
    for (const auto uid : news.touched) {
      TRY_ASSIGN(const auto row, view.member(id_, uid));
      if (row) merge(*row);
    }
  }
  // What came and went before the client heard of it is none of its business.
  std::erase_if(gone_, [this](Uid uid) { return !find(uid); });
  sort_unique(gone_);
  seen_ = view.modseq();
  return {};
}

Status Selected::look_at_everything(const store::View& view) {
  TRY_ASSIGN(const auto members, view.members(id_));
  auto at = members.begin();
  for (const auto& row : rows_) {
    while (at != members.end() && at->uid < row.uid) ++at;
    if (at == members.end() || at->uid != row.uid) gone_.push_back(row.uid);
  }
  for (const auto& member : members) merge(member);
  return {};
}

void Selected::tell_expunged(std::string& out) {
  // From the last to the first, so that each number is still the one the client knows.
  for (std::size_t i = rows_.size(); i-- > 0;)
    if (holds(gone_, rows_[i].uid)) out.append("* ").append(std::to_string(i + 1)).append(" EXPUNGE\r\n");
  std::erase_if(rows_, [this](const store::Member& row) { return holds(gone_, row.uid); });
  gone_.clear();
}

void Selected::tell(std::string& out, Expunges expunges, const UpdateForm& form) {
  if (expunges == Expunges::told && !gone_.empty()) tell_expunged(out);
  if (grown_) out.append("* ").append(std::to_string(rows_.size())).append(" EXISTS\r\n");
  grown_ = false;
  sort_unique(changed_);
  for (const auto uid : changed_)
    if (const auto index = find(uid); index && !holds(gone_, uid)) append_flag_update(out, static_cast<std::uint32_t>(*index + 1), rows_[*index], form);
  changed_.clear();
}

}  // namespace posthorn::imap
