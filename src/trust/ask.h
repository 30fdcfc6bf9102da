// trust/ask.h - the shell around the pure verdicts: asks the Resolver what they miss, all questions of a round at once, until they
// are done. The only file of src/trust that waits.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "dns/resolver.h"
#include "trust/judgement.h"

namespace posthorn::trust {

// Asks all that `answers` misses, in parallel; each that is not there by `deadline` fails (temperror; attacks.md C8: 20 s in all).
Task<void> ask(dns::Resolver& resolver, Answers& answers, Clock& clock, Duration deadline);

Task<Judgement> judge(dns::Resolver& resolver, Clock& clock, const mail::Message& message, Facts facts, Rules rules, Answers& answers);

}  // namespace posthorn::trust
