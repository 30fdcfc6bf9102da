// verify() counts everything again and says in words what does not agree. It reads every body, so it takes its time.
#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "store/account_write.h"
#include "store/blob_read.h"
#include "store/search/index.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

std::string text_of(EmailId id) { return std::to_string(number(id)); }

// Recounts one account against its own records.
class AccountCheck {
 public:
  AccountCheck(const Reader& reader, const crypto::Keyring& keyring, AccountId account, std::vector<std::string>& problems)
      : reader_(reader), keyring_(keyring), account_(account), prefix_(key::of(account)), problems_(problems) {}

  Status run() {
    TRY(read_account());
    TRY(read_emails());
    TRY(read_memberships());
    TRY(compare_mailboxes());
    TRY(compare_threads());
    TRY(compare_objects());
    compare_clock();
    return search::check_index(reader_, keyring_, account_, [this](std::string what) { problem(std::move(what)); });
  }
  const std::map<EmailId, EmailRecord>& emails() const { return emails_; }

 private:
  void problem(std::string what) { problems_.push_back(name_ + ": " + std::move(what)); }
  template <class Take>
  Status each(Space space, Take take) {
    return reader_.scan(space, prefix_, key::after(prefix_), [&](std::string_view k, std::string_view value) {
      take(k, value);
      return true;
    });
  }

  Status read_account() {
    name_ = "account " + std::to_string(number(account_));
    TRY_ASSIGN(const auto bytes, reader_.get(Space::account, prefix_));
    TRY_ASSIGN(const auto clock_bytes, reader_.get(Space::clock, prefix_));
    if (!bytes || !clock_bytes) {
      problem("it has no account record or no clock");
      return {};
    }
    auto record = decode_account(*bytes);
    auto clock = decode_clock(*clock_bytes);
    if (!record || !clock) {
      problem((record ? clock.error() : record.error()).what);
      return {};
    }
    account_record_ = std::move(*record);
    name_ = account_record_.name;
    clock_ = *clock;
    return {};
  }

  Status read_emails() {
    TRY(each(Space::email, [&](std::string_view k, std::string_view value) {
      auto record = decode_email(value);
      if (!record) return problem("email " + text_of(key::email_of(k)) + ": " + record.error().what);
      bytes_ += record->size;
      emails_.emplace(key::email_of(k), std::move(*record));
    }));
    for (const auto& [id, record] : emails_) check_email(id, record);
    return {};
  }

  void check_email(EmailId id, const EmailRecord& record) {
    if (record.members.empty()) problem("email " + text_of(id) + " is in no mailbox");
    const auto reference = reader_.get(Space::blob_reference, key::of(record.blob) + key::owner(account_, id));
    if (!reference || !*reference) problem("email " + text_of(id) + " has no hold on its blob");
    const auto summary = reader_.get(Space::summary, key::of(account_, id));
    if (!summary || !*summary) problem("email " + text_of(id) + " has no summary");
    else if (auto decoded = mail::decode_summary(**summary); !decoded) problem("email " + text_of(id) + ": its summary does not check");
    const auto data_key = keyring_.unwrap(account_, account_record_.key, record.wrapped_key);
    if (!data_key) return problem("email " + text_of(id) + ": its key cannot be opened");
    const auto bytes = read_blob(reader_, record.blob, *data_key);
    if (!bytes) return problem("email " + text_of(id) + ": " + bytes.error().what);
    if (bytes->size() != record.size) problem("email " + text_of(id) + " says " + std::to_string(record.size) + " bytes and has " + std::to_string(bytes->size()));
  }

  Status read_memberships() {
    std::map<EmailId, std::set<std::pair<MailboxId, Uid>>> seen;
    TRY(each(Space::membership, [&](std::string_view k, std::string_view value) {
      const auto mailbox = key::mailbox_of(k);
      auto member = decode_member(value, key::uid_of(k));
      if (!member) return problem("mailbox " + std::to_string(number(mailbox)) + ": " + member.error().what);
      auto& counted = counted_[mailbox];
      ++counted.counts.total;
      counted.counts.unseen += member->flags.has(SystemFlag::seen) ? 0 : 1;
      counted.counts.deleted += member->flags.has(SystemFlag::deleted) ? 1 : 0;
      counted.highestmodseq = std::max(counted.highestmodseq, member->modseq);
      counted.uidnext = std::max(counted.uidnext, Uid{number(member->uid) + 1});
      const auto email = emails_.find(member->email);
      if (email == emails_.end()) return problem("a membership names email " + text_of(member->email) + ", which is not there");
      counted.counts.bytes += email->second.size;
      seen[member->email].emplace(mailbox, member->uid);
    }));
    for (const auto& [id, record] : emails_) {
      const std::set<std::pair<MailboxId, Uid>> own(record.members.begin(), record.members.end());
      if (own.size() != record.members.size() || own != seen[id]) problem("email " + text_of(id) + " and its memberships do not agree");
    }
    return {};
  }

  // A row of the index of objects names one that is there; one that names none says that none is left out.
  Status compare_objects() {
    std::vector<std::string> named;
    TRY(each(Space::object_index, [&named](std::string_view k, std::string_view) { named.emplace_back(k); }));
    for (const auto& k : named) {
      const auto type = static_cast<DataType>(key::take_number(k, 8, 1));
      const ObjectId id{key::take_number(k, k.size() - 8, 8)};
      if (number(id) == 0) continue;
      TRY_ASSIGN(const auto there, reader_.get(Space::object, key::of(account_, type, id)));
      if (!there) problem("the index of objects names number " + std::to_string(number(id)) + ", which is not there");
    }
    return {};
  }

  Status compare_mailboxes() {
    std::set<MailboxId> known;
    std::set<std::string> names;
    TRY(each(Space::mailbox, [&](std::string_view k, std::string_view value) {
      const auto id = key::mailbox_of(k);
      known.insert(id);
      auto record = decode_mailbox(value);
      if (!record) return problem("mailbox " + std::to_string(number(id)) + ": " + record.error().what);
      if (!names.insert(record->name).second) problem("there are two mailboxes " + record->name);
      if (number(id) >= clock_.next_mailbox) problem("mailbox " + record->name + " has an id that is still to be given");
      compare_counters(id, record->name);
    }));
    for (const auto& [id, counted] : counted_)
      if (!known.contains(id)) problem("messages are in mailbox " + std::to_string(number(id)) + ", which is not there");
    TRY(each(Space::counters, [&](std::string_view k, std::string_view) {
      if (!known.contains(key::mailbox_of(k))) problem("there are counters of a mailbox that is not there");
    }));
    return {};
  }

  void compare_counters(MailboxId id, const std::string& mailbox) {
    const auto bytes = reader_.get(Space::counters, key::of(account_, id));
    auto stored = bytes && *bytes ? decode_counters(**bytes) : fail(Errc::corrupt, "it has no counters");
    if (!stored) return problem("mailbox " + mailbox + ": " + stored.error().what);
    const auto& counted = counted_[id];
    const auto& a = stored->counts;
    const auto& b = counted.counts;
    if (a.total != b.total || a.unseen != b.unseen || a.deleted != b.deleted || a.bytes != b.bytes)
      problem("mailbox " + mailbox + " is counted as " + std::to_string(a.total) + " messages, " + std::to_string(a.unseen) + " unseen, " + std::to_string(a.deleted) +
              " deleted, " + std::to_string(a.bytes) + " bytes, and has " + std::to_string(b.total) + ", " + std::to_string(b.unseen) + ", " + std::to_string(b.deleted) + ", " +
              std::to_string(b.bytes));
    if (stored->uidnext < counted.uidnext) problem("mailbox " + mailbox + " would give a UID twice");
    if (stored->highestmodseq < counted.highestmodseq || clock_.modseq < stored->highestmodseq) problem("mailbox " + mailbox + " has a modseq out of order");
  }

  Status compare_threads() {
    std::map<EmailId, ThreadId> in_thread;
    std::map<std::string, ThreadId> joins;
    TRY(each(Space::thread, [&](std::string_view k, std::string_view value) {
      const ThreadId id{key::take_number(k, 8, 8)};
      auto record = decode_thread(value);
      if (!record) return problem("thread " + std::to_string(number(id)) + ": " + record.error().what);
      if (record->emails.empty()) problem("thread " + std::to_string(number(id)) + " is empty");
      for (const auto email : record->emails) in_thread[email] = id;
      for (const auto& [message_id, subject] : record->joins) joins[key::of(account_, message_id, subject)] = id;
    }));
    for (const auto& [id, record] : emails_) {
      const auto found = in_thread.find(id);
      if (found == in_thread.end() || found->second != record.thread) problem("email " + text_of(id) + " is not in its thread");
    }
    if (in_thread.size() != emails_.size()) problem("the threads hold " + std::to_string(in_thread.size()) + " emails of " + std::to_string(emails_.size()));
    std::size_t rows = 0;
    TRY(each(Space::thread_join, [&](std::string_view k, std::string_view value) {
      ++rows;
      const auto found = joins.find(std::string(k));
      const auto thread = decode_number(value);
      if (found == joins.end() || !thread || number(found->second) != *thread) problem("a thread join leads nowhere");
    }));
    if (rows != joins.size()) problem("threads have lost joins");
    return {};
  }

  void compare_clock() {
    if (clock_.emails != emails_.size()) problem("it counts " + std::to_string(clock_.emails) + " emails and has " + std::to_string(emails_.size()));
    if (clock_.bytes != bytes_) problem("it counts " + std::to_string(clock_.bytes) + " bytes and has " + std::to_string(bytes_));
    for (const auto& [id, record] : emails_)
      if (number(id) >= clock_.next_email) problem("email " + text_of(id) + " has an id that is still to be given");
    std::optional<ModSeq> last;
    const auto scanned = each(Space::log, [&](std::string_view k, std::string_view) {
      const ModSeq at{key::take_number(k, 8, 8)};
      if (last && number(at) != number(*last) + 1) problem("the change log has a gap before " + std::to_string(number(at)));
      last = at;
    });
    if (scanned && (!last || *last != clock_.modseq)) problem("the change log does not end at the account's modseq");
  }

  const Reader& reader_;
  const crypto::Keyring& keyring_;
  AccountId account_;
  std::string prefix_, name_;
  std::vector<std::string>& problems_;
  AccountRecord account_record_;
  ClockRecord clock_;
  std::map<EmailId, EmailRecord> emails_;
  std::map<MailboxId, CountersRecord> counted_;
  std::uint64_t bytes_ = 0;
};

// Blob ids as references and headers name them.
Result<std::set<std::string>> blobs_in(const Reader& reader, Space space) {
  std::set<std::string> out;
  TRY(reader.scan(space, "", "", [&out](std::string_view k, std::string_view) {
    out.emplace(k.substr(0, 16));
    return true;
  }));
  return out;
}

}  // namespace

Result<std::vector<std::string>> Store::verify(std::function<void(std::uint64_t, std::uint64_t)> progress) const {
  std::vector<std::string> problems;
  const auto reader = engine_.snapshot();
  std::vector<AccountId> ids;
  TRY(reader->scan(Space::account, "", "", [&ids](std::string_view k, std::string_view) {
    ids.push_back(key::account_of(k));
    return true;
  }));
  std::uint64_t references = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    AccountCheck check(*reader, keyring_, ids[i], problems);
    TRY(check.run());
    references += check.emails().size();
    if (progress) progress(i + 1, ids.size());
  }
  std::uint64_t account_references = 0;
  TRY(reader->scan(Space::blob_reference, "", "", [&account_references](std::string_view k, std::string_view) {
    account_references += k.size() > 16 && k[16] == 'a' ? 1 : 0;
    return true;
  }));
  if (account_references != references) problems.push_back("blobs are held " + std::to_string(account_references) + " times by emails, of which there are " + std::to_string(references));
  TRY_ASSIGN(const auto held, blobs_in(*reader, Space::blob_reference));
  TRY_ASSIGN(const auto headers, blobs_in(*reader, Space::blob));
  for (const auto& blob : held)
    if (!headers.contains(blob)) problems.push_back("blob " + hex(blob) + " is held but not there");
  for (const auto& blob : headers)
    if (!held.contains(blob)) problems.push_back("blob " + hex(blob) + " is there but nobody holds it");
  return problems;
}

}  // namespace posthorn::store
