#include "store/history.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace posthorn::store {
namespace {

template <class T>
void sort_unique(std::vector<T>& items) {
  std::ranges::sort(items);
  items.erase(std::ranges::unique(items).begin(), items.end());
}

template <class Number>
bool take_number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::unexpected<Error> not_told() { return fail(Errc::not_found, "the change log of that time does not tell enough"); }

}  // namespace

std::string text_of(const Position& position) {
  auto out = std::to_string(number(position.seen));
  if (position.part > 0) out += "-" + std::to_string(position.part);
  return out;
}

std::optional<Position> parse_position(std::string_view text) {
  const auto dash = text.find('-');
  std::uint64_t seen = 0;
  Position out;
  if (!take_number(text.substr(0, dash), seen)) return std::nullopt;
  if (dash != text.npos && !take_number(text.substr(dash + 1), out.part)) return std::nullopt;
  out.seen = ModSeq{seen};
  return out;
}

Result<History> History::read(const View& view, const Position& since) {
  History out(view, since);
  if (number(since.seen) > number(view.modseq())) return fail(Errc::not_found, "that state is not of this account");
  TRY_ASSIGN(out.records_, view.changes(since.seen));
  for (std::size_t i = 0; i < out.records_.size(); ++i) {
    const auto& change = out.records_[i];
    for (const auto& one : change.added) out.note(i, one, Event::Kind::added);
    for (const auto& one : change.flagged) out.note(i, one, Event::Kind::flagged);
    for (const auto& one : change.expunged) out.note(i, one, Event::Kind::expunged);
  }
  for (auto& [thread, emails] : out.gone_) sort_unique(emails);
  return out;
}

void History::note(std::size_t record, const Change::Member& member, Event::Kind kind) {
  events_[member.email].push_back(Event{record, member.mailbox, member.uid, kind, member.was_deleted, member.thread});
  if (kind == Event::Kind::expunged) gone_[member.thread].push_back(member.email);
}

Result<const History::Now*> History::now(EmailId id) {
  if (const auto known = now_.find(id); known != now_.end()) return &known->second;
  Now out;
  TRY_ASSIGN(const auto email, view_.email(id));
  if (email) {
    out.there = true;
    out.thread = email->thread;
    for (const auto& [mailbox, uid] : email->members) {
      TRY_ASSIGN(const auto row, view_.member(mailbox, uid));
      if (row) out.members[{mailbox, uid}] = !row->flags.has(SystemFlag::deleted);
    }
  }
  return &now_.emplace(id, std::move(out)).first->second;
}

// The mailboxes that showed it before that record: what a membership was is told by the first record from there on that names it.
Result<std::vector<MailboxId>> History::shown_in(EmailId id, std::size_t record) {
  TRY_ASSIGN(const auto* present, now(id));
  auto members = present->members;
  std::set<std::pair<MailboxId, Uid>> told;
  if (const auto found = events_.find(id); found != events_.end()) {
    for (const auto& event : found->second) {
      if (event.record < record) continue;
      const std::pair key(event.mailbox, event.uid);
      if (!told.insert(key).second) continue;
      if (event.kind == Event::Kind::added) members.erase(key);
      else members[key] = !event.was_deleted;
    }
  }
  std::vector<MailboxId> out;
  for (const auto& [key, shown] : members)
    if (shown) out.push_back(key.first);
  sort_unique(out);
  return out;
}

Result<bool> History::existed(EmailId id, std::size_t record) {
  TRY_ASSIGN(const auto in, shown_in(id, record));
  return !in.empty();
}

Result<ThreadId> History::thread_of(EmailId id) {
  TRY_ASSIGN(const auto* present, now(id));
  if (present->there) return present->thread;
  for (const auto& event : events_[id])
    if (event.kind == Event::Kind::expunged && number(event.thread) != 0) return event.thread;
  return not_told();
}

Result<std::vector<EmailId>> History::emails_of(ThreadId id) {
  TRY_ASSIGN(auto emails, view_.thread(id));
  if (const auto gone = gone_.find(id); gone != gone_.end()) emails.insert(emails.end(), gone->second.begin(), gone->second.end());
  sort_unique(emails);
  return emails;
}

Result<bool> History::existed(ThreadId id, std::size_t record) {
  TRY_ASSIGN(const auto emails, emails_of(id));
  for (const auto email : emails) {
    TRY_ASSIGN(const bool there, existed(email, record));
    if (there) return true;
  }
  return false;
}

std::vector<EmailId> History::emails_in(std::size_t record) const {
  std::vector<EmailId> out;
  const auto& change = records_[record];
  for (const auto* list : {&change.added, &change.flagged, &change.expunged})
    for (const auto& one : *list) out.push_back(one.email);
  sort_unique(out);
  return out;
}

// Those that an Email has come to or left.
Result<std::vector<ThreadId>> History::threads_in(std::size_t record) {
  std::vector<ThreadId> out;
  for (const auto email : emails_in(record)) {
    TRY_ASSIGN(const bool before, existed(email, record));
    TRY_ASSIGN(const bool after, existed(email, record + 1));
    if (before == after) continue;
    TRY_ASSIGN(const auto thread, thread_of(email));
    out.push_back(thread);
  }
  sort_unique(out);
  return out;
}

// Those that were changed themselves, and those whose counts may be others: also where only another Email of a thread is, because that
// may make the thread unread there (rfc:8621#2).
Result<std::vector<MailboxId>> History::mailboxes_in(std::size_t record) {
  std::vector<MailboxId> out;
  const auto& change = records_[record];
  for (const auto& box : change.mailboxes) out.push_back(box.id);
  for (const auto* list : {&change.added, &change.flagged, &change.expunged})
    for (const auto& one : *list) out.push_back(one.mailbox);
  for (const auto email : emails_in(record)) {
    TRY_ASSIGN(const auto thread, thread_of(email));
    auto known = thread_mailboxes_.find(thread);
    if (known == thread_mailboxes_.end()) {
      std::vector<MailboxId> in;
      TRY_ASSIGN(const auto emails, view_.thread(thread));
      for (const auto other : emails) {
        TRY_ASSIGN(const auto* present, now(other));
        for (const auto& [key, shown] : present->members) in.push_back(key.first);
      }
      sort_unique(in);
      known = thread_mailboxes_.emplace(thread, std::move(in)).first;
    }
    out.insert(out.end(), known->second.begin(), known->second.end());
  }
  sort_unique(out);
  return out;
}

template <class Id, class In, class Existed>
Result<Delta<Id>> History::walk(std::size_t most, DataType type, In in, Existed existed_at) {
  Delta<Id> out;
  const auto last = view_.states()[static_cast<std::size_t>(type)];
  out.until = Position{std::max(last, since_.seen), 0};
  std::map<Id, std::size_t> first;  // ids with the record before which the reader knows them
  std::vector<Id> ids_of_last;      // of the record in the middle of which we stop
  std::size_t stop = records_.size(), part = 0;
  for (std::size_t i = 0; i < records_.size() && !out.more; ++i) {
    TRY_ASSIGN(const std::vector<Id> ids, in(i));
    const std::size_t known = i == 0 ? std::min<std::size_t>(since_.part, ids.size()) : 0;
    for (std::size_t k = known; k < ids.size(); ++k) {
      if (first.contains(ids[k])) continue;
      if (first.size() == most) {
        out.more = true;
        stop = i;
        part = k;
        ids_of_last = ids;
        break;
      }
      first.emplace(ids[k], i);
    }
  }
  if (out.more) out.until = Position{ModSeq{number(since_.seen) + stop}, static_cast<std::uint32_t>(part)};
  for (const auto& [id, record] : first) {
    auto end = stop;
    if (out.more && std::ranges::binary_search(ids_of_last.begin(), ids_of_last.begin() + static_cast<std::ptrdiff_t>(part), id)) ++end;
    TRY_ASSIGN(const bool before, existed_at(id, record));
    TRY_ASSIGN(const bool after, existed_at(id, end));
    if (before && after) out.updated.push_back(id);
    else if (after) out.created.push_back(id);
    else if (before) out.destroyed.push_back(id);
  }
  return out;
}

Result<Delta<EmailId>> History::emails(std::size_t most) {
  return walk<EmailId>(most, DataType::email, [this](std::size_t i) -> Result<std::vector<EmailId>> { return emails_in(i); },
                       [this](EmailId id, std::size_t i) { return existed(id, i); });
}

Result<Delta<ThreadId>> History::threads(std::size_t most) {
  return walk<ThreadId>(most, DataType::thread, [this](std::size_t i) { return threads_in(i); }, [this](ThreadId id, std::size_t i) { return existed(id, i); });
}

Result<Delta<MailboxId>> History::mailboxes(std::size_t most) {
  bool only_counts = true;
  const auto existed_at = [&](MailboxId id, std::size_t from) -> Result<bool> {
    for (auto i = from; i < records_.size(); ++i) {
      for (const auto& box : records_[i].mailboxes) {
        if (box.id != id) continue;
        only_counts = false;
        return box.how != Change::How::created;
      }
    }
    TRY_ASSIGN(const auto box, view_.mailbox(id));
    return box.has_value();
  };
  TRY_ASSIGN(auto out, walk<MailboxId>(most, DataType::mailbox, [this](std::size_t i) { return mailboxes_in(i); }, existed_at));
  out.only_counts = only_counts;
  return out;
}

Result<Delta<ObjectId>> History::objects(DataType type, std::size_t most) {
  const auto in = [&](std::size_t i) -> Result<std::vector<ObjectId>> {
    std::vector<ObjectId> ids;
    for (const auto& one : records_[i].objects)
      if (one.type == type) ids.push_back(one.id);
    sort_unique(ids);
    return ids;
  };
  const auto existed_at = [&](ObjectId id, std::size_t from) -> Result<bool> {
    for (auto i = from; i < records_.size(); ++i)
      for (const auto& one : records_[i].objects)
        if (one.type == type && one.id == id) return one.how != Change::How::created;
    TRY_ASSIGN(const auto object, view_.object(type, id));
    return object.has_value();
  };
  return walk<ObjectId>(most, type, in, existed_at);
}

Result<std::vector<History::Touched>> History::touched() {
  std::vector<Touched> out;
  for (const auto& [id, events] : events_) {
    Touched one;
    one.id = id;
    TRY_ASSIGN(const auto before, shown_in(id, 0));
    TRY_ASSIGN(const auto after, shown_in(id, records_.size()));
    one.existed = !before.empty();
    one.exists = !after.empty();
    one.moved = before != after;
    if (const auto thread = thread_of(id)) one.thread = *thread;
    else if (one.existed) return not_told();
    out.push_back(one);
  }
  return out;
}

}  // namespace posthorn::store
