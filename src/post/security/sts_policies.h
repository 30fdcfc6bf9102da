// post/security/sts_policies.h - which MTA-STS policy a domain has now: announced in DNS, fetched, kept in the store until its max_age
// ends (RFC 8461 3.3, 5). A policy that was once seen stays in force while nothing newer can be fetched: who removes the record or
// blocks the fetch gains nothing (attacks.md B3). Lives on the Sender's executor.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/log.h"
#include "dns/resolver.h"
#include "net/dialer.h"
#include "post/options.h"
#include "post/security/kept_sts.h"
#include "store/store.h"

namespace posthorn::post {

class StsPolicies {
 public:
  StsPolicies(store::Store& store, dns::Resolver& resolver, net::Dialer& dialer, Clock& clock, Log& log, const Options& options)
      : store_(store), resolver_(resolver), dialer_(dialer), clock_(clock), log_(log), options_(options) {}

  // Nothing: the domain has none that can be known.
  Task<std::optional<StsPolicy>> find(std::string domain);

 private:
  Task<Status> keep(std::string domain, KeptSts kept);
  Task<std::optional<KeptSts>> fetch(std::string domain, std::string id);

  store::Store& store_;
  dns::Resolver& resolver_;
  net::Dialer& dialer_;
  Clock& clock_;
  Log& log_;
  const Options& options_;
  std::map<std::string, SteadyTime> not_before_;  // domains whose policy could not be fetched
};

}  // namespace posthorn::post
