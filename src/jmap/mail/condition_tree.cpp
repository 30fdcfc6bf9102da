#include "jmap/mail/condition_tree.h"

#include <boost/json/array.hpp>

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_steps = 1000, deepest = 32;

}  // namespace

Result<ConditionTree> ConditionTree::parse(const json::value& filter, const std::function<Status(const json::object&)>& check) {
  struct Frame {
    const json::array* conditions;
    Kind join;
    bool negate;
    std::size_t next = 0;
  };
  ConditionTree out;
  if (filter.is_null()) return out;
  std::vector<Frame> frames;
  const auto begin = [&](const json::value& value) -> Status {
    const auto* object = value.if_object();
    if (object == nullptr) return fail(Errc::invalid, "a filter is an object or null");
    const auto* op = object->if_contains("operator");
    if (op == nullptr) {
      TRY(check(*object));
      out.steps_.push_back({Kind::condition, static_cast<std::uint32_t>(out.conditions_.size())});
      out.conditions_.push_back(*object);
      return {};
    }
    const auto* conditions = object->if_contains("conditions");
    if (!op->is_string() || conditions == nullptr || !conditions->is_array()) return fail(Errc::invalid, "a FilterOperator has an operator and a list of conditions");
    const std::string_view name = op->get_string();
    if (name != "AND" && name != "OR" && name != "NOT") return fail(Errc::invalid, "an operator is AND, OR or NOT");
    if (frames.size() >= deepest) return fail(Errc::too_big, "the filter is nested too deep");
    frames.push_back({&conditions->get_array(), name == "AND" ? Kind::both : Kind::either, name == "NOT"});
    return {};
  };
  TRY(begin(filter));
  while (!frames.empty()) {
    auto& frame = frames.back();
    if (out.steps_.size() > most_steps) return fail(Errc::too_big, "the filter is too long");
    if (frame.next >= 2) out.steps_.push_back({frame.join, 0});
    if (frame.next < frame.conditions->size()) {
      const auto& next = (*frame.conditions)[frame.next++];
      TRY(begin(next));
      continue;
    }
    if (frame.next == 0) out.steps_.push_back({frame.join == Kind::both ? Kind::yes : Kind::no, 0});
    if (frame.negate) out.steps_.push_back({Kind::negate, 0});
    frames.pop_back();
  }
  return out;
}

bool ConditionTree::matches(const std::function<bool(const json::object&)>& decide) const {
  if (steps_.empty()) return true;
  std::vector<bool> stack;
  for (const auto& step : steps_) {
    if (step.kind == Kind::condition) stack.push_back(decide(conditions_[step.operand]));
    else if (step.kind == Kind::yes || step.kind == Kind::no) stack.push_back(step.kind == Kind::yes);
    else if (step.kind == Kind::negate) stack.back() = !stack.back();
    else {
      const bool top = stack.back();
      stack.pop_back();
      stack.back() = step.kind == Kind::both ? stack.back() && top : stack.back() || top;
    }
  }
  return stack.back();
}

}  // namespace posthorn::jmap
