#include "dns/zone.h"

#include <algorithm>

#include "base/text.h"

namespace posthorn::dns {
namespace {

constexpr int longest_chain = 8;  // attacks.md A21
constexpr std::uint32_t negative_ttl = 300;

std::string_view parent_of(std::string_view name) {
  const auto dot = name.find('.');
  return dot == name.npos ? std::string_view() : name.substr(dot + 1);
}

}  // namespace

void Zone::add_name(const std::string& name) {
  for (std::string_view at = name; !at.empty(); at = parent_of(at)) {
    if (!nodes_.try_emplace(std::string(at)).second) return;
  }
}

bool Zone::add(const std::string& name, Type type, std::uint32_t ttl, Record record) {
  add_name(name);
  auto& node = nodes_[name];
  const bool has_alias = node.contains(Type::cname);
  if (type == Type::cname ? !node.empty() : has_alias) return false;
  const bool first = !node.contains(type);
  auto& set = node[type];
  set.ttl = first ? ttl : std::min(set.ttl, ttl);
  set.records.push_back(std::move(record));
  return true;
}

// rfc:4592#3.3.1 a wildcard answers for names that do not exist, directly under the closest name that does.
const Zone::Node* Zone::find(std::string_view name) const {
  if (const auto found = nodes_.find(name); found != nodes_.end()) return &found->second;
  for (auto at = parent_of(name); !at.empty(); at = parent_of(at)) {
    if (!nodes_.contains(at)) continue;
    const auto wildcard = nodes_.find("*." + std::string(at));
    return wildcard == nodes_.end() ? nullptr : &wildcard->second;
  }
  return nullptr;
}

Answer Zone::answer(std::string_view name, Type type) const {
  Answer answer;
  answer.canonical_name = to_lower(name);
  answer.ttl = UINT32_MAX;
  for (int i = 0; i <= longest_chain; ++i) {
    const auto* node = find(answer.canonical_name);
    const auto set = node == nullptr ? Node::const_iterator() : node->find(type);
    if (node == nullptr || (set == node->end() && !node->contains(Type::cname))) {
      answer.outcome = node == nullptr ? Outcome::no_such_name : Outcome::no_data;
      answer.ttl = std::min(answer.ttl, negative_ttl);
      return answer;
    }
    if (set != node->end()) {
      answer.outcome = Outcome::found;
      answer.records = set->second.records;
      answer.ttl = std::min(answer.ttl, set->second.ttl);
      return answer;
    }
    const auto& alias = node->at(Type::cname);
    answer.ttl = std::min(answer.ttl, alias.ttl);
    answer.canonical_name = std::get<Name>(alias.records.front()).name;
  }
  answer.outcome = Outcome::failed;
  answer.ttl = 0;
  answer.why = "more than 8 CNAMEs from " + std::string(name);
  return answer;
}

}  // namespace posthorn::dns
