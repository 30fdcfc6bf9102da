#include "post/inbound.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "mail/message.h"
#include "trust/ask.h"
#include "trust/json.h"

namespace posthorn::post {
namespace {

namespace json = boost::json;

std::int64_t seconds(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

json::object tls_json(const TlsFacts& tls) { return {{"version", tls.version}, {"cipher", tls.cipher}}; }

// Who else got the message is nobody's business: recipients are counted, not named.
std::string evidence_of(const Arrival& arrival, const trust::Judgement& judgement, const trust::Answers& answers, std::size_t size) {
  json::object out;
  out["version"] = 1;
  out["id"] = arrival.id;
  out["received_at"] = seconds(arrival.now);
  out["by"] = arrival.host_name;
  out["client"] = json::object{{"ip", arrival.peer.client.address}, {"port", arrival.peer.client.port}};
  out["helo"] = printable(arrival.peer.helo, 512);
  out["protocol"] = arrival.peer.esmtp ? "ESMTP" : "SMTP";
  out["tls"] = arrival.peer.tls ? json::value(tls_json(*arrival.peer.tls)) : json::value(nullptr);
  out["reverse_path"] = printable(arrival.from.reverse_path.text(), 512);
  out["recipients"] = arrival.recipients;
  out["size"] = size;
  out["judgement"] = trust::to_json(judgement);
  out["dns"] = trust::to_json(answers);
  return json::serialize(out);
}

// What no reader could agree on whose it is, is not taken (attacks.md 2C a8-a19). Without any From it is merely poor mail.
std::optional<smtp::Reply> refuse_unclear_author(const trust::dmarc::Authors& authors) {
  for (const auto& problem : authors.problems)
    if (problem != "there is no From")
      return smtp::Reply{550, "5.6.0", "It is not clear whose message this is: " + problem + " (RFC 5322 3.6.2)", "author unclear"};
  return std::nullopt;
}

}  // namespace

Task<Verdict> judge_arrival(dns::Resolver& resolver, Clock& clock, const trust::Rules& rules, const Arrival& arrival, std::string_view message) {
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
  const auto judgement = co_await trust::judge(resolver, clock, parsed, facts, rules, answers);
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
  out.evidence = evidence_of(arrival, judgement, answers, message.size());
  co_return out;
}

}  // namespace posthorn::post
