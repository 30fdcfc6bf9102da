// dns/unbound_resolver.h - the real Resolver: libunbound, validating DNSSEC, answering through one io_context.
// main makes one a process. Fails with what is wrong with the options; afterwards every failure is an Answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dns/resolver.h"

namespace posthorn::dns {

struct UnboundOptions {
  // For everything: "127.0.0.1@5353" or "::1". Empty: ask the roots.
  std::vector<std::string> forwarders = {};
  // DS or DNSKEY records. Empty: nothing is validated, so nothing is secure.
  std::string trust_anchor_file = "/usr/share/dns/root.key";
  bool test_domain = false;    // resolve "test." by asking instead of denying it (RFC 6761 6.2); the lab and tests
  bool ask_localhost = false;  // servers on 127.0.0.0/8 may be asked
  std::size_t cache_bytes = 32 << 20;
  std::size_t most_pending = 10'000;
  Duration timeout = std::chrono::seconds(20);  // faults.md 7
};

// `executor` is of the one context whose thread talks to libunbound. Destroy the resolver on that thread or when the context
// does not run any more, and before the context; who still waits gets a failure.
Result<std::unique_ptr<Resolver>> unbound_resolver(Executor executor, Clock& clock, UnboundOptions options);

// Pure: the configuration file that libunbound is given.
Result<std::string> unbound_config(const UnboundOptions& options);

}  // namespace posthorn::dns
