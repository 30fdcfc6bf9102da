#include "post/security/kept_sts.h"

#include "base/codec.h"
#include "crypto/bytes.h"

namespace posthorn::post {
namespace {

constexpr std::uint8_t version = 1;

}  // namespace

std::string kept_sts_key(const std::string& domain) { return "mta-sts " + domain; }

std::string encode(const KeptSts& row) {
  Encoder out;
  out.u8(version).string(row.id).i64(row.fetched.time_since_epoch().count()).u8(static_cast<std::uint8_t>(row.policy.mode));
  out.u32(static_cast<std::uint32_t>(row.policy.max_age.count())).u32(static_cast<std::uint32_t>(row.policy.hosts.size()));
  for (const auto& host : row.policy.hosts) out.string(host);
  const auto sum = crypto::xxh3(out.bytes());
  return out.u64(sum).take();
}

std::optional<KeptSts> kept_sts(const store::Store& store, const std::string& domain, WallTime now) {
  const auto bytes = store.snapshot()->get(store::Space::node, kept_sts_key(domain));
  if (!bytes || !*bytes || (*bytes)->size() < 8) return std::nullopt;
  const std::string_view all(**bytes);
  Decoder in(all.substr(0, all.size() - 8)), sum(all.substr(all.size() - 8));
  const auto read_version = in.u8();
  KeptSts out;
  out.id = in.string();
  out.fetched = WallTime(std::chrono::milliseconds(in.i64()));
  const auto mode = in.u8();
  out.policy.max_age = std::chrono::seconds(in.u32());
  const auto hosts = in.count(4);
  for (std::uint32_t i = 0; i < hosts; ++i) out.policy.hosts.push_back(in.string());
  if (read_version != version || !in.finished() || mode > 2 || sum.u64() != crypto::xxh3(all.substr(0, all.size() - 8))) return std::nullopt;
  out.policy.mode = static_cast<StsMode>(mode);
  // One that was fetched in times to come was written by a clock that went wrong.
  if (now >= out.fetched + out.policy.max_age || out.fetched >= now + std::chrono::hours(24)) return std::nullopt;
  return out;
}

}  // namespace posthorn::post
