#include "store/catalog.h"

#include <algorithm>
#include <set>

#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {
namespace {

constexpr std::size_t followed_at_most = 20'000;  // Emails; if more were touched two scans are cheaper

MailboxId trash_of(const std::vector<Mailbox>& all) {
  const auto found = std::ranges::find(all, Role::trash, &Mailbox::role);
  return found == all.end() ? MailboxId{} : found->id;
}

void add(std::uint32_t& n, int by) { n = static_cast<std::uint32_t>(static_cast<std::int64_t>(n) + by); }

Catalog::Row row_of(const ShownEmail& shown) {
  Catalog::Row row;
  row.id = shown.email.id;
  row.thread = shown.email.thread;
  row.received = shown.email.received;
  row.size = shown.email.size;
  row.keywords = shown.keywords;
  row.mailboxes.assign(shown.mailboxes.begin(), shown.mailboxes.end());
  return row;
}

}  // namespace

bool Catalog::Row::is_in(MailboxId mailbox) const { return std::ranges::find(mailboxes, mailbox) != mailboxes.end(); }

Catalog::Index Catalog::find(EmailId id) const {
  const auto found = emails_.find(number(id));
  return found == emails_.end() ? none : found->second;
}

const Catalog::Order& Catalog::order_in(MailboxId mailbox) const {
  static const Order nothing;
  const auto found = boxes_.find(mailbox);
  return found == boxes_.end() ? nothing : found->second.order;
}

Catalog::MailboxCounts Catalog::counts(MailboxId mailbox) const {
  const auto found = boxes_.find(mailbox);
  return found == boxes_.end() ? MailboxCounts{} : found->second.counts;
}

bool Catalog::before(Index a, Index b) const {
  const auto& x = rows_[a];
  const auto& y = rows_[b];
  return x.received != y.received ? x.received < y.received : x.id < y.id;
}

std::size_t Catalog::bytes() const {
  std::size_t lists = all_.bytes();
  for (const auto& [id, box] : boxes_) lists += box.order.bytes();
  return rows_.capacity() * sizeof(Row) + lists + (emails_.size() + threads_.size()) * 24;
}

Status Catalog::catch_up(const View& view) {
  TRY_ASSIGN(const bool followed, follow_to(view));
  return followed ? Status() : build(view);
}

Result<bool> Catalog::follow_to(const View& view) {
  if (agrees_with(view)) return true;
  if (!at_) return false;
  const auto changes = view.changes(*at_);
  if (!changes) {
    if (changes.error().code != Errc::not_found) return fail(changes.error());
    return false;
  }
  std::size_t touched = 0;
  for (const auto& change : *changes) touched += change.added.size() + change.flagged.size() + change.expunged.size();
  if (touched > followed_at_most) return false;
  TRY(follow(view, *changes));
  return true;
}

Status Catalog::build(const View& view) {
  *this = Catalog();
  TRY_ASSIGN(const auto info, view.account());
  const auto prefix = key::of(info.id);
  Status bad;
  std::vector<Row> found;
  found.reserve(info.emails);
  TRY(view.reader().scan(Space::email, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
    const auto record = decode_email(value);
    if (!record) {
      bad = fail(record.error());
      return false;
    }
    Row row;
    row.id = key::email_of(k);
    row.thread = record->thread;
    row.received = record->received;
    row.size = record->size;
    row.keywords.set(SystemFlag::seen);
    found.push_back(std::move(row));
    return true;
  }));
  TRY(bad);
  // Rows are in the order of their ids. A membership adds its flags, and takes \Seen away if it has not been seen there.
  TRY(view.reader().scan(Space::membership, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
    const auto member = decode_member(value, key::uid_of(k));
    if (!member) {
      bad = fail(member.error());
      return false;
    }
    const auto at = std::ranges::lower_bound(found, member->email, {}, &Row::id);
    if (at == found.end() || at->id != member->email || member->flags.has(SystemFlag::deleted)) return true;
    const bool seen = at->keywords.has(SystemFlag::seen) && member->flags.has(SystemFlag::seen);
    at->keywords = at->keywords | member->flags;
    at->keywords.set(SystemFlag::seen, seen);
    if (!at->is_in(key::mailbox_of(k))) at->mailboxes.push_back(key::mailbox_of(k));
    return true;
  }));
  TRY(bad);
  std::erase_if(found, [](const Row& row) { return row.mailboxes.empty(); });
  found.shrink_to_fit();
  rows_ = std::move(found);
  TRY_ASSIGN(const auto mailboxes, view.mailboxes());
  trash_ = trash_of(mailboxes);
  emails_.reserve(rows_.size());
  threads_.reserve(rows_.size());
  all_.rows_.reserve(rows_.size());
  for (Index i = 0; i < rows_.size(); ++i) {
    emails_[number(rows_[i].id)] = i;
    link(i);
    all_.rows_.push_back(i);
    count_rows(rows_[i], 1);
  }
  std::ranges::sort(all_.rows_, [this](Index a, Index b) { return before(a, b); });
  for (const auto i : all_.rows_)
    for (const auto mailbox : rows_[i].mailboxes) boxes_[mailbox].order.rows_.push_back(i);
  mark_all(all_);
  for (auto& [id, box] : boxes_) mark_all(box.order);
  for (const auto& [thread, head] : threads_) count_thread(ThreadId{thread}, 1);
  at_ = view.modseq();
  return {};
}

Status Catalog::follow(const View& view, const std::vector<Change>& changes) {
  std::set<EmailId> ids;
  for (const auto& change : changes)
    for (const auto* list : {&change.added, &change.flagged, &change.expunged})
      for (const auto& one : *list) ids.insert(one.email);
  if (std::ranges::any_of(changes, [](const Change& c) { return !c.mailboxes.empty(); })) {
    TRY_ASSIGN(const auto mailboxes, view.mailboxes());
    // What is unread where depends on which mailbox is the trash.
    if (trash_of(mailboxes) != trash_) return build(view);
  }
  std::vector<Touch> touched;
  for (const auto id : ids) {
    TRY_ASSIGN(const auto shown, view.shown(id));
    Touch one{id, {}};
    if (shown) one.row = row_of(*shown);
    touched.push_back(std::move(one));
  }
  apply(std::move(touched));
  at_ = view.modseq();
  return {};
}

// The threads of what changes are taken out of the counts first and put back in when all is as it is now.
void Catalog::apply(std::vector<Touch> touched) {
  std::set<ThreadId> threads;
  for (const auto& one : touched) {
    if (one.row) threads.insert(one.row->thread);
    if (const auto at = find(one.id); at != none) threads.insert(rows_[at].thread);
  }
  for (const auto thread : threads) count_thread(thread, -1);
  for (auto& one : touched) {
    const auto at = find(one.id);
    if (at != none && (!one.row || one.row->mailboxes != rows_[at].mailboxes)) {
      remove(at);
    } else if (at != none) {
      count_rows(rows_[at], -1);
      rows_[at].keywords = one.row->keywords;
      count_rows(rows_[at], 1);
      continue;
    }
    if (!one.row) continue;
    Index fresh = static_cast<Index>(rows_.size());
    if (free_.empty()) {
      rows_.push_back(std::move(*one.row));
    } else {
      fresh = free_.back();
      free_.pop_back();
      rows_[fresh] = std::move(*one.row);
    }
    emails_[number(rows_[fresh].id)] = fresh;
    link(fresh);
    const auto thread = rows_[fresh].thread;
    insert_sorted(all_, fresh);
    mark_thread(all_, thread, MailboxId{}, fresh);
    for (const auto mailbox : rows_[fresh].mailboxes) {
      auto& order = boxes_[mailbox].order;
      insert_sorted(order, fresh);
      mark_thread(order, thread, mailbox, fresh);
    }
    count_rows(rows_[fresh], 1);
  }
  for (const auto thread : threads) count_thread(thread, 1);
}

void Catalog::remove(Index index) {
  auto& row = rows_[index];
  count_rows(row, -1);
  erase_sorted(all_, index);
  for (const auto mailbox : row.mailboxes) erase_sorted(boxes_[mailbox].order, index);
  unlink(index);
  mark_thread(all_, row.thread, MailboxId{}, none);
  for (const auto mailbox : row.mailboxes) mark_thread(boxes_[mailbox].order, row.thread, mailbox, none);
  emails_.erase(number(row.id));
  row = Row();
  free_.push_back(index);
}

void Catalog::link(Index index) {
  auto [head, fresh] = threads_.try_emplace(number(rows_[index].thread), index);
  rows_[index].next_in_thread = fresh ? none : head->second;
  head->second = index;
}

void Catalog::unlink(Index index) {
  const auto head = threads_.find(number(rows_[index].thread));
  if (head->second == index) {
    head->second = rows_[index].next_in_thread;
    if (head->second == none) threads_.erase(head);
    return;
  }
  for (auto at = head->second; at != none; at = rows_[at].next_in_thread) {
    if (rows_[at].next_in_thread != index) continue;
    rows_[at].next_in_thread = rows_[index].next_in_thread;
    return;
  }
}

void Catalog::count_rows(const Row& row, int by) {
  for (const auto mailbox : row.mailboxes) {
    auto& counts = boxes_[mailbox].counts;
    add(counts.emails, by);
    if (row.unread()) add(counts.unread, by);
  }
}

// rfc:8621#2 unreadThreads: a thread is unread where one of its Emails is, if it holds an unread one that is not in the trash only; in
// the trash, if it holds an unread one there.
void Catalog::count_thread(ThreadId thread, int by) {
  boost::container::small_vector<MailboxId, 8> in;
  bool unread_in_trash = false, unread_elsewhere = false;
  each_in_thread(thread, [&](const Row& row) {
    for (const auto mailbox : row.mailboxes)
      if (std::ranges::find(in, mailbox) == in.end()) in.push_back(mailbox);
    if (!row.unread()) return;
    unread_in_trash |= row.is_in(trash_);
    unread_elsewhere |= row.mailboxes.size() > 1 || row.mailboxes.front() != trash_;
  });
  for (const auto mailbox : in) {
    auto& counts = boxes_[mailbox].counts;
    add(counts.threads, by);
    if (mailbox == trash_ ? unread_in_trash : unread_elsewhere) add(counts.unread_threads, by);
  }
}

}  // namespace posthorn::store
