// report/what_if.h - what another record would have done to the mail of a domain's history. Pure: the trust engine judges what the
// reports tell, with the candidate put among the DNS answers; what else is missing is asked for as always (trust/answers.h).
// A report tells which domains SPF and DKIM proved for which address; it does not tell what a receiver would make of it by rules of
// its own, so this is what the record asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/history.h"
#include "trust/answers.h"
#include "trust/dmarc/dmarc.h"
#include "trust/spf/spf.h"

namespace posthorn::report {

// Mail of one address and author domain.
struct Effect {
  std::string source_ip, header_from;
  std::uint64_t messages = 0;
  std::uint64_t before = 0;   // of them went to Junk or were refused, as reported
  trust::dmarc::Policy then = trust::dmarc::Policy::none;  // what the candidate asks for where nothing is aligned
  std::uint64_t lost = 0;     // would go to Junk or be refused and did not
  std::string why;            // of the verdict
  Row example;
};
struct PolicyEffects {
  std::uint64_t messages = 0, passing = 0, lost = 0, unknown = 0;  // unknown: the DNS could not be asked
  std::vector<Effect> effects;  // those with messages that do not pass, most lost first
};
// Puts `record` as the DMARC record of `domain` into `answers`. Nothing: more answers are needed.
std::optional<PolicyEffects> what_if_policy(std::string_view domain, std::string_view record, const History& history, trust::Answers& answers);

struct SpfEffect {
  std::string source_ip;
  std::uint64_t messages = 0;
  std::uint64_t signed_too = 0;  // of them with an aligned signature that was good: these do not need SPF
  trust::spf::Result before = trust::spf::Result::none, then = trust::spf::Result::none;
  std::string reason;            // of the verdict under the candidate
  Row example;
};
// Every address that sent with `domain` as its MAIL FROM or author, under the present record and under the candidate. `then` is a copy of
// `now` to start with; the candidate is put into it. Nothing: one of the two misses answers.
std::optional<std::vector<SpfEffect>> what_if_spf(std::string_view domain, std::string_view record, const History& history, trust::Answers& now, trust::Answers& then);

}  // namespace posthorn::report
