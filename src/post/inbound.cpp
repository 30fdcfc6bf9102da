#include "post/inbound.h"

#include "base/text.h"
#include "mail/message.h"
#include "trust/ask.h"

namespace posthorn::post {
namespace {

// What no reader could agree on whose it is, is not taken (attacks.md 2C a8-a19). Without any From it is merely poor mail.
std::optional<smtp::Reply> refuse_unclear_author(const trust::dmarc::Authors& authors) {
  for (const auto& problem : authors.problems)
    if (problem != "there is no From")
      return smtp::Reply{550, "5.6.0", "It is not clear whose message this is: " + problem + " (RFC 5322 3.6.2)", "author unclear"};
  return std::nullopt;
}

// Those by which a filter and a reader may see other parts, or another kind of part: what carries an attack past a filter. The rest is
// named only; honest programs send it every day (a missing last boundary, a bad "=" in
// quoted-printable, an encoded word in a file name).
constexpr std::uint32_t misleading = static_cast<std::uint32_t>(mail::Ambiguity::duplicate_content_type) | static_cast<std::uint32_t>(mail::Ambiguity::duplicate_encoding) |
                                     static_cast<std::uint32_t>(mail::Ambiguity::duplicate_parameter) |
                                     static_cast<std::uint32_t>(mail::Ambiguity::boundary_by_rfc2231) | static_cast<std::uint32_t>(mail::Ambiguity::bad_parameter) |
                                     static_cast<std::uint32_t>(mail::Ambiguity::missing_boundary) | static_cast<std::uint32_t>(mail::Ambiguity::encoded_multipart) |
                                     static_cast<std::uint32_t>(mail::Ambiguity::inexact_boundary) | static_cast<std::uint32_t>(mail::Ambiguity::after_final_boundary) |
                                     static_cast<std::uint32_t>(mail::Ambiguity::bad_base64) | static_cast<std::uint32_t>(mail::Ambiguity::over_limit);

}  // namespace

void judge_structure(Verdict& verdict, const Options& options, const mail::Message& message) {
  const auto found = message.ambiguities | mail::body_ambiguities(message);
  if (found == 0) return;
  std::string names;
  for (const auto name : mail::ambiguity_names(found)) names += (names.empty() ? "" : ", ") + std::string(name);
  verdict.fields += "MIME-Ambiguity-Results: " + options.host_name + "; " + names + "\r\n";
  if ((found & misleading) == 0 || options.ambiguous_mime == AmbiguousMime::mark) return;
  if (options.ambiguous_mime == AmbiguousMime::reject) {
    verdict.refusal = smtp::Reply{554, "5.6.0", "Programs would not agree on the parts of this message: " + names, "ambiguous MIME"};
    return;
  }
  verdict.junk = true;
  verdict.reason += (verdict.reason.empty() ? "" : "; ") + ("its parts are ambiguous: " + names);
}

Task<Verdict> judge_arrival(dns::Resolver& resolver, Clock& clock, const Options& options, const Arrival& arrival, std::string_view message,
                            const std::vector<smtp::RcptTo>& recipients, ReplayWatch& replays) {
  const auto& rules = options.trust;
  trust::Facts facts;
  facts.ip = arrival.peer.client.address;
  facts.helo = arrival.peer.helo;
  facts.mail_from = arrival.from.reverse_path.empty() ? std::string() : arrival.from.reverse_path.text();
  facts.receiver = arrival.host_name;
  facts.now = arrival.now;
  const auto parsed = mail::parse(message);
  Verdict out;
  out.refusal = refuse_unclear_author(trust::dmarc::authors_of(parsed));
  if (out.refusal) {
    out.reason = out.refusal->text;
    co_return out;
  }
  trust::Answers answers;
  out.judgement = co_await trust::judge(resolver, clock, parsed, facts, rules, answers);
  out.facts = facts;
  mind_replay(replays, parsed, recipients, facts, rules, *out.judgement);
  const auto& judgement = *out.judgement;
  out.reason = judgement.reason;
  out.dmarc = trust::dmarc::name_of(judgement.dmarc.result);
  out.spf = trust::spf::name_of(judgement.spf.result);
  if (judgement.disposition == trust::Disposition::reject) {
    out.refusal = smtp::Reply{550, "5.7.1", "Refused by the DMARC policy of " + judgement.dmarc.author + ": " + printable(judgement.reason, 300), "dmarc"};
    co_return out;
  }
  out.junk = judgement.disposition == trust::Disposition::quarantine;
  trust::spf::Request shown;
  shown.ip = facts.ip;
  shown.helo = facts.helo;
  shown.mail_from = facts.mail_from;
  shown.receiver = facts.receiver;
  out.fields = trust::wire(trust::results_of(judgement, facts)) + trust::spf::received_spf(judgement.spf, shown);
  judge_structure(out, options, parsed);
  out.evidence = arrival_evidence(arrival, judgement, answers, message.size());
  co_return out;
}

}  // namespace posthorn::post
