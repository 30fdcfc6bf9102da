// post/delivery.h - one worker's way to one destination: the route, a connection to one of its hosts, messages over it.
// Tries the hosts in order, goes to the next when one cannot be reached or breaks off, and to clear text only where no policy asks
// for TLS and the handshake failed. Never throws mail away: what it cannot do it reports, the Sender decides.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/dialer.h"
#include "post/options.h"
#include "post/route.h"
#include "post/security/sts_policies.h"
#include "post/security/tls_policy.h"
#include "smtp/client.h"

namespace posthorn::post {

// What became of one recipient in one attempt.
struct Attempt {
  smtp::Reply reply;      // code 0: no reply, text says what went wrong
  std::string remote;     // "mx.green.test [127.0.1.2]"; empty if none was reached
  std::string tls;        // of the connection it went over, for people; empty: in clear
  bool dsn = false;       // the remote promised to do the notifications (RFC 3461 5.2.3)
  bool in_doubt = false;
};

class Delivery {
 public:
  Delivery(dns::Resolver& resolver, net::Dialer& dialer, Clock& clock, Log& log, const Options& options, StsPolicies& policies, std::string domain)
      : resolver_(resolver), dialer_(dialer), clock_(clock), log_(log), options_(options), policies_(policies), domain_(std::move(domain)) {}

  // One message to recipients of this destination; the result has one Attempt for each. `id` is for the log.
  Task<std::vector<Attempt>> send(std::string id, const smtp::Outgoing& outgoing);
  // True after an attempt in which no host could be reached: the rest of the destination's mail would fare the same.
  bool unreachable() const { return unreachable_; }
  Task<void> finish();

 private:
  struct Connection {
    std::unique_ptr<smtp::Client> client;
    std::string remote;
    std::size_t hop = 0;
    std::size_t sent = 0;
  };
  Task<void> find_hosts(std::string id);
  Task<std::optional<Connection>> open(std::string id, std::size_t first_hop);
  struct Talk {
    std::unique_ptr<smtp::Client> client;  // none if there was no connection
    Status opened;
  };
  Task<TlsPolicy> policy_for(Hop hop);
  Task<Talk> talk_to(std::string id, const Hop& hop, const TlsPolicy& policy);
  smtp::ClientOptions client_options(const TlsPolicy& policy) const;

  dns::Resolver& resolver_;
  net::Dialer& dialer_;
  Clock& clock_;
  Log& log_;
  const Options& options_;
  StsPolicies& policies_;
  std::string domain_;
  std::optional<RoutePlan> route_;
  std::optional<StsPolicy> sts_;
  std::optional<Connection> connection_;
  smtp::Reply trouble_;  // of the last failure to connect
  std::string trouble_remote_;
  bool unreachable_ = false;
};

}  // namespace posthorn::post
