// trust/json.cpp - see json.h.
#include "trust/json.h"

#include <boost/json/array.hpp>
#include <chrono>

#include "base/json.h"
#include "base/text.h"

namespace posthorn::trust {
namespace {

namespace json = boost::json;

json::string text(std::string_view bytes) { return json::string(is_utf8(bytes) ? std::string(bytes) : printable(bytes, 65'536)); }

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& one : list) out.push_back(text(one));
  return out;
}

std::int64_t seconds(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

std::string_view name_of(dkim::Canonical canonical) { return canonical == dkim::Canonical::simple ? "simple" : "relaxed"; }

std::string_view name_of(dkim::Fault fault) {
  switch (fault) {
    case dkim::Fault::none: return "none";
    case dkim::Fault::body_hash: return "body hash";
    case dkim::Fault::header_hash: return "header hash";
    case dkim::Fault::key: return "key";
    case dkim::Fault::syntax: return "syntax";
    case dkim::Fault::expired: return "expired";
    case dkim::Fault::weak: return "weak";
    case dkim::Fault::body_length: return "body length";
    case dkim::Fault::dns: return "dns";
    case dkim::Fault::too_many: return "too many signatures";
  }
  return "none";
}

constexpr std::string_view outcomes[] = {"found", "no data", "no such name", "failed"};
constexpr std::string_view securities[] = {"insecure", "secure", "bogus"};

template <std::size_t N>
std::optional<std::uint8_t> index_in(const std::string_view (&names)[N], std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

struct TypeName {
  dns::Type type;
  std::string_view name;
};
constexpr TypeName types[] = {{dns::Type::a, "A"},     {dns::Type::ns, "NS"},   {dns::Type::cname, "CNAME"}, {dns::Type::soa, "SOA"},  {dns::Type::ptr, "PTR"},
                              {dns::Type::mx, "MX"},   {dns::Type::txt, "TXT"}, {dns::Type::aaaa, "AAAA"},   {dns::Type::tlsa, "TLSA"}};

std::string_view name_of(dns::Type type) {
  for (const auto& one : types)
    if (one.type == type) return one.name;
  return "?";
}

// Octets that are not text are kept as hex, so that the record comes back as it was.
json::value octets(std::string_view bytes) {
  if (is_utf8(bytes)) return json::string(bytes.data(), bytes.size());
  return json::object{{"hex", hex(bytes)}};
}

struct RecordJson {
  json::value operator()(const dns::A& r) const { return text(r.address); }
  json::value operator()(const dns::Aaaa& r) const { return text(r.address); }
  json::value operator()(const dns::Mx& r) const { return json::object{{"preference", r.preference}, {"exchange", text(r.exchange)}}; }
  json::value operator()(const dns::Txt& r) const { return octets(r.text); }
  json::value operator()(const dns::Name& r) const { return text(r.name); }
  json::value operator()(const dns::Tlsa& r) const {
    return json::object{{"usage", r.usage}, {"selector", r.selector}, {"matching", r.matching}, {"data", hex(r.data)}};
  }
  json::value operator()(const dns::Other& r) const { return json::object{{"rdata", hex(r.rdata)}}; }
};

std::uint64_t number_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return 0;
  return static_cast<std::uint64_t>(value->get_int64());
}

std::string octets_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string().data(), value.get_string().size());
  if (value.is_object()) return unhex(string_at(value.get_object(), "hex")).value_or("");
  return {};
}

dns::Record record_from(dns::Type type, const json::value& value) {
  static const json::object none;
  const auto& object = value.is_object() ? value.get_object() : none;
  switch (type) {
    case dns::Type::a: return dns::A{octets_of(value)};
    case dns::Type::aaaa: return dns::Aaaa{octets_of(value)};
    case dns::Type::mx: return dns::Mx{static_cast<std::uint16_t>(number_of(object, "preference")), string_at(object, "exchange")};
    case dns::Type::txt: return dns::Txt{octets_of(value)};
    case dns::Type::tlsa:
      return dns::Tlsa{static_cast<std::uint8_t>(number_of(object, "usage")), static_cast<std::uint8_t>(number_of(object, "selector")),
                       static_cast<std::uint8_t>(number_of(object, "matching")), unhex(string_at(object, "data")).value_or("")};
    case dns::Type::ns:
    case dns::Type::cname:
    case dns::Type::ptr: return dns::Name{octets_of(value)};
    case dns::Type::soa: break;
  }
  return dns::Other{unhex(string_at(object, "rdata")).value_or("")};
}

}  // namespace

json::object to_json(const spf::Verdict& verdict) {
  json::object out;
  out["result"] = spf::name_of(verdict.result);
  out["identity"] = spf::name_of(verdict.identity);
  out["domain"] = text(verdict.domain);
  out["sender"] = text(verdict.sender);
  out["mechanism"] = text(verdict.mechanism);
  out["explanation"] = text(verdict.explanation);
  out["reason"] = text(verdict.reason);
  out["lookups"] = verdict.lookups;
  out["void_lookups"] = verdict.void_lookups;
  json::array steps;
  for (const auto& step : verdict.steps) {
    json::object one{{"depth", step.depth}, {"domain", text(step.domain)}, {"term", text(step.term)}, {"outcome", text(step.outcome)}, {"lookups", step.lookups}};
    if (!step.record.empty()) one["record"] = text(step.record);
    steps.push_back(std::move(one));
  }
  out["steps"] = std::move(steps);
  return out;
}

json::object to_json(const dkim::Signature& signature) {
  json::object out;
  out["result"] = dkim::name_of(signature.result);
  out["domain"] = text(signature.domain);
  out["selector"] = text(signature.selector);
  out["reason"] = text(signature.reason);
  out["fault"] = name_of(signature.fault);
  out["identity"] = text(signature.identity);
  out["algorithm"] = text(signature.algorithm);
  out["canonicalization"] = std::string(name_of(signature.header)) + "/" + std::string(name_of(signature.body));
  out["signed_fields"] = texts(signature.signed_fields);
  out["unsigned_fields"] = texts(signature.unsigned_fields);
  out["key_bits"] = signature.key_bits;
  out["testing"] = signature.testing;
  if (signature.length) out["length"] = *signature.length;
  if (signature.signed_at) out["signed_at"] = seconds(*signature.signed_at);
  if (signature.expires) out["expires"] = seconds(*signature.expires);
  return out;
}

json::object to_json(const arc::Chain& chain) {
  json::object out{{"result", arc::name_of(chain.result)}, {"reason", text(chain.reason)}};
  json::array sets;
  for (const auto& set : chain.sets)
    sets.push_back(json::object{{"instance", set.instance}, {"sealer", text(set.sealer)}, {"selector", text(set.selector)}, {"cv", text(set.cv)},
                                {"authentication_results", text(set.authentication_results)}});
  out["sets"] = std::move(sets);
  return out;
}

json::object to_json(const dmarc::Verdict& verdict, Disposition disposition) {
  json::object out;
  out["result"] = dmarc::name_of(verdict.result);
  out["policy"] = dmarc::name_of(verdict.policy);
  out["disposition"] = name_of(disposition);
  out["author"] = text(verdict.author);
  out["org_domain"] = text(verdict.organizational_domain);
  out["record_domain"] = text(verdict.record_domain);
  out["record"] = text(verdict.record);
  out["tag"] = text(verdict.tag);
  out["aligned"] = json::object{{"spf", verdict.spf_aligned}, {"dkim", verdict.dkim_aligned}};
  out["reason"] = text(verdict.reason);
  out["queried"] = texts(verdict.queried);
  return out;
}

json::object to_json(const Judgement& judgement) {
  json::object out;
  out["spf"] = to_json(judgement.spf);
  out["helo"] = to_json(judgement.spf_helo);
  json::array signatures;
  for (const auto& one : judgement.dkim) signatures.push_back(to_json(one));
  out["dkim"] = std::move(signatures);
  out["arc"] = to_json(judgement.arc);
  out["dmarc"] = to_json(judgement.dmarc, judgement.disposition);
  out["authors"] = json::object{{"domains", texts(judgement.authors.domains)}, {"problems", texts(judgement.authors.problems)}};
  out["mailing_list"] = judgement.mailing_list;
  out["forwarded"] = judgement.forwarded;
  out["disposition"] = name_of(judgement.disposition);
  out["reason"] = text(judgement.reason);
  json::array overrides;
  for (const auto& one : judgement.overrides) overrides.push_back(json::object{{"type", text(one.type)}, {"comment", text(one.comment)}});
  out["overrides"] = std::move(overrides);
  return out;
}

json::array to_json(const Answers& answers) {
  json::array out;
  for (const auto& [question, answer] : answers.all()) {
    json::object one;
    one["name"] = text(question.name);
    one["type"] = name_of(question.type);
    one["outcome"] = outcomes[static_cast<std::size_t>(answer.outcome)];
    one["security"] = securities[static_cast<std::size_t>(answer.security)];
    json::array records;
    for (const auto& record : answer.records) records.push_back(std::visit(RecordJson{}, record));
    one["records"] = std::move(records);
    if (!answer.canonical_name.empty() && answer.canonical_name != question.name) one["canonical_name"] = text(answer.canonical_name);
    if (!answer.why.empty()) one["why"] = text(answer.why);
    one["ttl"] = answer.ttl;
    out.push_back(std::move(one));
  }
  return out;
}

Result<Answers> answers_from_json(const json::value& value) {
  if (!value.is_array()) return fail(Errc::corrupt, "the kept DNS answers are not a list");
  Answers out;
  for (const auto& entry : value.get_array()) {
    if (!entry.is_object()) return fail(Errc::corrupt, "a kept DNS answer is not an object");
    const auto& one = entry.get_object();
    dns::Answer answer;
    Question question{string_at(one, "name"), dns::Type::txt};
    bool known = false;
    const auto type = string_at(one, "type");
    for (const auto& row : types) {
      if (row.name != type) continue;
      question.type = row.type;
      known = true;
    }
    const auto outcome = index_in(outcomes, string_at(one, "outcome"));
    const auto security = index_in(securities, string_at(one, "security"));
    if (!known || !outcome || !security) return fail(Errc::corrupt, "a kept DNS answer for " + question.name + " cannot be read");
    answer.outcome = static_cast<dns::Outcome>(*outcome);
    answer.security = static_cast<dns::Security>(*security);
    answer.ttl = static_cast<std::uint32_t>(number_of(one, "ttl"));
    answer.why = string_at(one, "why");
    answer.canonical_name = string_at(one, "canonical_name");
    if (answer.canonical_name.empty()) answer.canonical_name = question.name;
    if (const auto* records = one.if_contains("records"); records != nullptr && records->is_array())
      for (const auto& record : records->get_array()) answer.records.push_back(record_from(question.type, record));
    out.put(std::move(question), std::move(answer));
  }
  return out;
}

}  // namespace posthorn::trust
