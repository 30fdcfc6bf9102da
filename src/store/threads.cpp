// Threads (RFC 8621 3): an Email joins the thread of any Message-ID it has or refers to, if the base subjects are the same.
// Every letter of a thread rewrites its record, and strangers choose what a letter refers to, so a record is bounded: a full thread is
// left alone, and the next letter begins a new one that takes over the joins it was found by.
#include <algorithm>

#include "crypto/bytes.h"
#include "store/account_write.h"

namespace posthorn::store {
namespace {

constexpr std::size_t email_limit = 1000;  // emails of one thread
constexpr std::size_t join_limit = 1000;   // rows of one thread; beyond, new references do not widen it any more
constexpr std::size_t take_over_limit = 8;  // joins taken from full threads by one letter: each rewrites a thread

// Hashes of the message's own id, first, and of those it refers to; each once.
std::vector<std::uint64_t> hashes(std::string_view message_id, const std::vector<std::string>& references) {
  std::vector<std::uint64_t> out;
  const auto add = [&out](std::string_view id) {
    const auto hash = crypto::xxh3(id);
    if (std::ranges::find(out, hash) == out.end()) out.push_back(hash);
  };
  if (!message_id.empty()) add(message_id);
  for (const auto& reference : references) add(reference);
  return out;
}

struct Joins {
  std::optional<ThreadId> open;                           // the first thread found that has room
  std::vector<std::pair<std::uint64_t, ThreadId>> full;   // joins of threads that have none
  std::vector<std::uint64_t> fresh;                       // ids nobody joined yet
};

Result<Joins> find_joins(AccountWrite& write, const std::vector<std::uint64_t>& ids, std::uint64_t subject) {
  Joins out;
  for (const auto id : ids) {
    TRY_ASSIGN(const auto bytes, write.tx().get(Space::thread_join, key::of(write.account(), id, subject)));
    if (!bytes) {
      out.fresh.push_back(id);
      continue;
    }
    if (out.open) continue;
    TRY_ASSIGN(const auto value, decode_number(*bytes));
    const ThreadId thread{value};
    TRY_ASSIGN(const auto record, write.thread(thread));
    if (record.emails.size() < email_limit) out.open = thread;
    else if (out.full.size() < take_over_limit) out.full.emplace_back(id, thread);
  }
  return out;
}

}  // namespace

Result<ThreadId> join_thread(AccountWrite& write, EmailId email, std::string_view message_id, const std::vector<std::string>& references,
                             std::string_view base_subject) {
  const auto subject = crypto::xxh3(base_subject);
  TRY_ASSIGN(auto joins, find_joins(write, hashes(message_id, references), subject));
  if (!joins.open) {
    joins.open = ThreadId{write.clock().next_thread++};
    for (const auto& [id, old] : joins.full) {
      TRY_ASSIGN(auto* record, write.change_thread(old));
      std::erase(record->joins, std::pair(id, subject));
      joins.fresh.push_back(id);
    }
  }
  TRY_ASSIGN(auto* record, write.change_thread(*joins.open));
  record->emails.push_back(email);
  write.touch(DataType::thread);
  for (const auto id : joins.fresh) {
    if (record->joins.size() >= join_limit) break;
    record->joins.emplace_back(id, subject);
    write.tx().put(Space::thread_join, key::of(write.account(), id, subject), encode_number(number(*joins.open)));
  }
  return *joins.open;
}

Result<std::optional<ThreadId>> thread_to_join(AccountWrite& write, std::string_view message_id, const std::vector<std::string>& references, std::string_view base_subject) {
  TRY_ASSIGN(const auto joins, find_joins(write, hashes(message_id, references), crypto::xxh3(base_subject)));
  return joins.open;
}

Status leave_thread(AccountWrite& write, ThreadId thread, EmailId email) {
  TRY_ASSIGN(auto* record, write.change_thread(thread));
  std::erase(record->emails, email);
  write.touch(DataType::thread);
  return {};
}

}  // namespace posthorn::store
