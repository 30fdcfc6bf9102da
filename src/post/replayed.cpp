#include "post/replayed.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/bytes.h"
#include "mail/address.h"

namespace posthorn::post {
namespace {

constexpr auto window = std::chrono::hours(1);

}  // namespace

std::size_t unnamed_recipients(const mail::Message& message, const std::vector<smtp::RcptTo>& recipients) {
  std::vector<std::string> named;
  for (const auto& field : message.root().fields) {
    if (!equal_icase(field.name, "To") && !equal_icase(field.name, "Cc")) continue;
    for (const auto& address : mail::parse_address_list(mail::unfolded(field.value)))
      if (address.kind == mail::HeaderAddress::Kind::mailbox) named.push_back(to_lower(address.local + "@" + address.domain));
  }
  std::ranges::sort(named);
  return static_cast<std::size_t>(std::ranges::count_if(recipients, [&named](const smtp::RcptTo& to) {
    return !std::ranges::binary_search(named, to_lower(to.recipient.local + "@" + to.recipient.domain));
  }));
}

std::optional<std::size_t> ReplayWatch::count(const trust::dkim::Signature& signature, std::size_t unnamed, WallTime now) {
  if (limit_ == 0 || unnamed == 0) return std::nullopt;
  auto key = crypto::sha256(to_lower(signature.domain) + '\0' + signature.signature);
  const std::lock_guard lock(mutex_);
  auto [at, fresh] = seen_.try_emplace(key);
  if (fresh) order_.push_back(std::move(key));
  auto& seen = at->second;
  if (now - seen.since > window || now < seen.since) seen = Seen{now, 0};
  seen.recipients += unnamed;
  const auto count = seen.recipients;
  if (order_.size() > most_) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
  if (count <= limit_) return std::nullopt;
  return count;
}

void mind_replay(ReplayWatch& watch, const mail::Message& message, const std::vector<smtp::RcptTo>& recipients, const trust::Facts& facts, const trust::Rules& rules,
                 trust::Judgement& judgement) {
  if (judgement.dmarc.spf_aligned || judgement.disposition != trust::Disposition::none) return;
  if (trust::is_in_networks(facts.ip, rules.trusted_forwarders)) return;
  const auto unnamed = unnamed_recipients(message, recipients);
  if (unnamed == 0) return;
  for (const auto& signature : judgement.dkim) {
    if (signature.result != trust::dkim::Result::pass) continue;
    const auto count = watch.count(signature, unnamed, facts.now);
    if (!count) continue;
    const auto why = "the same message, signed once by " + printable(signature.domain, 255) + ", came for " + std::to_string(*count) +
                     " recipients within an hour whom it does not name, and not from that domain's own servers: it may be replayed";
    judgement.overrides.push_back({"local_policy", why});
    judgement.disposition = trust::Disposition::quarantine;
    judgement.reason = why;
    return;
  }
}

}  // namespace posthorn::post
