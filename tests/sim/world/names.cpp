#include "world/names.h"

#include <gtest/gtest.h>

#include "dns/zone_resolver.h"
#include "world/keys.h"

namespace posthorn::sim {
namespace {

std::string zone_text() {
  std::string out = R"($TTL 300
red.test. IN MX 10 mx.red.test.
red.test. IN MX 20 mx2.red.test.
red.test. IN TXT "v=spf1 ip4:8.8.3.1 -all"
mx.red.test. IN A 8.8.3.1
mx2.red.test. IN A 8.8.3.2
gold.test. IN A 8.8.4.1
rude.test. IN MX 10 mx.rude.test.
mx.rude.test. IN A 8.8.5.1
dead.test. IN MX 10 mx.dead.test.
mx.dead.test. IN A 8.8.6.1
null.test. IN MX 0 .
)";
  for (const auto& [color, ip] : {std::pair("blue", blue_ip), std::pair("green", green_ip)}) {
    const std::string domain = std::string(color) + ".test.", host = "mx." + domain;
    out += domain + " IN MX 10 " + host + "\n" + host + " IN A " + ip + "\n";
    out += domain + " IN TXT \"v=spf1 mx -all\"\n_dmarc." + domain + " IN TXT \"v=DMARC1; p=reject\"\n";
    out += std::string(selector) + "._domainkey." + domain + " IN TXT \"" + signing_record() + "\"\n";
  }
  return out;
}

// The domain of ours that a name belongs to.
std::string domain_of(const std::string& name) {
  const auto dot = name.rfind('.', name.size() - 6);
  return dot == name.npos ? name : name.substr(dot + 1);
}

}  // namespace

Names::Names(VirtualClock& clock, Trace& trace, Ledger& ledger, std::uint64_t seed, NamesOptions options)
    : clock_(clock), trace_(trace), ledger_(ledger), dice_(seed, "names"), options_(options) {
  auto zone = dns::parse_zone(zone_text());
  if (!zone) ADD_FAILURE() << zone.error().text();
  else zone_ = dns::zone_resolver(std::move(*zone));
}

Task<dns::Answer> Names::resolve(std::string name, dns::Type type) {
  if (!calm_) {
    if (clock_.steady() >= weather_until_) {
      weather_until_ = clock_.steady() + dice_.between(std::chrono::minutes(10), std::chrono::hours(6));
      storm_ = dice_.one_in(6);
    }
    if (dice_.one_in(10)) {
      trace_.count("dns.slow");
      co_await sleep(clock_, dice_.between(std::chrono::seconds(1), std::chrono::seconds(40)));
    }
    if ((storm_ || dice_.one_in(25)) && !calm_) {
      trace_.count("dns.servfail");
      dns::Answer failed;
      failed.why = "SERVFAIL";
      co_return failed;
    }
  }
  auto answer = co_await zone_->resolve(name, type);
  if (!calm_ && options_.lies && dice_.one_in(15)) co_return lie(std::move(name), type, std::move(answer));
  co_return answer;
}

dns::Answer Names::lie(std::string name, dns::Type type, dns::Answer truth) {
  trace_.count("dns.lie");
  trace_.note("dns lies about " + name);
  // Whatever is about a domain, its mail may be taken for forged, sent astray or returned: a lie is believed.
  ledger_.ruled_out(domain_of(name));
  switch (dice_.below(4)) {
    case 0:
      truth.outcome = dns::Outcome::no_such_name;
      truth.records.clear();
      return truth;
    case 1:
      truth.outcome = dns::Outcome::no_data;
      truth.records.clear();
      return truth;
    case 2:
      for (auto& record : truth.records) {
        if (auto* a = std::get_if<dns::A>(&record)) a->address = "8.8.4.1";
        if (auto* txt = std::get_if<dns::Txt>(&record)) txt->text = "v=spf1 -all";
      }
      return truth;
    default:
      if (type == dns::Type::mx) truth.records = {dns::Mx{0, ""}};
      return truth;
  }
}

}  // namespace posthorn::sim
