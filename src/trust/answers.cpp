#include "trust/answers.h"

#include <algorithm>

namespace posthorn::trust {

const dns::Answer* Answers::find(std::string_view name, dns::Type type) {
  static const dns::Answer refused{dns::Outcome::no_such_name, {}, {}, {}, 0, {}};
  if (!dns::is_askable_name(name)) return &refused;
  Question question{std::string(name), type};
  if (const auto at = known_.find(question); at != known_.end()) return &at->second;
  if (std::ranges::find(missing_, question) == missing_.end()) missing_.push_back(std::move(question));
  return nullptr;
}

void Answers::put(Question question, dns::Answer answer) { known_.insert_or_assign(std::move(question), std::move(answer)); }

std::vector<Question> Answers::take_missing() { return std::exchange(missing_, {}); }

}  // namespace posthorn::trust
