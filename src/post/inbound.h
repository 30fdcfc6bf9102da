// post/inbound.h - mail that comes from other servers is judged before it is taken: what is asked of the trust engine, what is done
// with its verdict, and the evidence that is kept with the message.
#pragma once

#include <optional>
#include <string>

#include "dns/resolver.h"
#include "mail/message.h"
#include "post/evidence.h"
#include "post/options.h"
#include "post/replayed.h"
#include "smtp/server.h"
#include "trust/judgement.h"

namespace posthorn::post {

// What to do with one message.
struct Verdict {
  std::optional<smtp::Reply> refusal;  // the session answers this, nothing is kept
  bool junk = false;                   // into Junk instead of the inbox
  std::string fields;                  // Authentication-Results and Received-SPF, to put on top
  std::string evidence;                // JSON
  std::string reason;                  // one sentence, for the log
  std::string dmarc, spf;              // result words, for the log
  std::optional<trust::Judgement> judgement;  // nothing: it was not judged
  trust::Facts facts;
};

// `message`: as it came, for `recipients`.
Task<Verdict> judge_arrival(dns::Resolver& resolver, Clock& clock, const Options& options, const Arrival& arrival, std::string_view message,
                            const std::vector<smtp::RcptTo>& recipients, ReplayWatch& replays);

// attacks.md D5: what is ambiguous about the message's structure, done to `verdict` as the administrator wants it.
void judge_structure(Verdict& verdict, const Options& options, const mail::Message& message);

}  // namespace posthorn::post
