#include "world/ledger.h"

#include <algorithm>

namespace posthorn::sim {
namespace {

std::size_t at(const std::map<Fate, std::size_t>& all, const Fate& fate) {
  const auto found = all.find(fate);
  return found == all.end() ? 0 : found->second;
}

}  // namespace

void Ledger::returned(const std::string& letter, const std::string& address, Duration after) {
  auto& one = returned_[{letter, address}];
  one.after = one.count == 0 ? after : std::min(one.after, after);
  ++one.count;
}

std::uint64_t Ledger::doubts(const Fate& fate) const { return at(doubts_, fate); }

// Something other than time ruled it out: a host's 5xx, or what DNS said.
bool Ledger::may_return_early(const Fate& fate) const {
  const auto domain = fate.second.substr(fate.second.find('@') + 1);
  return ruled_out_.contains(domain) || refused_.contains(fate) || refused_.contains({"", fate.second});
}

std::string Ledger::audit_one(const Letter& letter, const std::string& address, Duration expire_after) const {
  const Fate fate{letter.id, address};
  const auto copies = at(found_, fate) + at(taken_, fate), doubted = at(doubts_, fate);
  const auto back = returned_.find(fate);
  const std::size_t returns = back == returned_.end() ? 0 : back->second.count;
  const auto say = [&](const char* what) {
    return letter.id + " to " + address + ": " + what + " (" + (letter.acknowledged ? "acknowledged" : "not acknowledged") + ", " + std::to_string(copies) + " copies, " +
           std::to_string(returns) + " returns, " + std::to_string(doubted) + " lost replies)";
  };
  if (letter.acknowledged && copies + returns == 0) return say("LOST");
  if (copies + returns > 1 + doubted) return say("more than once");
  if (returns > 0 && back->second.after < expire_after && !may_return_early(fate))
    return say("returned too early") + " after " + std::to_string(std::chrono::duration_cast<std::chrono::minutes>(back->second.after).count()) + " min";
  trace_.count(!letter.acknowledged && copies + returns == 0 ? "fate.never_accepted" : copies > 0 ? "fate.delivered" : "fate.returned");
  if (copies > 1) trace_.count("fate.duplicates_in_window", copies - 1);
  if (copies > 0 && returns > 0) trace_.count("fate.returned_though_delivered_in_window");
  return {};
}

std::vector<std::string> Ledger::audit(Duration expire_after) const {
  std::vector<std::string> out;
  for (const auto& [id, letter] : letters)
    for (const auto& address : letter.recipients)
      if (auto wrong = audit_one(letter, address, expire_after); !wrong.empty()) out.push_back(std::move(wrong));
  // Nobody gets what was not for them.
  for (const auto* all : {&found_, &taken_})
    for (const auto& [fate, count] : *all) {
      const auto letter = letters.find(fate.first);
      if (letter == letters.end()) out.push_back("a letter that nobody sent: " + fate.first + " for " + fate.second);
      else if (std::ranges::find(letter->second.recipients, fate.second) == letter->second.recipients.end())
        out.push_back(fate.first + " reached " + fate.second + ", for whom it was not");
    }
  for (const auto& [fate, count] : doubts_) trace_.count("fate.lost_final_replies", count);
  return out;
}

}  // namespace posthorn::sim
