// Blobs: a message as it came, cut into chunks of 64 KiB, each compressed, then sealed with the message's own random key and bound to
// its place, so that no chunk can be swapped, cut off or read without the key.
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "crypto/bytes.h"
#include "store/account_write.h"
#include "store/blob_read.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::size_t chunk_size = 65'536;
// Messages with more chunk bytes than this go ahead of their transaction. One often takes two blobs: a local copy and the queue's.
constexpr std::size_t stage_from = 512u << 10;
constexpr std::size_t stage_batch = 1u << 20;  // chunk bytes a transaction
constexpr std::size_t evidence_limit = 512u << 10;  // octets of JSON
constexpr char evidence_version = 1;
constexpr int compression_level = 1;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// A context is costly to make and cheap to use again, so each thread keeps one.
ZSTD_CCtx* compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  return context.get();
}
ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  return context.get();
}

std::string compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const auto size = ZSTD_compressCCtx(compressor(), out.data(), out.size(), bytes.data(), bytes.size(), compression_level);
  if (ZSTD_isError(size) != 0) std::abort();  // only out of memory or a bug: the room is what zstd itself asked for
  out.resize(size);
  return out;
}

std::string place(const BlobId& blob, std::uint32_t chunk, std::uint32_t of) {
  auto out = key::of(blob, chunk);
  key::put_number(out, chunk + 1 == of ? 1 : 0, 1);
  return out;
}

// The seal of an evidence record is bound to the blob that it tells of.
std::string evidence_place(const BlobId& blob) { return key::of(blob) + "evidence"; }

// Milliseconds, then randomness: what comes later stands later, so that a database grows at one place and never mixes old with new.
BlobId new_blob_id(WallTime now) {
  BlobId out;
  std::string id;
  key::put_number(id, static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count()), 6);
  id += crypto::random_bytes(out.bytes.size() - id.size());
  std::ranges::copy(id, out.bytes.begin());
  return out;
}

std::size_t bytes_of(const Prepared& prepared) {
  std::size_t sum = 0;
  for (const auto& chunk : prepared.chunks) sum += chunk.size();
  return sum;
}

}  // namespace

namespace {

Prepared seal_bytes(std::string_view bytes, WallTime now) {
  Prepared out;
  out.size = bytes.size();
  out.blob = new_blob_id(now);
  out.data_key = crypto::random_bytes(32);
  const auto chunks = static_cast<std::uint32_t>(std::max<std::size_t>(1, (bytes.size() + chunk_size - 1) / chunk_size));
  for (std::uint32_t i = 0; i < chunks; ++i) {
    const auto plain = compress(bytes.substr(i * chunk_size, chunk_size));
    out.chunks.push_back(crypto::seal(out.data_key, plain, place(out.blob, i, chunks)));
  }
  return out;
}

}  // namespace

Result<Prepared> Store::prepare(std::string_view message) const {
  auto out = seal_bytes(message, clock_.now());
  const auto summary = mail::summarize(mail::parse(message));
  out.summary = mail::encode(summary);
  out.message_id = summary.message_id;
  out.base_subject = mail::base_subject(summary.subject);
  out.references = summary.references;
  return out;
}

Result<Prepared> Store::seal(std::string_view bytes) const { return seal_bytes(bytes, clock_.now()); }

void Store::attach_evidence(Prepared& prepared, std::string_view evidence) const {
  prepared.evidence = std::string(1, evidence_version) + crypto::seal(prepared.data_key, compress(evidence.substr(0, evidence_limit)), evidence_place(prepared.blob));
}

Task<Status> Store::stage(std::shared_ptr<const Prepared> prepared) {
  if (bytes_of(*prepared) <= stage_from) co_return Status{};
  for (std::size_t from = 0; from < prepared->chunks.size();) {
    std::size_t to = from, bytes = 0;
    while (to < prepared->chunks.size() && bytes < stage_batch) bytes += prepared->chunks[to++].size();
    Work work = [this, prepared, from, to](Transaction& tx) -> Status {
      if (from == 0) mark_loose(tx, prepared->blob, clock_.now());
      for (std::size_t i = from; i < to; ++i) tx.put(Space::chunk, key::of(prepared->blob, static_cast<std::uint32_t>(i)), prepared->chunks[i]);
      return {};
    };
    auto done = co_await transact(std::move(work));
    if (!done) co_return fail(done.error());
    from = to;
  }
  co_return Status{};
}

Status Store::put_blob(Transaction& tx, const Prepared& prepared) const {
  const auto header = key::of(prepared.blob);
  TRY_ASSIGN(const auto there, tx.get(Space::blob, header));
  if (there) return {};
  const auto count = static_cast<std::uint32_t>(prepared.chunks.size());
  if (bytes_of(prepared) <= stage_from) {
    for (std::uint32_t i = 0; i < count; ++i) tx.put(Space::chunk, key::of(prepared.blob, i), prepared.chunks[i]);
  } else {
    // Staging writes from the first chunk to the last and erasing goes the same way, so if both are there, all are.
    TRY_ASSIGN(const auto first, tx.get(Space::chunk, key::of(prepared.blob, 0)));
    TRY_ASSIGN(const auto last, tx.get(Space::chunk, key::of(prepared.blob, count - 1)));
    if (!first || !last) return fail(Errc::unavailable, "a large message was not staged within the hour before its transaction");
    tx.erase(Space::node, key::loose(prepared.blob));
  }
  tx.put(Space::blob, header, encode(BlobRecord{prepared.size, count, clock_.now()}));
  return {};
}

Status Store::add_blob_reference(Transaction& tx, const BlobId& blob, std::string_view owner) const {
  tx.put(Space::blob_reference, key::of(blob) + std::string(owner), "");
  return {};
}

Status Store::remove_blob_reference(Transaction& tx, const BlobId& blob, std::string_view owner) const {
  tx.erase(Space::blob_reference, key::of(blob) + std::string(owner));
  return erase_blob_if_unreferenced(tx, blob);
}

Result<std::string> read_blob_range(const Reader& reader, const BlobId& blob, std::string_view data_key, std::uint64_t offset, std::uint64_t length) {
  const auto corrupt = [](const char* why) { return fail(Errc::corrupt, std::string("a stored message cannot be read: ") + why, "Restore it from your backup; posthorn verify names it"); };
  TRY_ASSIGN(const auto bytes, reader.get(Space::blob, key::of(blob)));
  if (!bytes) return corrupt("it is not there");
  TRY_ASSIGN(const auto header, decode_blob(*bytes));
  const auto begin = std::min(offset, header.size), end = begin + std::min(length, header.size - begin);
  std::string out;
  out.reserve(std::min<std::uint64_t>(end - begin, std::uint64_t{header.chunks} * chunk_size));
  std::string plain(chunk_size, '\0');
  for (auto at = begin - begin % chunk_size; at < end; at += chunk_size) {
    const auto i = static_cast<std::uint32_t>(at / chunk_size);
    TRY_ASSIGN(const auto chunk, reader.get(Space::chunk, key::of(blob, i)));
    if (!chunk) return corrupt("a part is missing");
    TRY_ASSIGN(const auto packed, crypto::open(data_key, *chunk, place(blob, i, header.chunks)));
    // The room is fixed, so that no bytes can unpack to more than a chunk.
    const auto size = ZSTD_decompressDCtx(decompressor(), plain.data(), plain.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0) return corrupt("a part does not unpack");
    if (size != std::min<std::uint64_t>(chunk_size, header.size - at)) return corrupt("its size is not what it was");
    const auto from = std::max(begin, at) - at;
    out.append(plain, from, std::min<std::uint64_t>(size, end - at) - from);
  }
  return out;
}

Result<std::string> read_blob(const Reader& reader, const BlobId& blob, std::string_view data_key) {
  return read_blob_range(reader, blob, data_key, 0, std::numeric_limits<std::uint64_t>::max());
}

Result<std::string> open_evidence(std::string_view stored, const BlobId& blob, std::string_view data_key) {
  const auto corrupt = [] { return fail(Errc::corrupt, "a stored evidence record cannot be read", "Restore it from your backup; the message itself is not touched by this"); };
  if (stored.empty() || stored.front() != evidence_version) return corrupt();
  TRY_ASSIGN(const auto packed, crypto::open(data_key, stored.substr(1), evidence_place(blob)));
  std::string plain(evidence_limit, '\0');
  const auto size = ZSTD_decompressDCtx(decompressor(), plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0) return corrupt();
  plain.resize(size);
  return plain;
}

Result<std::string> Store::blob(const Prepared& prepared) const { return read_blob(*engine_.snapshot(), prepared.blob, prepared.data_key); }

}  // namespace posthorn::store
