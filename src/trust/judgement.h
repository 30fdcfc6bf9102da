// trust/judgement.h - everything we conclude about one message that came in: SPF, DKIM, ARC, DMARC, and what to do with it. Pure.
// One engine, one truth: the server, `posthorn check` on a file, and a stored message with its stored answers run this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/arc/arc.h"
#include "trust/authentication_results.h"
#include "trust/dkim/dkim.h"
#include "trust/dmarc/dmarc.h"
#include "trust/spf/spf.h"

namespace posthorn::trust {

// What the session saw.
struct Facts {
  std::string ip, helo;           // ip empty: not known (a file), SPF is none
  std::string mail_from;          // "" is <>
  std::string receiver;           // our host name, authserv-id
  WallTime now{};
};

// What the administrator decided.
struct Rules {
  std::vector<std::string> trusted_sealers = {};     // d= of ARC-Seals that may override a DMARC fail
  std::vector<std::string> trusted_forwarders = {};  // addresses or networks in CIDR form
  bool reject_on_policy_alone = false;          // reject on p=reject without a second signal (against RFC 9989 7.4)
};

enum class Disposition : std::uint8_t { none, quarantine, reject };
std::string_view name_of(Disposition disposition);

struct Override {
  std::string type;               // RFC 9990: local_policy, mailing_list, other, policy_test_mode, trusted_forwarder
  std::string comment;
};

struct Judgement {
  spf::Verdict spf, spf_helo;
  std::vector<dkim::Signature> dkim;
  arc::Chain arc;
  dmarc::Authors authors;
  dmarc::Verdict dmarc;                 // the decisive one: the strictest that fails; pass only if all pass
  std::vector<dmarc::Verdict> all_dmarc;  // of every author domain
  bool mailing_list = false;            // List-Id, List-Post or Precedence: list: a sign, no proof
  bool forwarded = false;               // signs of a forwarder: Resent-, X-Forwarded-, Delivered-To of another, ARC of a trusted sealer, SRS
  Disposition disposition = Disposition::none;
  std::vector<Override> overrides;
  std::string reason;                   // one sentence for people: why this disposition
};

// Nothing: ask what answers.take_missing() gives and call again. Never pass where an answer failed (promise 3).
std::optional<Judgement> judge(const mail::Message& message, const Facts& facts, const Rules& rules, Answers& answers);

// What of a judgement is done while other answers are missed. Kept by who calls again and again for one message, with the same
// arguments, so that no body is hashed twice.
struct Progress {
  std::optional<spf::Verdict> spf, spf_helo;
  std::optional<std::vector<dkim::Signature>> dkim;
  std::optional<arc::Chain> arc;
};
std::optional<Judgement> judge(const mail::Message& message, const Facts& facts, const Rules& rules, Answers& answers, Progress& progress);

// Whether the address is one of these addresses and networks in CIDR form.
bool is_in_networks(std::string_view address, const std::vector<std::string>& networks);

AuthenticationResults results_of(const Judgement& judgement, const Facts& facts);

}  // namespace posthorn::trust
