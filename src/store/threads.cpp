// Threads (RFC 8621 3): an Email joins the thread of any Message-ID it has or refers to, if the base subjects are the same.
#include <algorithm>

#include "crypto/bytes.h"
#include "store/account_write.h"

namespace posthorn::store {
namespace {

constexpr std::size_t join_limit = 1000;  // rows of one thread; beyond, new references do not widen it any more

Result<std::optional<ThreadRecord>> read_thread(const AccountWrite& write, Transaction& tx, ThreadId id) {
  TRY_ASSIGN(const auto bytes, tx.get(Space::thread, key::of(write.account(), id)));
  if (!bytes) return std::optional<ThreadRecord>();
  TRY_ASSIGN(auto record, decode_thread(*bytes));
  return std::optional<ThreadRecord>(std::move(record));
}

}  // namespace

Result<ThreadId> join_thread(AccountWrite& write, EmailId email, std::string_view message_id, const std::vector<std::string>& references,
                             std::string_view base_subject) {
  auto& tx = write.tx();
  const auto subject = crypto::xxh3(base_subject);
  std::vector<std::uint64_t> ids;
  if (!message_id.empty()) ids.push_back(crypto::xxh3(message_id));
  for (const auto& reference : references) ids.push_back(crypto::xxh3(reference));
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());

  std::optional<ThreadId> thread;
  std::vector<std::uint64_t> fresh;
  for (const auto id : ids) {
    TRY_ASSIGN(const auto bytes, tx.get(Space::thread_join, key::of(write.account(), id, subject)));
    if (!bytes) {
      fresh.push_back(id);
      continue;
    }
    TRY_ASSIGN(const auto value, decode_number(*bytes));
    if (!thread) thread = ThreadId{value};
  }
  if (!thread) thread = ThreadId{write.clock().next_thread++};
  TRY_ASSIGN(auto known, read_thread(write, tx, *thread));
  ThreadRecord record = known ? std::move(*known) : ThreadRecord{};
  record.emails.push_back(email);
  for (const auto id : fresh) {
    if (record.joins.size() >= join_limit) break;
    record.joins.emplace_back(id, subject);
    tx.put(Space::thread_join, key::of(write.account(), id, subject), encode_number(number(*thread)));
  }
  tx.put(Space::thread, key::of(write.account(), *thread), encode(record));
  return *thread;
}

Status leave_thread(AccountWrite& write, ThreadId thread, EmailId email) {
  auto& tx = write.tx();
  TRY_ASSIGN(auto record, read_thread(write, tx, thread));
  if (!record) return {};
  std::erase(record->emails, email);
  if (!record->emails.empty()) {
    tx.put(Space::thread, key::of(write.account(), thread), encode(*record));
    return {};
  }
  for (const auto& [message_id, subject] : record->joins) tx.erase(Space::thread_join, key::of(write.account(), message_id, subject));
  tx.erase(Space::thread, key::of(write.account(), thread));
  return {};
}

}  // namespace posthorn::store
