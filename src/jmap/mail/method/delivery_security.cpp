// DeliverySecurity/get, of the capability of the journey: what is known of how letters get to some domains, before one is written. Nothing is
// looked up for it, so that nobody learns who writes to whom: only the last letter of this account to each domain and the MTA-STS policy that is
// in force there, if one was ever seen. Where a smarthost takes all mail only that is told: what it does further on nobody here sees. What is
// not known is told as null, never as good or bad.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "jmap/mail/email_json.h"
#include "jmap/mail/submission_json.h"
#include "jmap/mail/trust_methods.h"
#include "mail/address.h"
#include "post/outbox.h"
#include "post/security/kept_sts.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_domains = 50;

std::string domain_of(std::string_view address) { return to_lower(address.substr(address.rfind('@') + 1)); }

using Last = std::map<std::string, const post::Tried*, std::less<>>;  // by domain

bool accepted(const post::Tried& tried) { return tried.code >= 200 && tried.code < 300; }

// The newest attempt that tells something: it was encrypted, or a letter went through in the clear.
Last last_attempts(const std::vector<Submitted>& all) {
  Last out;
  for (const auto& one : all)
    for (const auto& recipient : one.record.recipients)
      for (const auto& tried : recipient.tried) {
        if (tried.remote.empty() || (tried.tls.empty() && !accepted(tried))) continue;
        auto& last = out[domain_of(recipient.address)];
        if (last == nullptr || last->at <= tried.at) last = &tried;
      }
  return out;
}

json::object last_json(const post::Tried& tried) {
  const auto text = [](const std::string& value) { return value.empty() ? json::value(nullptr) : json::value(clean_utf8(value)); };
  return {{"at", utc_date(tried.at)}, {"host", text(tried.remote)}, {"tls", text(tried.tls)}, {"accepted", accepted(tried)}};
}

struct Work {
  Call* call;
  std::vector<std::string> domains;

  Expected<json::object> way_to(const std::string& asked, const Last& last) const {
    const auto& services = call->services;
    json::object out{{"domain", clean_utf8(asked)}, {"here", false}, {"relayed", false}, {"policy", nullptr}, {"last", nullptr}};
    const auto domain = mail::parse_domain(asked);
    if (!domain) return out;
    JMAP_TRY(const auto here, services.store.has_domain(*domain));
    out["here"] = here;
    if (here) return out;
    const bool relayed = services.outbox != nullptr && services.outbox->through_smarthost();
    out["relayed"] = relayed;
    if (relayed) return out;
    if (const auto kept = post::kept_sts(services.store, *domain, services.clock.now())) out["policy"] = json::object{{"kind", "mta-sts"}, {"mode", json::string(post::name_of(kept->policy.mode))}};
    if (const auto found = last.find(*domain); found != last.end()) out["last"] = last_json(*found->second);
    return out;
  }

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    JMAP_TRY(const auto all, submissions(view));
    const auto last = last_attempts(all);
    json::array list;
    for (const auto& asked : domains) {
      JMAP_TRY(auto one, way_to(asked, last));
      list.push_back(std::move(one));
    }
    return json::object{{"accountId", account_text(call->account())}, {"list", std::move(list)}};
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  JMAP_TRY(auto domains, arguments.texts("domains"));
  JMAP_CHECK(arguments.finish());
  if (!domains) return method_fail("invalidArguments", "domains is missing");
  if (domains->size() > most_domains) return method_fail("requestTooLarge", "At most 50 domains at once.");
  return Work{&call, std::move(*domains)};
}

}  // namespace

Task<Answer> delivery_security(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
