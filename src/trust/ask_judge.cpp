// trust/ask_judge.cpp - a message judged with a real resolver: ask what is missed, try again, until the time of one message is
// over.
#include "trust/ask.h"

namespace posthorn::trust {
namespace {

constexpr Duration whole_time = std::chrono::seconds(20);  // attacks.md C8

}  // namespace

Task<Judgement> judge(dns::Resolver& resolver, Clock& clock, const mail::Message& message, Facts facts, Rules rules,
                      Answers& answers) {
  Progress progress;
  const auto end = clock.steady() + whole_time;
  for (;;) {
    auto judgement = judge(message, facts, rules, answers, progress);
    if (judgement) co_return std::move(*judgement);
    // What is asked with no time left fails at once, so this ends.
    const Duration left = std::max(end - clock.steady(), Duration::zero());
    co_await ask(resolver, answers, clock, left);
  }
}

}  // namespace posthorn::trust
