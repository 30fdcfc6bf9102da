// post/options.h - what the post office must be told at start. From posthorn.toml, by app/config.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "trust/judgement.h"

namespace posthorn::post {

// All outgoing mail goes there, with AUTH if a user is given.
struct Smarthost {
  std::string host;
  std::uint16_t port = 587;
  bool implicit_tls = false;
  bool verify = true;  // its certificate must be good
  std::string user, password;
};

// What is done with mail whose parts different programs would see differently (attacks.md D5). It is always named in its header.
enum class AmbiguousMime : std::uint8_t { mark, junk, reject };

struct Options {
  std::string host_name;                    // in Received, EHLO, DSNs; also "ourselves" among MX hosts
  std::vector<std::string> own_addresses;   // IPs we listen on: a route to them is a loop
  std::uint64_t receive_budget = 512u << 20;  // octets of text under way over all sessions
  std::size_t header_limit = 256u << 10;    // octets of a message's header (attacks.md D2)
  std::size_t received_limit = 100;         // attacks.md A14, rfc:5321#6.3
  std::vector<std::string> senders_for_any; // logins that may send with any From: gateways, list servers

  bool check_incoming = true;               // judge mail of other servers: SPF, DKIM, DMARC, ARC
  AmbiguousMime ambiguous_mime = AmbiguousMime::junk;
  trust::Rules trust;                       // what the administrator decided about it
  std::size_t replayed_recipients = 100;    // an hour, of one signature, whom the message does not name; beyond it goes to Junk (attacks.md C5); 0: no limit
  bool srs = true;                          // what an alias sends on goes out under an address of ours (attacks.md C14)

  std::uint16_t port = 25;                  // of other servers; the lab uses another
  std::string source_address;               // to send from; empty: the system's choice
  bool allow_private_routes = false;        // deliver to loopback and private addresses (attacks.md A20); for labs
  std::string ca_file;                      // to check smarthosts and what MTA-STS wants; empty: the system's
  bool dane = true;                         // RFC 7672: TLSA records of signed zones decide about TLS
  bool mta_sts = true;                      // RFC 8461: a domain's policy does, where there are none
  std::uint16_t sts_port = 443;             // of policy hosts; tests use another
  std::optional<Smarthost> smarthost;
  Duration connect_timeout = std::chrono::seconds(30);
  Duration retry_first = std::chrono::minutes(5), retry_most = std::chrono::seconds(4000);
  Duration expire_after = std::chrono::hours(24 * 5);
  Duration warn_after = std::chrono::hours(4);
  std::size_t connections = 100;            // over all destinations
  std::size_t start_concurrency = 5, most_concurrency = 20;  // of one destination (attacks.md A21)
  std::size_t messages_per_connection = 100;
};

}  // namespace posthorn::post
