#include "store/search/writer.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "store/record/keys.h"
#include "store/record/records.h"
#include "store/search/index.h"

namespace posthorn::store::search {
namespace {

constexpr std::size_t bytes_at_once = 1u << 20, rows_at_once = 5'000;

Status check_unchanged(const Transaction& tx, AccountId account, const std::string& known) {
  TRY_ASSIGN(const auto there, tx.get(Space::account, key::of(account)));
  if (!there) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto manifest, tx.get(Space::search, manifest_key(account)));
  if (manifest.value_or("") != known) return fail(Errc::conflict, "somebody else writes the index of words");
  return {};
}

// Up to `rows_at_once` keys of rows in [from, to).
Result<std::vector<std::string>> keys_of(const Reader& reader, const std::string& from, const std::string& to) {
  std::vector<std::string> out;
  TRY(reader.scan(Space::search, from, to, [&out](std::string_view k, std::string_view) {
    out.emplace_back(k);
    return out.size() < rows_at_once;
  }));
  return out;
}

}  // namespace

Task<Status> IndexWriter::commit(Step step) {
  const auto encoded = encode(step.next);
  Work work = [&](Transaction& tx) -> Status {
    TRY(check_unchanged(tx, account_, written_));
    for (const auto& row : step.rows) tx.put(Space::search, row.key, row.value);
    for (const auto& one : step.erased)
      for (std::uint32_t block = 0; block <= one.blocks; ++block) tx.erase(Space::search, block_key(account_, one.number, block));
    if (encoded != written_) tx.put(Space::search, manifest_key(account_), encoded);
    return {};
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  manifest_ = std::move(step.next);
  written_ = encoded;
  co_return Status{};
}

// No Reader is kept over a wait: it must not outlive the engine when the server stops.
Result<std::string> IndexWriter::read(const crypto::Keyring& keyring) {
  const auto reader = store_.snapshot();
  TRY_ASSIGN(const auto bytes, reader->get(Space::search, manifest_key(account_)));
  if (!bytes) return std::string();
  TRY_ASSIGN(manifest_, decode_manifest(*bytes));
  TRY_ASSIGN(data_key_, index_key(*reader, keyring, account_, manifest_));
  return *bytes;
}

Result<Manifest> IndexWriter::first_manifest(const crypto::Keyring& keyring) {
  TRY_ASSIGN(const auto bytes, store_.snapshot()->get(Space::account, key::of(account_)));
  if (!bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto record, decode_account(*bytes));
  data_key_ = crypto::random_bytes(32);
  Manifest out;
  TRY_ASSIGN(out.wrapped_key, keyring.wrap(account_, record.key, data_key_));
  out.cleaned = store_.clock().now();
  return out;
}

Task<Status> IndexWriter::erase_rubbish() {
  if (!manifest_.dropping && manifest_.begun == 0) co_return Status{};
  const auto from = manifest_.dropping ? block_key(account_, 1, 0) : block_key(account_, manifest_.begun, 0);
  const auto to = key::after(manifest_.dropping ? key::of(account_) : from.substr(0, 12));
  for (bool more = true; more;) {
    Work work = [&](Transaction& tx) -> Status {
      TRY(check_unchanged(tx, account_, written_));
      TRY_ASSIGN(const auto keys, keys_of(tx, from, to));
      for (const auto& k : keys) tx.erase(Space::search, k);
      more = keys.size() == rows_at_once;
      return {};
    };
    auto done = co_await store_.transact(std::move(work));
    if (!done) co_return fail(done.error());
  }
  auto change = step();
  change.next.begun = 0;
  change.next.dropping = false;
  co_return co_await commit(std::move(change));
}

Task<Status> IndexWriter::open(const crypto::Keyring& keyring) {
  auto found = read(keyring);
  if (!found) co_return fail(found.error());
  written_ = std::move(*found);
  if (!written_.empty()) co_return co_await erase_rubbish();
  auto fresh = first_manifest(keyring);
  if (!fresh) co_return fail(fresh.error());
  auto change = step();
  change.next = std::move(*fresh);
  co_return co_await commit(std::move(change));
}

Task<Result<std::uint32_t>> IndexWriter::begin_segment() {
  auto change = step();
  change.next.begun = change.next.next_segment++;
  auto done = co_await commit(std::move(change));
  if (!done) co_return fail(done.error());
  co_return manifest_.begun;
}

Task<Status> IndexWriter::put(std::vector<Entry> rows) {
  auto some = step();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bytes += rows[i].key.size() + rows[i].value.size();
    some.rows.push_back(std::move(rows[i]));
    if (bytes < bytes_at_once && i + 1 < rows.size()) continue;
    auto done = co_await commit(std::move(some));
    if (!done) co_return fail(done.error());
    some = step();
    bytes = 0;
  }
  co_return Status{};
}

Task<Status> IndexWriter::add(Segment made, EmailId until) {
  auto change = step();
  change.next.until = until;
  change.next.begun = 0;
  if (made.emails > 0) change.next.segments.push_back(made);
  co_return co_await commit(std::move(change));
}

Task<Status> IndexWriter::replace(Segment made, std::vector<Segment> old) {
  auto change = step();
  change.next.begun = 0;
  const auto at = std::ranges::find(change.next.segments, old.front().number, &Segment::number);
  const auto rest = change.next.segments.erase(at, at + static_cast<std::ptrdiff_t>(old.size()));
  if (made.emails > 0) change.next.segments.insert(rest, made);
  change.erased = std::move(old);
  co_return co_await commit(std::move(change));
}

Task<Status> IndexWriter::cleaned(WallTime at) {
  auto change = step();
  change.next.cleaned = at;
  co_return co_await commit(std::move(change));
}

}  // namespace posthorn::store::search
