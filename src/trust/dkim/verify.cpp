#include <algorithm>

#include "base/text.h"
#include "mail/address.h"
#include "trust/dkim/check.h"

namespace posthorn::trust::dkim {
namespace {

struct Candidate {
  std::size_t field = 0;
  SignatureField signature;
  const dns::Answer* answer = nullptr;
};

bool is_usable(const Candidate& candidate) { return candidate.signature.shown.fault == Fault::none; }

std::vector<std::string> author_domains(const SignedMessage& message) {
  std::vector<std::string> domains;
  for (const auto index : message.fields_of("from")) {
    const auto addresses = mail::parse_address_list(message.field(index).value, 10);
    for (const auto& address : addresses)
      if (auto name = host_name(address.domain); !name.empty()) domains.push_back(std::move(name));
    if (domains.size() > 10) break;
  }
  return domains;
}

bool is_within(const std::string& name, const std::string& domain) {
  return name == domain || name.ends_with("." + domain);
}

// attacks.md C7: only so many are verified, and those that may speak for the author come first.
void keep_the_best(const SignedMessage& message, std::vector<Candidate>& candidates, unsigned most) {
  if (static_cast<std::size_t>(std::ranges::count_if(candidates, is_usable)) <= most) return;
  const auto authors = author_domains(message);
  const auto speaks_for_author = [&](const Candidate& candidate) {
    const auto& domain = candidate.signature.shown.domain;
    return std::ranges::any_of(authors,
                               [&](const std::string& author) { return is_within(author, domain) || is_within(domain, author); });
  };
  std::vector<Candidate*> order, others;
  for (auto& candidate : candidates)
    if (is_usable(candidate)) (speaks_for_author(candidate) ? order : others).push_back(&candidate);
  order.insert(order.end(), others.begin(), others.end());
  for (std::size_t i = most; i < order.size(); ++i)
    refuse(order[i]->signature, Fault::too_many, "only " + std::to_string(most) + " signatures of a message are verified");
}

// False: some key is not known yet. All are asked for before anything is hashed.
bool look_up_keys(std::vector<Candidate>& candidates, Answers& answers) {
  bool known = true;
  for (auto& candidate : candidates) {
    if (!is_usable(candidate)) continue;
    candidate.answer = answers.find(candidate.signature.key_name, dns::Type::txt);
    known = known && candidate.answer != nullptr;
  }
  return known;
}

}  // namespace

std::optional<std::vector<Signature>> verify(const mail::Message& message, Answers& answers, WallTime now, const Limits& limits) {
  SignedMessage signed_message(message);
  std::vector<Candidate> candidates;
  const auto written = signed_message.fields_of("dkim-signature");
  candidates.reserve(written.size());
  for (const auto index : written)
    candidates.push_back({index, read_signature(signed_message.field(index), FieldKind::dkim, now, limits), nullptr});
  if (!signed_message.header_is_whole())
    for (auto& candidate : candidates)
      if (is_usable(candidate)) refuse(candidate.signature, Fault::too_many, "the header has more fields than are read");
  keep_the_best(signed_message, candidates, limits.signatures);
  if (!look_up_keys(candidates, answers)) return std::nullopt;
  std::vector<Signature> signatures;
  signatures.reserve(candidates.size());
  for (auto& candidate : candidates) {
    auto& signature = candidate.signature;
    if (candidate.answer) check(signed_message, candidate.field, choose_key(*candidate.answer, signature.wanted, limits), signature);
    candidate.signature.shown.field = candidate.field;
    signatures.push_back(std::move(candidate.signature.shown));
  }
  return signatures;
}

}  // namespace posthorn::trust::dkim
