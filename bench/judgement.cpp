// bench/judgement.cpp - what the whole judgement of one message costs when the DNS answers are at hand: SPF through an include, one
// RSA-2048 signature, ARC (none), DMARC with its walk, the verdict; for messages of 4 KB and 100 KB. Beside it, in the same run, what
// cannot be avoided: OpenSSL's verification and SHA-256 over the same octets.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>

#include "crypto/hasher.h"
#include "dns/zone.h"
#include "trust/judgement.h"

using namespace posthorn;
using namespace posthorn::trust;

namespace {

constexpr WallTime now{std::chrono::seconds(1'700'000'000)};

struct Setup {
  explicit Setup(std::size_t size)
      : key(*crypto::SigningKey::generate(crypto::KeyKind::rsa)), bare(*crypto::VerifyingKey::rsa(key.public_bytes())), digest(32, 'd'), signature(*key.sign(digest)) {
    bytes = "From: Ann <ann@news.example.org>\r\nTo: bob@example.net\r\nSubject: Lunch\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
            "Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n";
    while (bytes.size() < size) bytes += "Letters have lines of words with single spaces, as this one, and an end.\r\n";
    const auto field = dkim::sign(mail::parse(bytes), key, {.domain = "example.org", .selector = "s", .now = now});
    if (!field) std::abort();
    bytes = *field + bytes;
    facts.ip = "192.0.2.77";
    facts.helo = "mx.example.org";
    facts.mail_from = "bounce@example.org";
    facts.receiver = "mx.example.net";
    facts.now = now;
    auto zone = dns::parse_zone("$TTL 60\nexample.org. TXT \"v=spf1 include:_spf.example.org -all\"\n_spf.example.org. TXT \"v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 -all\"\n"
                                "mx.example.org. TXT \"v=spf1 a -all\"\nmx.example.org. A 192.0.2.77\nnews.example.org. A 192.0.2.1\n_dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n");
    if (!zone) std::abort();
    zone->add("s._domainkey.example.org", dns::Type::txt, 60, dns::Txt{dkim::key_record(key)});
    const auto message = mail::parse(bytes);
    while (!judge(message, facts, rules, answers))
      for (const auto& question : answers.take_missing()) answers.put(question, zone->answer(question.name, question.type));
  }
  void ours() {
    const auto message = mail::parse(bytes);
    const auto judgement = judge(message, facts, rules, answers);
    if (!judgement || judgement->dmarc.result != dmarc::Result::pass || !judgement->dmarc.dkim_aligned || !judgement->dmarc.spf_aligned) std::abort();
  }
  void floor() const {
    crypto::Hasher hasher;
    hasher.write(bytes);
    auto hash = hasher.finish();
    benchmark::DoNotOptimize(hash);
    if (!bare.verify(digest, signature)) std::abort();
  }

  crypto::SigningKey key;
  crypto::VerifyingKey bare;
  std::string digest, signature, bytes;
  Facts facts;
  Rules rules;
  Answers answers;
};

void judgement(benchmark::State& state) {
  Setup setup(static_cast<std::size_t>(state.range(0)));
  using Clock = std::chrono::steady_clock;
  Clock::duration ours{}, floor{};
  for (auto _ : state) {
    const auto begin = Clock::now();
    setup.ours();
    const auto middle = Clock::now();
    setup.floor();
    floor += Clock::now() - middle;
    ours += middle - begin;
  }
  using Micro = std::chrono::duration<double, std::micro>;
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["judgement_us"] = Micro(ours).count() / rounds;
  state.counters["floor_us"] = Micro(floor).count() / rounds;
  state.counters["ratio"] = Micro(ours).count() / Micro(floor).count();
}

BENCHMARK(judgement)->Arg(4'096)->Arg(102'400);

}  // namespace

BENCHMARK_MAIN();
