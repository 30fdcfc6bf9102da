// DeliverySecurity/get, of the capability of the journey: what is known of how letters get to some domains, before one is written. Nothing is looked up
// for it, so that nobody learns who writes to whom: only the last letter of this account to each domain and the MTA-STS policy that is in force
// there, if one was ever seen. What is not known is told as null, never as good or bad.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "jmap/mail/email_json.h"
#include "jmap/mail/submission_json.h"
#include "jmap/mail/trust_methods.h"
#include "mail/address.h"
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

  Answer operator()() const {
    const auto& store = call->services.store;
    const auto view = store.view(call->account());
    JMAP_TRY(const auto all, submissions(view));
    const auto last = last_attempts(all);
    const auto now = call->services.clock.now();
    json::array list;
    for (const auto& asked : domains) {
      json::object one{{"domain", clean_utf8(asked)}, {"here", false}, {"policy", nullptr}, {"last", nullptr}};
      if (const auto domain = mail::parse_domain(asked)) {
        JMAP_TRY(const auto here, store.has_domain(*domain));
        one["here"] = here;
        if (const auto policy = post::kept_sts_policy(store, *domain, now); policy && !here) one["policy"] = json::object{{"kind", "mta-sts"}, {"mode", json::string(post::name_of(policy->mode))}};
        if (const auto found = last.find(*domain); found != last.end() && !here) one["last"] = last_json(*found->second);
      }
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
