// What a message's signatures say of its way, put into one answer that never takes "nobody can tell" for "nothing was changed".
#include <algorithm>

#include "trust/altered/altered.h"

namespace posthorn::trust::altered {

std::string_view name_of(Known known) {
  switch (known) {
    case Known::nothing_changed: return "nothing";
    case Known::changed: return "found";
    case Known::changed_somehow: return "not found";
    case Known::unknown: return "could not check";
  }
  return "could not check";
}

Account account_of(const mail::Message& message, const std::vector<dkim::Signature>& signatures, Answers& answers, const Limits& limits) {
  Account out;
  if (signatures.empty()) {
    out.sentence = "The message bears no signature, so nobody can tell whether it was changed.";
    return out;
  }
  const auto broken = [](const dkim::Signature& one) {
    return one.fault == dkim::Fault::body_hash || one.fault == dkim::Fault::header_hash || one.fault == dkim::Fault::body_length;
  };
  const auto good = [](const dkim::Signature& one) { return one.result == dkim::Result::pass; };
  if (std::ranges::none_of(signatures, broken)) {
    const auto at = std::ranges::find_if(signatures, good);
    if (at == signatures.end()) {
      out.sentence = "No signature could be checked, so nobody can tell whether it was changed: " + signatures.front().reason + ".";
      return out;
    }
    out.known = Known::nothing_changed;
    out.sentence = "What " + at->domain + " signed is as it was.";
    return out;
  }
  auto result = search(message, signatures, answers, limits);
  if (!result.found) {
    out.known = Known::changed_somehow;
    // A stranger can write any b= and bh=: a signature that fails need never have been good.
    out.sentence = std::string("A signature fails and no known edit explains it: the message was changed in another way, ") +
                   "or it was never so signed" +
                   (result.gave_up ? "; the search ended at its limit." : ".");
    return out;
  }
  out.known = Known::changed;
  out.sentence = result.found->sentence;
  out.found = std::move(result.found);
  return out;
}

boost::json::object to_json(const Account& account) {
  boost::json::object out;
  if (account.found) out = to_json(*account.found);
  out["result"] = name_of(account.known);
  out["sentence"] = account.sentence;
  return out;
}

std::string describe(const Account& account) { return account.found ? describe(*account.found) : account.sentence + "\n"; }

}  // namespace posthorn::trust::altered
