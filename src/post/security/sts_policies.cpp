#include "post/security/sts_policies.h"

#include "base/codec.h"
#include "crypto/bytes.h"
#include "post/security/sts_fetch.h"

namespace posthorn::post {
namespace {

constexpr std::uint8_t version = 1;
constexpr auto after_failure = std::chrono::minutes(5);  // rfc:8461#3.3
constexpr std::size_t failures_limit = 10'000;

std::string key_of(const std::string& domain) { return "mta-sts " + domain; }

}  // namespace

std::optional<StsPolicies::Kept> StsPolicies::kept(const std::string& domain) const {
  const auto bytes = store_.snapshot()->get(store::Space::node, key_of(domain));
  if (!bytes || !*bytes || (*bytes)->size() < 8) return std::nullopt;
  const std::string_view all(**bytes);
  Decoder in(all.substr(0, all.size() - 8)), sum(all.substr(all.size() - 8));
  const auto read_version = in.u8();
  Kept out;
  out.id = in.string();
  out.fetched = WallTime(std::chrono::milliseconds(in.i64()));
  const auto mode = in.u8();
  out.policy.max_age = std::chrono::seconds(in.u32());
  const auto hosts = in.count(4);
  for (std::uint32_t i = 0; i < hosts; ++i) out.policy.hosts.push_back(in.string());
  // One that cannot be read is fetched anew.
  if (read_version != version || !in.finished() || mode > 2 || sum.u64() != crypto::xxh3(all.substr(0, all.size() - 8))) return std::nullopt;
  out.policy.mode = static_cast<StsMode>(mode);
  return out;
}

Task<Status> StsPolicies::keep(std::string domain, Kept kept) {
  Encoder out;
  out.u8(version).string(kept.id).i64(kept.fetched.time_since_epoch().count()).u8(static_cast<std::uint8_t>(kept.policy.mode));
  out.u32(static_cast<std::uint32_t>(kept.policy.max_age.count())).u32(static_cast<std::uint32_t>(kept.policy.hosts.size()));
  for (const auto& host : kept.policy.hosts) out.string(host);
  const auto sum = crypto::xxh3(out.bytes());
  const auto bytes = out.u64(sum).take();
  store::Work work = [key = key_of(domain), &bytes](store::Transaction& tx) -> Status {
    tx.put(store::Space::node, key, bytes);
    return {};
  };
  co_return co_await store_.transact(std::move(work));
}

Task<std::optional<StsPolicies::Kept>> StsPolicies::fetch(std::string domain, std::string id) {
  const auto now = clock_.steady();
  std::erase_if(not_before_, [now](const auto& one) { return one.second <= now; });
  if (not_before_.contains(domain)) co_return std::nullopt;
  auto policy = co_await fetch_sts_policy(resolver_, dialer_, options_, domain);
  if (!policy) {
    log_.warn("sts.not_fetched", {{"domain", domain}, {"why", policy.error().what}});
    if (not_before_.size() < failures_limit) not_before_[domain] = clock_.steady() + after_failure;
    co_return std::nullopt;
  }
  Kept fresh{std::move(*policy), std::move(id), clock_.now()};
  log_.info("sts.fetched", {{"domain", domain}, {"mode", std::string(name_of(fresh.policy.mode))}});
  const auto stored = co_await keep(domain, fresh);
  if (!stored) log_.warn("sts.not_kept", {{"domain", domain}, {"why", stored.error().what}});
  co_return fresh;
}

Task<std::optional<StsPolicy>> StsPolicies::find(std::string domain) {
  auto known = kept(domain);
  const auto now = clock_.now();
  if (known && !known->good_at(now)) known.reset();
  const auto answer = co_await resolver_.resolve("_mta-sts." + domain, dns::Type::txt);
  std::vector<std::string> texts;
  for (const auto& record : answer.records)
    if (const auto* txt = std::get_if<dns::Txt>(&record)) texts.push_back(txt->text);
  const auto id = sts_id(texts);
  // The half of its time is a good moment to look whether it still says the same, so that it never runs out unseen.
  const bool fresh = known && id && *id == known->id && now < known->fetched + known->policy.max_age / 2;
  if (id && !fresh) {
    if (auto fetched = co_await fetch(domain, *id)) known = std::move(fetched);
  }
  if (!known) co_return std::nullopt;
  co_return std::move(known->policy);
}

}  // namespace posthorn::post
