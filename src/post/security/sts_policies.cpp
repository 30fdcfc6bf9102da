#include "post/security/sts_policies.h"

#include "post/security/sts_fetch.h"

namespace posthorn::post {
namespace {

constexpr auto after_failure = std::chrono::minutes(5);  // rfc:8461#3.3
constexpr std::size_t failures_limit = 10'000;

}  // namespace

Task<Status> StsPolicies::keep(std::string domain, KeptSts kept) {
  const auto bytes = encode(kept);
  store::Work work = [key = kept_sts_key(domain), &bytes](store::Transaction& tx) -> Status {
    tx.put(store::Space::node, key, bytes);
    return {};
  };
  co_return co_await store_.transact(std::move(work));
}

Task<std::optional<KeptSts>> StsPolicies::fetch(std::string domain, std::string id) {
  const auto now = clock_.steady();
  std::erase_if(not_before_, [now](const auto& one) { return one.second <= now; });
  if (not_before_.contains(domain)) co_return std::nullopt;
  auto policy = co_await fetch_sts_policy(resolver_, dialer_, options_, domain);
  if (!policy) {
    log_.warn("sts.not_fetched", {{"domain", domain}, {"why", policy.error().what}});
    if (not_before_.size() < failures_limit) not_before_[domain] = clock_.steady() + after_failure;
    co_return std::nullopt;
  }
  KeptSts fresh{std::move(*policy), std::move(id), clock_.now()};
  log_.info("sts.fetched", {{"domain", domain}, {"mode", std::string(name_of(fresh.policy.mode))}});
  const auto stored = co_await keep(domain, fresh);
  if (!stored) log_.warn("sts.not_kept", {{"domain", domain}, {"why", stored.error().what}});
  co_return fresh;
}

Task<std::optional<StsPolicy>> StsPolicies::find(std::string domain) {
  const auto now = clock_.now();
  auto known = kept_sts(store_, domain, now);
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
