#include "report/what_if.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"

namespace posthorn::report {
namespace {

dns::Answer text_answer(const std::string& name, std::string_view text) {
  dns::Answer out;
  out.outcome = dns::Outcome::found;
  out.canonical_name = name;
  out.records.push_back(dns::Txt{std::string(text)});
  return out;
}

// What the row's reporter found proved.
trust::dmarc::Identifiers proved(const Row& row) {
  trust::dmarc::Identifiers out;
  for (const auto& one : row.spf)
    if (one.result == "pass") out.spf = one.domain;
  for (const auto& one : row.dkim)
    if (one.result == "pass" && std::ranges::find(out.dkim, one.domain) == out.dkim.end()) out.dkim.push_back(one.domain);
  return out;
}

// Rows with the same name, policy and proofs get the same verdict.
std::string signature_of(const Row& row, const trust::dmarc::Identifiers& identifiers) {
  std::string out = row.header_from + "|" + identifiers.spf.value_or("");
  for (const auto& one : identifiers.dkim) out += "|" + one;
  return out;
}

bool uses(const Row& row, std::string_view domain) {
  if (row.header_from == domain || row.envelope_from == domain) return true;
  return std::ranges::any_of(row.spf, [domain](const SpfSeen& one) { return one.domain == domain; });
}

}  // namespace

std::optional<PolicyEffects> what_if_policy(std::string_view domain, std::string_view record, const History& history, trust::Answers& answers) {
  const auto at = "_dmarc." + std::string(domain);
  answers.put(trust::Question{at, dns::Type::txt}, text_answer(at, record));
  std::map<std::string, std::optional<trust::dmarc::Verdict>> verdicts;
  bool missing = false;
  for (const auto& event : history) {
    const auto ids = proved(event.row);
    auto [known, fresh] = verdicts.try_emplace(signature_of(event.row, ids));
    if (fresh) known->second = trust::dmarc::check(event.row.header_from, ids, answers);
    missing |= !known->second;
  }
  if (missing) return std::nullopt;
  PolicyEffects out;
  std::map<std::pair<std::string, std::string>, Effect> effects;
  for (const auto& event : history) {
    const auto& row = event.row;
    const auto& verdict = *verdicts.at(signature_of(row, proved(row)));
    out.messages += row.count;
    if (verdict.result == trust::dmarc::Result::temperror) out.unknown += row.count;
    if (verdict.result == trust::dmarc::Result::pass) out.passing += row.count;
    if (verdict.result != trust::dmarc::Result::fail) continue;
    auto& one = effects[{row.source_ip, row.header_from}];
    const bool was_lost = row.disposition == "quarantine" || row.disposition == "reject";
    const bool is_lost = verdict.applied != trust::dmarc::Policy::none;
    one.source_ip = row.source_ip;
    one.header_from = row.header_from;
    one.messages += row.count;
    one.before += was_lost ? row.count : 0;
    one.lost += is_lost && !was_lost ? row.count : 0;
    if (row.count >= one.example.count) {
      one.example = row;
      one.why = verdict.reason;
    }
    one.then = std::max(one.then, verdict.applied);
  }
  for (auto& [name, one] : effects) {
    out.lost += one.lost;
    out.effects.push_back(std::move(one));
  }
  std::ranges::sort(out.effects, [](const Effect& a, const Effect& b) {
    return std::tie(b.lost, b.messages, a.source_ip, a.header_from) < std::tie(a.lost, a.messages, b.source_ip, b.header_from);
  });
  return out;
}

std::optional<std::vector<SpfEffect>> what_if_spf(std::string_view domain, std::string_view record, const History& history, trust::Answers& now, trust::Answers& then) {
  const std::string name(domain);
  then.put(trust::Question{name, dns::Type::txt}, text_answer(name, record));
  std::map<std::string, SpfEffect> all;
  for (const auto& event : history) {
    const auto& row = event.row;
    if (!uses(row, domain) || dns::reverse_name(row.source_ip).empty()) continue;
    auto& one = all[row.source_ip];
    one.source_ip = row.source_ip;
    one.messages += row.count;
    one.signed_too += row.dkim_aligned ? row.count : 0;
    if (row.count >= one.example.count) one.example = row;
  }
  bool missing = false;
  std::vector<SpfEffect> out;
  for (auto& [ip, one] : all) {
    trust::spf::Request request;
    request.ip = ip;
    request.mail_from = "postmaster@" + name;
    const auto before = trust::spf::check(request, now);
    const auto after = trust::spf::check(request, then);
    missing |= !before || !after;
    if (missing) continue;
    one.before = before->result;
    one.then = after->result;
    one.reason = after->reason;
    out.push_back(std::move(one));
  }
  if (missing) return std::nullopt;
  std::ranges::sort(out, [](const SpfEffect& a, const SpfEffect& b) {
    const bool lost_a = a.before == trust::spf::Result::pass && a.then != a.before, lost_b = b.before == trust::spf::Result::pass && b.then != b.before;
    return std::tie(lost_b, b.messages, a.source_ip) < std::tie(lost_a, a.messages, b.source_ip);
  });
  return out;
}

}  // namespace posthorn::report
