// Emails as JMAP makes and changes them: mailboxes and keywords of an Email, over all its memberships at once (RFC 8621 4.1.1, 4.6).
#include <algorithm>

#include "store/account_write.h"
#include "store/snooze.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::size_t email_batch = 500;        // of one commit; halved when the engine says that it wrote too much
constexpr std::size_t membership_limit = 1000;  // of one Email: each change of one rewrites the list

struct Membership {
  MailboxId mailbox{};
  Member row;
};

Result<std::vector<Membership>> memberships_of(AccountWrite& write, const EmailRecord& email) {
  std::vector<Membership> out;
  for (const auto& [mailbox, uid] : email.members) {
    TRY_ASSIGN(const auto bytes, write.tx().get(Space::membership, key::of(write.account(), mailbox, uid)));
    if (!bytes) return fail(Errc::corrupt, "an email names a membership that is not there", "Run posthorn verify");
    TRY_ASSIGN(const auto row, decode_member(*bytes, uid));
    out.push_back({mailbox, row});
  }
  return out;
}

bool hidden(const Membership& one) { return one.row.flags.has(SystemFlag::deleted); }

// The flags that JMAP shows of the Email, which a new membership gets.
Flags shown_flags(const std::vector<Membership>& all) {
  Flags flags;
  bool all_seen = true;
  for (const auto& one : all) {
    if (hidden(one)) continue;
    flags = flags | one.row.flags;
    all_seen = all_seen && one.row.flags.has(SystemFlag::seen);
  }
  flags.set(SystemFlag::seen, all_seen);
  return flags;
}

// What the patch makes of flags; \Deleted is IMAP's and stays as it is.
struct FlagPatch {
  std::optional<Flags> all;
  Flags add, remove;
  Flags applied(Flags before) const {
    Flags after = all ? *all : (before | add) & ~remove;
    after.set(SystemFlag::deleted, before.has(SystemFlag::deleted));
    return after;
  }
};

Result<FlagPatch> flag_patch(AccountWrite& write, const EmailPatch& patch) {
  FlagPatch out;
  if (patch.keywords) {
    TRY_ASSIGN(out.all, write.flags_of(*patch.keywords));
  }
  for (const auto& [name, on] : patch.keyword_changes) {
    TRY_ASSIGN(const auto bit, write.flags_of(std::span(&name, 1)));
    auto& word = on ? out.add : out.remove;
    word = word | bit;
  }
  return out;
}

std::vector<MailboxId> wanted_mailboxes(const std::vector<Membership>& all, const EmailPatch& patch) {
  std::vector<MailboxId> out;
  const auto add = [&out](MailboxId id) {
    if (std::ranges::find(out, id) == out.end()) out.push_back(id);
  };
  if (patch.mailboxes) {
    for (const auto id : *patch.mailboxes) add(id);
    return out;
  }
  for (const auto& one : all)
    if (!hidden(one)) add(one.mailbox);
  for (const auto& [id, on] : patch.mailbox_changes) {
    if (on) add(id);
    else std::erase(out, id);
  }
  return out;
}

// Told as a change of the Email, whose state counts it, though no flag changes.
Status change_snooze(AccountWrite& write, const EmailPatch& patch, const std::vector<Membership>& all) {
  TRY_ASSIGN(const auto before, sleeping(write.tx(), write.account(), patch.email));
  if (!before && !patch.snooze->until) return {};
  TRY(put_to_sleep(write.tx(), write.account(), patch.email, *patch.snooze));
  const auto first = std::ranges::find_if_not(all, hidden);
  return write.set_flags(first->mailbox, first->row, first->row.flags);
}

// Nothing is written before everything is known to be good.
Status change_one(AccountWrite& write, const EmailPatch& patch, WallTime now) {
  const auto there = write.email(patch.email);
  if (!there) return fail(Errc::not_found, "there is no such email");
  TRY_ASSIGN(auto all, memberships_of(write, *there));
  if (std::ranges::all_of(all, hidden)) return fail(Errc::not_found, "there is no such email");
  const auto wanted = wanted_mailboxes(all, patch);
  if (wanted.empty()) return fail(Errc::invalid, "an email must be in a mailbox");
  if (wanted.size() > membership_limit) return fail(Errc::too_big, "an email cannot be in more than 1000 mailboxes");
  for (const auto id : wanted)
    if (!write.mailbox(id)) return fail(Errc::invalid, "there is no such mailbox");
  TRY_ASSIGN(const auto flags, flag_patch(write, patch));

  if (patch.snooze) TRY(change_snooze(write, patch, all));
  const auto new_flags = flags.applied(shown_flags(all));
  for (auto& one : all) {
    const auto after = flags.applied(one.row.flags);
    if (after == one.row.flags) continue;
    TRY(write.set_flags(one.mailbox, one.row, after));
    one.row.flags = after;
  }
  auto email = *there;
  const auto is_in = [&all](MailboxId id) { return std::ranges::any_of(all, [id](const Membership& m) { return m.mailbox == id && !hidden(m); }); };
  for (const auto id : wanted) {
    if (is_in(id)) continue;
    TRY_ASSIGN(const auto uid, write.add_member(id, patch.email, email.size, new_flags, now));
    email.members.emplace_back(id, uid);
    email.changed = write.modseq();
  }
  write.put(patch.email, std::move(email));
  for (const auto& one : all)
    if (!hidden(one) && std::ranges::find(wanted, one.mailbox) == wanted.end()) TRY(write.remove_member(one.mailbox, one.row));
  return {};
}

// From all memberships, also those that IMAP has marked.
Status destroy_one(AccountWrite& write, EmailId id) {
  const auto there = write.email(id);
  if (!there) return fail(Errc::not_found, "there is no such email");
  TRY_ASSIGN(const auto all, memberships_of(write, *there));
  if (std::ranges::all_of(all, hidden)) return fail(Errc::not_found, "there is no such email");
  for (const auto& one : all) TRY(write.remove_member(one.mailbox, one.row));
  return {};
}

bool wrote(AccountWrite& write) {
  const auto& c = write.change();
  return !c.added.empty() || !c.flagged.empty() || !c.expunged.empty();
}

// What only one Email's own fault refuses; the rest ends the batch.
bool is_its_own(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::invalid || error.code == Errc::too_big;
}

}  // namespace

Result<CreatedEmail> Store::create_email(Transaction& tx, AccountId account, std::span<const MailboxId> mailboxes, const Prepared& prepared,
                                         std::span<const std::string> flags, WallTime received, Uid* first_uid, Quota quota) const {
  TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
  TRY_ASSIGN(const auto account_bytes, tx.get(Space::account, key::of(account)));
  if (!account_bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto record, decode_account(*account_bytes));
  auto& clock = write.clock();
  const auto size = quota == Quota::strict ? prepared.size : 1;
  if (record.quota_bytes != 0 && clock.bytes + size > record.quota_bytes)
    return fail(Errc::over_quota, "the account " + record.name + " is full", "Delete mail, or raise the quota with: posthorn account set " + record.name + " --quota SIZE");
  if (mailboxes.empty()) return fail(Errc::invalid, "an email must be in a mailbox");
  for (const auto mailbox : mailboxes) TRY(write.mailbox(mailbox));
  TRY_ASSIGN(const auto bits, write.flags_of(flags));
  TRY(put_blob(tx, prepared));

  const EmailId id{clock.next_email++};
  EmailRecord email;
  email.blob = prepared.blob;
  TRY_ASSIGN(email.wrapped_key, keyring_.wrap(account, record.key, prepared.data_key));
  email.size = prepared.size;
  email.received = received;
  email.created = email.changed = write.modseq();
  TRY_ASSIGN(email.thread, join_thread(write, id, prepared.message_id, prepared.references, prepared.base_subject));
  for (const auto mailbox : mailboxes) {
    TRY_ASSIGN(const auto uid, write.add_member(mailbox, id, prepared.size, bits, clock_.now()));
    if (first_uid != nullptr && email.members.empty()) *first_uid = uid;
    email.members.emplace_back(mailbox, uid);
  }
  const CreatedEmail made{id, email.thread, email.size, write.modseq()};
  clock.bytes += prepared.size;
  ++clock.emails;
  write.put(id, std::move(email));
  write.touch(DataType::delivery);
  tx.put(Space::summary, key::of(account, id), prepared.summary);
  if (!prepared.evidence.empty()) tx.put(Space::evidence, key::of(account, id), prepared.evidence);
  TRY(add_blob_reference(tx, prepared.blob, key::owner(account, id)));
  TRY(write.finish());
  return made;
}

Task<Result<CreatedEmail>> Store::create_email(AccountId account, std::vector<MailboxId> mailboxes, std::shared_ptr<const Prepared> prepared,
                                               std::vector<std::string> flags, WallTime received) {
  auto staged = co_await stage(prepared);
  if (!staged) co_return fail(staged.error());
  CreatedEmail made;
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(made, create_email(tx, account, mailboxes, *prepared, flags, received));
    return {};
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  co_return made;
}

Task<Result<EmailsChanged>> Store::work_on_emails(AccountId account, std::size_t count, std::function<Status(AccountWrite&, std::size_t)> one) {
  EmailsChanged out;
  out.each.resize(count);
  std::size_t size = email_batch;
  for (std::size_t at = 0; at < count;) {
    const auto end = std::min(count, at + size);
    std::optional<ModSeq> commit;
    Work work = [&](Transaction& tx) -> Status {
      commit.reset();
      TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
      for (auto i = at; i < end; ++i) {
        out.each[i] = one(write, i);
        if (!out.each[i] && !is_its_own(out.each[i].error())) return out.each[i];
      }
      if (!wrote(write)) return {};
      commit = write.modseq();
      return write.finish();
    };
    auto done = co_await transact(std::move(work));
    if (!done && done.error().code == Errc::too_big && end - at > 1) {
      size = (end - at) / 2;
      continue;
    }
    if (!done) co_return fail(done.error());
    if (commit) out.commits.push_back(*commit);
    at = end;
    hub_.notify(account);
  }
  co_return out;
}

Task<Result<EmailsChanged>> Store::change_emails(AccountId account, std::vector<EmailPatch> patches) {
  std::function<Status(AccountWrite&, std::size_t)> one = [this, &patches](AccountWrite& write, std::size_t i) { return change_one(write, patches[i], clock_.now()); };
  co_return co_await work_on_emails(account, patches.size(), std::move(one));
}

Task<Result<EmailsChanged>> Store::destroy_emails(AccountId account, std::vector<EmailId> emails) {
  std::function<Status(AccountWrite&, std::size_t)> one = [&emails](AccountWrite& write, std::size_t i) { return destroy_one(write, emails[i]); };
  co_return co_await work_on_emails(account, emails.size(), std::move(one));
}

}  // namespace posthorn::store
