// Adding, flagging, copying, moving and expunging messages. Work on many UIDs goes in batches, each one commit (store/batches.h).
#include <algorithm>

#include "store/account_write.h"
#include "store/batches.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::size_t copy_batch = 5000;        // UIDs: as many as one commit holds, so that a copy is all or nothing as often as can be
constexpr std::size_t membership_limit = 1000;  // of one Email: each change of one rewrites the list

Flags changed(Flags before, FlagChange how, Flags by) {
  switch (how) {
    case FlagChange::set: return by;
    case FlagChange::add: return before | by;
    case FlagChange::remove: return before & ~by;
  }
  return before;
}

Status flag_batch(AccountWrite& write, MailboxId mailbox, std::span<const Uid> uids, const FlagRequest& request, FlagResult& result) {
  TRY_ASSIGN(const auto by, write.flags_of(request.flags));
  TRY_ASSIGN(const auto members, find_members(write.tx(), write.account(), mailbox, uids));
  for (auto member : members) {
    if (request.unchanged_since && number(member.modseq) > number(*request.unchanged_since)) {
      result.modified.push_back(member.uid);
      continue;
    }
    const auto flags = changed(member.flags, request.change, by);
    if (flags != member.flags) {
      TRY(write.set_flags(mailbox, member, flags));
      member.flags = flags;
      member.modseq = write.modseq();
    }
    result.changed.push_back(member);
  }
  return {};
}

// A copy is one more membership of the same Email, with flags of its own.
Status copy_one(AccountWrite& write, const Member& member, MailboxId to, WallTime now, CopyResult& result) {
  TRY_ASSIGN(auto email, write.email(member.email));
  // A move has one more for the moment.
  if (email.members.size() > membership_limit) return fail(Errc::too_big, "a message is in 1000 places already", "Remove some of its copies");
  TRY_ASSIGN(const auto uid, write.add_member(to, member.email, email.size, member.flags, now));
  email.members.emplace_back(to, uid);
  email.changed = write.modseq();
  write.put(member.email, std::move(email));
  result.uids.emplace_back(member.uid, uid);
  return {};
}

// Whether anything was written: a transaction that found nothing to do leaves no trace.
bool touched(AccountWrite& write) {
  const auto& c = write.change();
  return !c.added.empty() || !c.flagged.empty() || !c.expunged.empty() || !c.mailboxes.empty();
}

Status finish_if_touched(AccountWrite& write) { return touched(write) ? write.finish() : Status{}; }

}  // namespace

Result<Appended> Store::append(Transaction& tx, AccountId account, MailboxId mailbox, const Prepared& prepared,
                               std::span<const std::string> flags, WallTime received, Quota quota) const {
  TRY_ASSIGN(const auto bytes, tx.get(Space::mailbox, key::of(account, mailbox)));
  if (!bytes) return fail(Errc::not_found, "there is no such mailbox");
  TRY_ASSIGN(const auto box, decode_mailbox(*bytes));
  Uid uid{};
  TRY_ASSIGN(const auto made, create_email(tx, account, std::span(&mailbox, 1), prepared, flags, received, &uid, quota));
  return Appended{box.uidvalidity, uid, made.email};
}

Task<Result<Appended>> Store::append(AccountId account, MailboxId mailbox, std::shared_ptr<const Prepared> prepared,
                                     std::vector<std::string> flags, WallTime received) {
  auto staged = co_await stage(prepared);
  if (!staged) co_return fail(staged.error());
  Appended appended;
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(appended, append(tx, account, mailbox, *prepared, flags, received));
    return {};
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  co_return appended;
}

Task<Result<FlagResult>> Store::change_flags(AccountId account, MailboxId mailbox, std::vector<Uid> uids, FlagRequest request) {
  FlagResult total;
  for (Batches batches(std::move(uids)); !batches.done();) {
    FlagResult result;
    Work work = [&](Transaction& tx) -> Status {
      result = FlagResult{};
      TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
      TRY(flag_batch(write, mailbox, batches.next(), request, result));
      if (touched(write)) result.modseq = write.modseq();
      return finish_if_touched(write);
    };
    auto done = co_await transact(std::move(work));
    hub_.notify(account);
    if (!batches.settle(done)) co_return fail(done.error());
    if (!done) continue;
    total.changed.insert(total.changed.end(), result.changed.begin(), result.changed.end());
    total.modified.insert(total.modified.end(), result.modified.begin(), result.modified.end());
    if (number(result.modseq) != 0) total.modseq = result.modseq;
  }
  co_return total;
}

Task<Result<CopyResult>> Store::copy_batches(AccountId account, MailboxId from, std::vector<Uid> uids, MailboxId to, Transfer how) {
  CopyResult total;
  Batches batches(std::move(uids), how == Transfer::copy ? copy_batch : Batches::usual);
  do {
    CopyResult result;
    Work work = [&](Transaction& tx) -> Status {
      result = CopyResult{};
      TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
      TRY_ASSIGN(const auto target, write.mailbox(to));
      result.uidvalidity = target.uidvalidity;
      TRY_ASSIGN(const auto members, find_members(tx, account, from, batches.next()));
      for (const auto& member : members) {
        TRY(copy_one(write, member, to, clock_.now(), result));
        if (how == Transfer::move) TRY(write.remove_member(from, member));
      }
      return finish_if_touched(write);
    };
    auto done = co_await transact(std::move(work));
    hub_.notify(account);
    if (!batches.settle(done)) {
      if (how == Transfer::copy) co_await undo_copy(account, to, std::move(total));
      co_return fail(done.error());
    }
    if (!done) continue;
    total.uidvalidity = result.uidvalidity;
    total.uids.insert(total.uids.end(), result.uids.begin(), result.uids.end());
  } while (!batches.done());
  co_return total;
}

// rfc:9051#6.4.7 all or nothing: what one commit can hold is; of more, the copies made before one failed are taken away again.
Task<void> Store::undo_copy(AccountId account, MailboxId to, CopyResult made) {
  std::vector<Uid> copies;
  for (const auto& [source, target] : made.uids) copies.push_back(target);
  auto undone = co_await expunge(account, to, std::move(copies), Expunge::all);
  static_cast<void>(undone);  // the caller hears of the first failure, whatever came of this
}

Task<Result<CopyResult>> Store::copy(AccountId account, MailboxId from, std::vector<Uid> uids, MailboxId to) {
  return copy_batches(account, from, std::move(uids), to, Transfer::copy);
}

// rfc:6851#3.3 each message is moved atomically; many of them go in several commits.
Task<Result<CopyResult>> Store::move(AccountId account, MailboxId from, std::vector<Uid> uids, MailboxId to) {
  return copy_batches(account, from, std::move(uids), to, Transfer::move);
}

Task<Result<std::vector<Uid>>> Store::expunge(AccountId account, MailboxId mailbox, std::vector<Uid> uids, Expunge which) {
  std::vector<Uid> total;
  for (Batches batches(std::move(uids)); !batches.done();) {
    std::vector<Uid> gone;
    Work work = [&](Transaction& tx) -> Status {
      gone.clear();
      TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
      TRY_ASSIGN(const auto members, find_members(tx, account, mailbox, batches.next()));
      for (const auto& member : members) {
        if (which == Expunge::only_deleted && !member.flags.has(SystemFlag::deleted)) continue;
        TRY(write.remove_member(mailbox, member));
        gone.push_back(member.uid);
      }
      return finish_if_touched(write);
    };
    auto done = co_await transact(std::move(work));
    hub_.notify(account);
    if (!batches.settle(done)) co_return fail(done.error());
    if (done) total.insert(total.end(), gone.begin(), gone.end());
  }
  co_return total;
}

}  // namespace posthorn::store
