// dns/zone_resolver.h - the Resolver over zones in memory: tests, the lab's dry runs, `posthorn check --dns`.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "dns/resolver.h"
#include "dns/zone.h"

namespace posthorn::dns {

struct ZoneOptions {
  std::set<std::string> secure = {};   // names whose whole tree is answered as DNSSEC-secure
  std::set<std::string> failing = {};  // names for which the answer is a failure (SERVFAIL), without those below
  std::set<std::string> bogus = {};    // names for which validation fails
};

std::unique_ptr<Resolver> zone_resolver(Zone zone, ZoneOptions options = {});

}  // namespace posthorn::dns
