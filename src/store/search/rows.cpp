#include "store/search/rows.h"

#include <zstd.h>

#include <cstdlib>
#include <memory>

#include "base/codec.h"
#include "crypto/bytes.h"
#include "store/record/keys.h"

namespace posthorn::store::search {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t sum_size = 4;
constexpr int compression_level = 1;
constexpr std::size_t longest_row = 64u << 20;  // unpacked: a directory of more Emails than one segment takes

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::unexpected<Error> bad(const char* why) {
  return fail(Errc::corrupt, std::string("the index of words does not check: ") + why, "It is made anew by itself; posthorn account reindex does it now");
}

std::uint32_t sum_of(std::string_view bytes) { return static_cast<std::uint32_t>(crypto::xxh3(bytes)); }

}  // namespace

std::uint64_t Manifest::emails() const {
  std::uint64_t out = 0;
  for (const auto& one : segments) out += one.emails;
  return out;
}

std::string encode(const Manifest& manifest) {
  Encoder out;
  out.u8(version).string(manifest.wrapped_key).u64(number(manifest.until)).u32(manifest.next_segment).u32(manifest.begun).flag(manifest.dropping);
  out.i64(manifest.cleaned.time_since_epoch().count()).u32(static_cast<std::uint32_t>(manifest.segments.size()));
  for (const auto& one : manifest.segments) out.u32(one.number).u32(one.emails).u32(one.blocks).u64(number(one.first)).u64(number(one.last));
  const auto sum = sum_of(out.bytes());
  return out.u32(sum).take();
}

Result<Manifest> decode_manifest(std::string_view bytes) {
  if (bytes.size() < 1 + sum_size) return bad("its manifest is too short");
  const auto body = bytes.substr(0, bytes.size() - sum_size);
  if (Decoder(bytes.substr(body.size())).u32() != sum_of(body)) return bad("the checksum of its manifest is wrong");
  Decoder in(body);
  if (in.u8() != version) return bad("it is of an unknown version");
  Manifest out;
  out.wrapped_key = in.string();
  out.until = EmailId{in.u64()};
  out.next_segment = in.u32();
  out.begun = in.u32();
  out.dropping = in.flag();
  out.cleaned = WallTime(std::chrono::milliseconds(in.i64()));
  out.segments.resize(in.count(28));
  EmailId last{};
  for (auto& one : out.segments) {
    one.number = in.u32();
    one.emails = in.u32();
    one.blocks = in.u32();
    one.first = EmailId{in.u64()};
    one.last = EmailId{in.u64()};
    if (one.first <= last || one.last < one.first || one.last >= out.until || one.number == 0 || one.number >= out.next_segment) return bad("its segments");
    last = one.last;
  }
  if (!in.finished()) return bad("its manifest");
  return out;
}

Result<std::optional<Manifest>> read_manifest(const Reader& reader, AccountId account) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::search, manifest_key(account)));
  if (!bytes) return std::optional<Manifest>();
  TRY_ASSIGN(auto manifest, decode_manifest(*bytes));
  return std::optional(std::move(manifest));
}

std::string block_key(AccountId account, std::uint32_t segment, std::uint32_t block) {
  auto out = key::of(account);
  key::put_number(out, segment, 4);
  key::put_number(out, block, 4);
  return out;
}
std::string manifest_key(AccountId account) { return block_key(account, 0, 0); }
std::uint32_t segment_of(std::string_view k) { return static_cast<std::uint32_t>(key::take_number(k, 8, 4)); }
std::uint32_t block_of(std::string_view k) { return static_cast<std::uint32_t>(key::take_number(k, 12, 4)); }

std::string seal_row(std::string_view data_key, std::string_view row_key, std::string_view plain) {
  // A context is costly to make and cheap to use again.
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const auto size = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), plain.data(), plain.size(), compression_level);
  if (ZSTD_isError(size) != 0) std::abort();  // only out of memory or a bug: the room is what zstd itself asked for
  packed.resize(size);
  return crypto::seal(data_key, packed, row_key);
}

Result<std::string> open_row(std::string_view data_key, std::string_view row_key, std::string_view sealed) {
  TRY_ASSIGN(const auto packed, crypto::open(data_key, sealed, row_key));
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > longest_row) return bad("the size of a row");
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  std::string plain(size, '\0');
  const auto got = ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size) return bad("a row cannot be unpacked");
  return plain;
}

Result<std::string> read_row(const Reader& reader, std::string_view data_key, AccountId account, std::uint32_t segment, std::uint32_t block) {
  const auto row_key = block_key(account, segment, block);
  TRY_ASSIGN(const auto sealed, reader.get(Space::search, row_key));
  if (!sealed) return bad("a row is missing");
  return open_row(data_key, row_key, *sealed);
}

}  // namespace posthorn::store::search
