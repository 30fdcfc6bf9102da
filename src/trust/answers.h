// trust/answers.h - what is known from the DNS while a message is judged. The verdicts are pure: they look here, and what they
// do not find they note as a question; a shell asks the Resolver, puts the answer in and calls again (trust/ask.h). Judging is
// repeated from the start, so the same answers always give the same verdict: in the server, offline with a zone file, or years
// later with the answers kept as evidence.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dns/resolver.h"

namespace posthorn::trust {

struct Question {
  std::string name;  // lower case, without the final dot
  dns::Type type = dns::Type::txt;
  auto operator<=>(const Question&) const = default;
};

class Answers {
 public:
  // The answer, or nullptr and the question is noted as missing. A name that dns::is_askable_name() refuses is never asked:
  // its answer is no_such_name (attacks.md C2 a3). The pointer holds until the Answers are gone.
  const dns::Answer* find(std::string_view name, dns::Type type);
  void put(Question question, dns::Answer answer);

  // What was looked for and not found since the last call, each once, in order.
  std::vector<Question> take_missing();
  const std::map<Question, dns::Answer>& all() const { return known_; }

 private:
  std::map<Question, dns::Answer> known_;
  std::vector<Question> missing_;
};

}  // namespace posthorn::trust
