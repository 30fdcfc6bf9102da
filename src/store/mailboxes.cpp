// Mailboxes: create, rename, delete, subscribe (RFC 9051 6.3).
#include <algorithm>

#include "base/text.h"
#include "store/account_write.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::size_t name_limit = 1024, depth_limit = 64, mailbox_limit = 10'000;
constexpr std::size_t delete_at_last = 10;  // messages that go in one commit with their mailbox

struct Named {
  MailboxId id{};
  MailboxRecord record;
};

Result<std::vector<Named>> all_mailboxes(const Reader& reader, AccountId account) {
  std::vector<Named> out;
  Status bad;
  const auto prefix = key::of(account);
  TRY(reader.scan(Space::mailbox, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
    auto record = decode_mailbox(value);
    if (record) out.push_back({key::mailbox_of(k), std::move(*record)});
    else bad = fail(record.error());
    return bad.has_value();
  }));
  TRY(bad);
  return out;
}

const Named* find(const std::vector<Named>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, [](const Named& n) -> std::string_view { return n.record.name; });
  return found == all.end() ? nullptr : &*found;
}

std::unexpected<Error> no_mailbox(const std::string& name) { return fail(Errc::not_found, "there is no mailbox " + name); }

MailboxId add_mailbox(AccountWrite& write, const std::string& name, Role role) {
  auto& clock = write.clock();
  const MailboxId id{clock.next_mailbox++};
  MailboxRecord record{name, role, true, UidValidity{clock.next_uidvalidity++}, 0};
  CountersRecord counters;
  counters.highestmodseq = write.modseq();
  write.tx().put(Space::mailbox, key::of(write.account(), id), encode(record));
  write.tx().put(Space::counters, key::of(write.account(), id), encode(counters));
  write.change().mailboxes.push_back({id, Change::How::created});
  return id;
}

// rfc:9051#6.3.4 superior names that are missing are made too.
void add_parents(AccountWrite& write, const std::vector<Named>& all, const std::string& name) {
  for (auto at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1))
    if (find(all, name.substr(0, at)) == nullptr) add_mailbox(write, name.substr(0, at), Role::none);
}

Status rename_all(AccountWrite& write, const std::string& from, const std::string& to) {
  TRY_ASSIGN(const auto all, all_mailboxes(write.tx(), write.account()));
  if (find(all, from) == nullptr) return no_mailbox(from);
  if (find(all, to) != nullptr) return fail(Errc::exists, "there is a mailbox " + to + " already");
  if (to.starts_with(from + "/")) return fail(Errc::invalid, "a mailbox cannot be moved below itself");
  const auto goes_along = [&from](std::string_view name) { return name == from || name.starts_with(from + "/"); };
  add_parents(write, all, to);
  for (auto one : all) {
    if (!goes_along(one.record.name)) continue;
    // Below a name that is free there may still be mailboxes: those of a parent that was deleted.
    const auto target = to + one.record.name.substr(from.size());
    if (!goes_along(target) && find(all, target) != nullptr) return fail(Errc::exists, "there is a mailbox " + target + " already");
    one.record.name = to + one.record.name.substr(from.size());
    if (auto good = checked_mailbox_name(one.record.name); !good) return fail(good.error());
    write.tx().put(Space::mailbox, key::of(write.account(), one.id), encode(one.record));
    write.change().mailboxes.push_back({one.id, Change::How::changed});
  }
  return write.finish();
}

}  // namespace

Result<std::string> checked_mailbox_name(std::string_view name) {
  const auto refuse = [&name](const char* why) { return fail(Errc::invalid, "\"" + printable(name, 100) + "\" cannot be a mailbox name: " + why); };
  if (name.empty()) return refuse("it is empty");
  if (name.size() > name_limit) return refuse("it is longer than 1024 bytes");
  if (!is_utf8(name)) return refuse("it is not UTF-8");
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refuse("it has control characters");
  const auto parts = split(name, '/');
  if (parts.size() > depth_limit) return refuse("it is nested too deep");
  for (const auto part : parts)
    if (part.empty()) return refuse("a part between slashes is empty");
  return canonical_mailbox_name(name);
}

std::string canonical_mailbox_name(std::string_view name) {
  std::string out(name);
  if (equal_icase(name.substr(0, name.find('/')), "INBOX")) out.replace(0, 5, "INBOX");
  return out;
}

Task<Result<Mailbox>> Store::create_mailbox(AccountId account, std::string name, Role role) {
  auto checked = checked_mailbox_name(name);
  if (!checked) co_return fail(checked.error());
  MailboxId id{};
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
    TRY_ASSIGN(const auto all, all_mailboxes(tx, account));
    if (find(all, *checked) != nullptr) return fail(Errc::exists, "there is a mailbox " + *checked + " already");
    if (all.size() >= mailbox_limit) return fail(Errc::too_big, "there are 10000 mailboxes already");
    if (role != Role::none && std::ranges::find(all, role, [](const Named& n) { return n.record.role; }) != all.end())
      return fail(Errc::exists, "another mailbox has that special use already");
    add_parents(write, all, *checked);
    id = add_mailbox(write, *checked, role);
    return write.finish();
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  auto made = view(account).mailbox(id);
  if (!made) co_return fail(made.error());
  if (!*made) co_return no_mailbox(*checked);
  co_return std::move(**made);
}

// rfc:9051#6.3.6 renaming INBOX moves its messages to a new mailbox and leaves INBOX empty; its children stay.
Task<Status> Store::move_inbox(AccountId account, std::string to) {
  auto target = co_await create_mailbox(account, to);
  if (!target) co_return fail(target.error());
  for (;;) {
    auto members = view(account).members(inbox_id);
    if (!members) co_return fail(members.error());
    if (members->empty()) co_return Status{};
    std::vector<Uid> uids;
    for (const auto& member : *members) uids.push_back(member.uid);
    auto moved = co_await move(account, inbox_id, std::move(uids), target->id);
    if (!moved) co_return fail(moved.error());
  }
}

Task<Status> Store::rename_mailbox(AccountId account, std::string from, std::string to) {
  auto new_name = checked_mailbox_name(to);
  if (!new_name) co_return fail(new_name.error());
  from = canonical_mailbox_name(from);
  if (from == "INBOX") co_return co_await move_inbox(account, *new_name);
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
    return rename_all(write, from, *new_name);
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  co_return Status{};
}

// Empties a mailbox until what is left fits the commit that takes the mailbox itself away.
Task<Status> Store::delete_members(AccountId account, MailboxId mailbox) {
  for (;;) {
    auto members = view(account).members(mailbox);
    if (!members) co_return fail(members.error());
    if (members->size() <= delete_at_last) co_return Status{};
    std::vector<Uid> uids;
    for (const auto& member : *members) uids.push_back(member.uid);
    auto gone = co_await expunge(account, mailbox, std::move(uids), Expunge::all);
    if (!gone) co_return fail(gone.error());
  }
}

Task<Status> Store::delete_mailbox(AccountId account, std::string name) {
  if (equal_icase(name, "INBOX")) co_return fail(Errc::refused, "INBOX cannot be deleted");
  auto found = view(account).mailbox(name);
  if (!found) co_return fail(found.error());
  if (!*found) co_return no_mailbox(name);
  const auto id = (*found)->id;
  auto emptied = co_await delete_members(account, id);
  if (!emptied) co_return fail(emptied.error());
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
    TRY_ASSIGN(const auto record, write.mailbox(id));
    std::vector<Member> members;
    Status bad;
    const auto prefix = key::of(account, id);
    TRY(tx.scan(Space::membership, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
      auto member = decode_member(value, key::uid_of(k));
      if (member) members.push_back(*member);
      else bad = fail(member.error());
      return bad.has_value();
    }));
    TRY(bad);
    for (const auto& member : members) TRY(write.remove_member(id, member));
    write.change().mailboxes.push_back({id, Change::How::destroyed});
    TRY(write.finish());
    tx.erase(Space::mailbox, key::of(account, id));
    tx.erase(Space::counters, key::of(account, id));
    return {};
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  co_return Status{};
}

Task<Result<ModSeq>> Store::change_mailbox(AccountId account, MailboxId mailbox, MailboxPatch patch) {
  if (patch.name) {
    auto checked = checked_mailbox_name(*patch.name);
    if (!checked) co_return fail(checked.error());
    patch.name = std::move(*checked);
  }
  ModSeq modseq{};
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
    modseq = write.modseq();
    TRY_ASSIGN(auto record, write.mailbox(mailbox));
    TRY_ASSIGN(const auto all, all_mailboxes(tx, account));
    if (patch.role && *patch.role != record.role) {
      if (mailbox == inbox_id || *patch.role == Role::inbox) return fail(Errc::refused, "the role of the inbox stays where it is");
      if (*patch.role != Role::none && std::ranges::find(all, *patch.role, [](const Named& n) { return n.record.role; }) != all.end())
        return fail(Errc::exists, "another mailbox has that role already");
      record.role = *patch.role;
    }
    record.subscribed = patch.subscribed.value_or(record.subscribed);
    record.sort_order = patch.sort_order.value_or(record.sort_order);
    tx.put(Space::mailbox, key::of(account, mailbox), encode(record));
    if (patch.name && *patch.name != record.name) {
      if (mailbox == inbox_id) return fail(Errc::refused, "INBOX keeps its name");
      return rename_all(write, record.name, *patch.name);
    }
    write.change().mailboxes.push_back({mailbox, Change::How::changed});
    return write.finish();
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  co_return modseq;
}

Task<Status> Store::subscribe(AccountId account, std::string name, bool on) {
  name = canonical_mailbox_name(name);
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
    TRY_ASSIGN(const auto all, all_mailboxes(tx, account));
    const auto* one = find(all, name);
    if (one == nullptr) return no_mailbox(name);
    auto record = one->record;
    if (record.subscribed == on) return {};
    record.subscribed = on;
    tx.put(Space::mailbox, key::of(account, one->id), encode(record));
    write.change().mailboxes.push_back({one->id, Change::How::changed});
    return write.finish();
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  co_return Status{};
}

}  // namespace posthorn::store
