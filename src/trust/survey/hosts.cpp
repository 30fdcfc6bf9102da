#include <algorithm>
#include <utility>

#include "base/text.h"
#include "trust/survey/parts.h"

namespace posthorn::trust::survey {
namespace {

constexpr std::size_t most_hosts = 10;

struct Hosts {
  const dns::Answer* answer = nullptr;
  std::vector<std::string> names;  // by preference
  bool null_mx = false;
};

std::optional<Hosts> hosts_of(const std::string& domain, Answers& answers) {
  Hosts out;
  out.answer = answers.find(domain, dns::Type::mx);
  if (out.answer == nullptr) return std::nullopt;
  std::vector<dns::Mx> all;
  for (const auto& record : out.answer->records)
    if (const auto* mx = std::get_if<dns::Mx>(&record)) all.push_back(*mx);
  std::ranges::sort(all, {}, [](const dns::Mx& mx) { return std::pair(mx.preference, mx.exchange); });
  for (const auto& mx : all) {
    out.null_mx |= mx.exchange.empty();
    if (!mx.exchange.empty() && out.names.size() < most_hosts) out.names.push_back(mx.exchange);
  }
  return out;
}

enum class Reach : std::uint8_t { missing, fine, none, unknown };

// Whether a host has an address. One family is enough, and one that fails beside one that is found is no fault.
Reach reach_of(const std::string& host, Answers& answers) {
  const auto* a = answers.find(host, dns::Type::a);
  const auto* aaaa = answers.find(host, dns::Type::aaaa);
  if (a == nullptr || aaaa == nullptr) return Reach::missing;
  if (!a->records.empty() || !aaaa->records.empty()) return Reach::fine;
  return a->outcome == dns::Outcome::failed || aaaa->outcome == dns::Outcome::failed ? Reach::unknown : Reach::none;
}

// rfc:7672#3.1 of the usages only DANE-TA(2) and DANE-EE(3) count for SMTP.
bool usable(const dns::Tlsa& tlsa) { return (tlsa.usage == 2 || tlsa.usage == 3) && tlsa.selector <= 1 && tlsa.matching <= 2 && !tlsa.data.empty(); }

// A record of which exactly one may stand at a name, and whose absence is no fault of the mail itself.
std::optional<Finding> check_text(const std::string& subject, const std::string& name, std::string_view begins, const std::string& with, const std::string& without,
                                  const std::string& record, Answers& answers) {
  const auto* answer = answers.find(name, dns::Type::txt);
  if (answer == nullptr) return std::nullopt;
  if (answer->outcome == dns::Outcome::failed) return unknown(subject, *answer);
  const auto records = texts_beginning(*answer, begins);
  if (records.size() == 1) return Finding{subject, Grade::good, printable(records.front(), 600), with};
  if (records.size() > 1)
    return Finding{subject, Grade::bad, std::to_string(records.size()) + " records at " + name, "Only one may stand there: all are ignored.", "Remove the others"};
  return Finding{subject, Grade::bad, "no record at " + name, without, "Publish one", name + ". TXT \"" + record + "\""};
}

}  // namespace

std::optional<Finding> check_mx(const std::string& domain, Answers& answers) {
  const auto hosts = hosts_of(domain, answers);
  if (!hosts) return std::nullopt;
  if (hosts->answer->outcome == dns::Outcome::failed) return unknown("MX", *hosts->answer);
  if (hosts->null_mx && hosts->names.empty())
    return Finding{"MX", Grade::good, "none (null MX)", "The domain takes no mail, and says so (RFC 7505)."};
  if (hosts->names.empty())
    return Finding{"MX", Grade::bad, "no MX record", "Others try the domain's own address, or cannot write to it at all.", "Publish where its mail goes", domain + ". MX 10 mx." + domain + "."};
  Finding out{"MX", Grade::good, {}, "Mail for the domain goes there."};
  bool missing = false;
  for (const auto& host : hosts->names) {
    out.found += (out.found.empty() ? "" : ", ") + host;
    const auto reach = reach_of(host, answers);
    missing |= reach == Reach::missing;
    if (reach == Reach::none) {
      out.grade = Grade::bad;
      out.found += " (has no address)";
      out.todo = "Give every host an A or AAAA record, or take it out";
    }
    if (reach == Reach::unknown && out.grade == Grade::good) {
      out.grade = Grade::could_not_check;
      out.found += " (its address could not be looked up)";
      out.todo = "Try again; if it stays so, look at the name servers of the hosts";
    }
  }
  if (missing) return std::nullopt;
  if (hosts->null_mx) {
    out.grade = Grade::bad;
    out.meaning = "A null MX stands beside real ones: senders do not know whether the domain takes mail (RFC 7505 3).";
    out.todo = "Remove the null MX";
  }
  return out;
}

std::optional<Finding> check_dane(const std::string& domain, Dnssec dnssec, Answers& answers) {
  const auto hosts = hosts_of(domain, answers);
  if (!hosts) return std::nullopt;
  if (hosts->answer->outcome == dns::Outcome::failed) return unknown("DANE", *hosts->answer);
  if (hosts->names.empty()) return Finding{"DANE", Grade::good, "no host takes mail", "There is nothing to protect."};
  bool missing = false, insecure = hosts->answer->security != dns::Security::secure;
  std::string found, without, broken;
  for (const auto& host : hosts->names) {
    const auto name = "_25._tcp." + host;
    const auto* answer = answers.find(name, dns::Type::tlsa);
    if (answer == nullptr) {
      missing = true;
      continue;
    }
    if (answer->outcome == dns::Outcome::failed) return unknown("DANE", *answer);
    std::size_t good = 0, all = 0;
    for (const auto& record : answer->records)
      if (const auto* tlsa = std::get_if<dns::Tlsa>(&record)) {
        ++all;
        good += usable(*tlsa) ? 1 : 0;
        found += (found.empty() ? "" : "; ") + host + ": " + std::to_string(tlsa->usage) + " " + std::to_string(tlsa->selector) + " " + std::to_string(tlsa->matching) + " " + hex(tlsa->data).substr(0, 16) + "...";
      }
    insecure |= all > 0 && answer->security != dns::Security::secure;
    if (all == 0) without += (without.empty() ? "" : ", ") + host;
    else if (good == 0) broken += (broken.empty() ? "" : ", ") + host;
  }
  if (missing) return std::nullopt;
  if (found.empty())
    return Finding{"DANE", Grade::bad, "no TLSA record of any host", "Whoever stands between can make senders fall back to clear text, unless MTA-STS forbids it.",
                   "With DNSSEC, publish the hash of each host's key", "_25._tcp." + hosts->names.front() + ". TLSA 3 1 1 HASH"};
  Finding out{"DANE", Grade::good, found, "Senders that look at DANE insist on TLS with exactly these keys."};
  if (!broken.empty()) {
    out.grade = Grade::bad;
    out.meaning = "No record of " + broken + " can be used with SMTP (RFC 7672 3.1): senders encrypt without checking whose key it is.";
    out.todo = "Publish records of usage 3 or 2";
  } else if (insecure && dnssec == Dnssec::validated) {
    out.grade = Grade::bad;
    out.meaning = "The records are not signed by DNSSEC: senders must ignore them (RFC 7672 2.1).";
    out.todo = "Sign the zones of the domain and of its hosts";
  } else if (insecure) {
    out.grade = Grade::could_not_check;
    out.meaning = "They count only if DNSSEC signs them, which was not looked at here.";
    out.todo = "Check without --dns and --resolver";
  } else if (!without.empty()) {
    out.grade = Grade::bad;
    out.meaning = without + " has none: an attacker leads senders there.";
    out.todo = "Publish records for every host";
  }
  return out;
}

std::optional<Finding> check_mta_sts(const std::string& domain, Answers& answers) {
  return check_text("MTA-STS", "_mta-sts." + domain, "v=STSv1", "Senders are told to insist on TLS; the policy file itself was not fetched.",
                    "Senders cannot know that they must insist on TLS.", "v=STSv1; id=1", answers);
}

std::optional<Finding> check_tls_rpt(const std::string& domain, Answers& answers) {
  return check_text("TLS-RPT", "_smtp._tls." + domain, "v=TLSRPTv1", "Senders report when TLS fails.", "You do not hear of it when TLS to you fails.",
                    "v=TLSRPTv1; rua=mailto:postmaster@" + domain, answers);
}

}  // namespace posthorn::trust::survey
