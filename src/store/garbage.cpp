// collect_garbage(): finishes what a crash or a change of mind left half done, and trims the change logs. Everything it takes is
// marked in the space of the node, so its cost is that of the garbage, not of the mail.
#include <algorithm>

#include "store/account_write.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::uint64_t log_kept = 10'000;  // change records of an account
constexpr auto staging_time = std::chrono::hours(1);
constexpr std::size_t accounts_together = 100;

struct Loose {
  BlobId blob{};
  WallTime since{};
};

// Marks that cannot be read count as old: all they protect is a message that is being staged.
Result<std::vector<Loose>> loose_chunks(const Reader& reader) {
  std::vector<Loose> out;
  TRY(reader.scan(Space::node, key::loose_prefix, key::after(std::string(key::loose_prefix)), [&out](std::string_view k, std::string_view value) {
    Loose one;
    k.remove_prefix(key::loose_prefix.size());
    if (k.size() != one.blob.bytes.size()) return true;
    std::ranges::copy(k, one.blob.bytes.begin());
    if (const auto since = decode_number(value)) one.since = WallTime(std::chrono::milliseconds(*since));
    out.push_back(one);
    return true;
  }));
  return out;
}

Result<std::vector<AccountId>> removed_accounts(const Reader& reader) {
  std::vector<AccountId> out;
  TRY(reader.scan(Space::node, key::removed_prefix, key::after(std::string(key::removed_prefix)), [&out](std::string_view k, std::string_view) {
    out.push_back(key::account_of(k.substr(key::removed_prefix.size())));
    return true;
  }));
  return out;
}

Result<std::vector<std::string>> first_keys(const Reader& reader, Space space, const std::string& from, const std::string& to, std::size_t most) {
  std::vector<std::string> out;
  TRY(reader.scan(space, from, to, [&out, most](std::string_view k, std::string_view) {
    out.emplace_back(k);
    return out.size() < most;
  }));
  return out;
}

// Some of the chunks of a blob; the mark goes with the last of them. True: there are more.
Result<bool> erase_chunks(Transaction& tx, const BlobId& blob, std::size_t most) {
  const auto prefix = key::of(blob);
  // Looked for here and not before: a transaction may have taken the message in between, and then its chunks are mail.
  TRY_ASSIGN(const auto header, tx.get(Space::blob, prefix));
  std::vector<std::string> keys;
  if (!header) {
    TRY_ASSIGN(keys, first_keys(tx, Space::chunk, prefix, key::after(prefix), most));
    for (const auto& k : keys) tx.erase(Space::chunk, k);
  }
  const bool more = keys.size() == most;
  if (!more) tx.erase(Space::node, key::loose(blob));
  return more;
}

Result<std::vector<std::string>> old_changes(const Reader& reader, AccountId account, std::size_t most) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::clock, key::of(account)));
  if (!bytes) return std::vector<std::string>();
  TRY_ASSIGN(const auto clock, decode_clock(*bytes));
  if (number(clock.modseq) <= log_kept) return std::vector<std::string>();
  return first_keys(reader, Space::log, key::of(account), key::of(account, ModSeq{number(clock.modseq) - log_kept + 1}), most);
}

// Which of some accounts there is something to do for: most of the time none, and then nothing is committed.
struct FindWork {
  Engine* engine = nullptr;
  std::vector<AccountId> accounts;
  Result<std::vector<AccountId>> operator()() const {
    const auto reader = engine->snapshot();
    std::vector<AccountId> out;
    for (const auto account : accounts) {
      TRY_ASSIGN(const auto old, old_changes(*reader, account, 1));
      const auto prefix = key::of(account, DataType::upload);
      TRY_ASSIGN(const auto uploads, first_keys(*reader, Space::object, prefix, key::after(prefix), 1));
      if (!old.empty() || !uploads.empty()) out.push_back(account);
    }
    return out;
  }
};
struct ListAccounts {
  Engine* engine = nullptr;
  Result<std::vector<AccountId>> operator()() const {
    std::vector<AccountId> out;
    TRY(engine->snapshot()->scan(Space::account, "", "", [&out](std::string_view k, std::string_view) {
      out.push_back(key::account_of(k));
      return true;
    }));
    return out;
  }
};

bool is_over(const GarbagePace& pace) { return pace.stop != nullptr && *pace.stop; }
Task<void> rest(Clock& clock, Duration time) {
  if (time > Duration::zero()) co_await sleep(clock, time);
}

}  // namespace

Task<Status> Store::collect_loose_chunks(GarbagePace pace) {
  auto loose = loose_chunks(*engine_.snapshot());
  if (!loose) co_return fail(loose.error());
  for (const auto& one : *loose) {
    if (clock_.now() - one.since < staging_time) continue;
    for (bool more = true; more && !is_over(pace);) {
      Work work = [&](Transaction& tx) -> Status {
        TRY_ASSIGN(more, erase_chunks(tx, one.blob, pace.rows));
        return {};
      };
      auto done = co_await transact(std::move(work));
      if (!done) co_return fail(done.error());
      co_await rest(clock_, pace.rest);
    }
  }
  co_return Status{};
}

Task<Status> Store::trim_log(AccountId account, GarbagePace pace) {
  while (!is_over(pace)) {
    auto keys = old_changes(*engine_.snapshot(), account, pace.rows);
    if (!keys) co_return fail(keys.error());
    if (keys->empty()) co_return Status{};
    Work work = [&keys](Transaction& tx) -> Status {
      for (const auto& k : *keys) tx.erase(Space::log, k);
      return {};
    };
    auto done = co_await transact(std::move(work));
    if (!done) co_return fail(done.error());
    co_await rest(clock_, pace.rest);
  }
  co_return Status{};
}

Task<Status> Store::collect_garbage(GarbagePace pace) {
  auto removed = removed_accounts(*engine_.snapshot());
  if (!removed) co_return fail(removed.error());
  for (const auto account : *removed) {
    auto done = co_await erase_removed(account, pace.rest);
    if (!done) co_return fail(done.error());
  }
  auto collected = co_await collect_loose_chunks(pace);
  if (!collected) co_return fail(collected.error());
  ListAccounts list{&engine_};
  auto all = co_await workers_.run(std::move(list));
  if (!all) co_return fail(all.error());
  for (std::size_t at = 0; at < all->size() && !is_over(pace); at += accounts_together) {
    const auto begin = all->begin() + static_cast<std::ptrdiff_t>(at);
    FindWork find{&engine_, {begin, begin + static_cast<std::ptrdiff_t>(std::min(accounts_together, all->size() - at))}};
    auto some = co_await workers_.run(std::move(find));
    if (!some) co_return fail(some.error());
    for (const auto account : *some) {
      auto trimmed = co_await trim_log(account, pace);
      if (!trimmed) co_return fail(trimmed.error());
      auto dropped = co_await drop_old_uploads(account);
      if (!dropped) co_return fail(dropped.error());
    }
    co_await rest(clock_, pace.rest);
  }
  co_return Status{};
}

}  // namespace posthorn::store
