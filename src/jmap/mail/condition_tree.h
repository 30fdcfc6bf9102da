// jmap/mail/condition_tree.h - filters of types whose objects are few (Mailbox, EmailSubmission): the operators of RFC 8620 5.5 over
// conditions that a function decides. Pure; no recursion; bounded.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <vector>

#include "base/result.h"

namespace posthorn::jmap {

class ConditionTree {
 public:
  // `check` refuses a condition that is wrong (invalid) or not known (unsupported). The JSON is copied.
  static Result<ConditionTree> parse(const boost::json::value& filter, const std::function<Status(const boost::json::object&)>& check);
  bool matches(const std::function<bool(const boost::json::object&)>& decide) const;
  bool empty() const { return steps_.empty(); }

 private:
  enum class Kind : std::uint8_t { condition, both, either, negate, yes, no };
  struct Step {
    Kind kind{};
    std::uint32_t operand = 0;
  };
  std::vector<boost::json::object> conditions_;
  std::vector<Step> steps_;
};

}  // namespace posthorn::jmap
