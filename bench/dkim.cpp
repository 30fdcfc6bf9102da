// bench/dkim.cpp - what a DKIM verdict costs beside what cannot be avoided: OpenSSL's verification with a key at hand, and
// SHA-256 over the same body and header. "ratio" is our time through theirs, measured in the same run, in turns of some dozens each: so
// each finds its own code and data in the caches, as in a loop of its own, and neither what the other has just brought there. Both
// sides use the same keys and read the same octets, so that nothing but our own work differs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "crypto/hasher.h"
#include "trust/dkim/canonical.h"
#include "trust/dkim/key_record.h"

using namespace posthorn;
using namespace posthorn::trust;

namespace {

using crypto::KeyKind;
constexpr WallTime now{std::chrono::seconds(1'700'000'000)};

enum class Body : std::uint8_t { base64, prose, flowed };

std::string body_of(Body kind, std::size_t size) {
  std::string_view line = "VGhpcyBpcyBhIGxpbmUgb2YgYmFzZTY0IGFzIGF0dGFjaG1lbnRzIGhhdmUgaXQgYnkgdGhl\r\n";
  if (kind == Body::prose) line = "Letters have lines of words with single spaces, as this one, and an end.\r\n";
  if (kind == Body::flowed) line = "Flowed text ends its lines with a space, and tables\thave tabs,  at times \r\n";
  std::string body;
  while (body.size() < size) body += line;
  return body;
}

struct Setup {
  Setup(KeyKind kind, dkim::Canonical form, Body text, std::size_t size)
      : key(*crypto::SigningKey::generate(kind)),
        bare(*dkim::read_key(dkim::key_record(key), {.kind = kind, .digest = crypto::Digest::sha256}, {}).key),
        body(body_of(text, size)) {
    const std::string head =
        "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: Lunch\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        "Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n";
    bytes = head + body;
    bytes = *dkim::sign(mail::parse(bytes), key, {.domain = "example.org", .selector = "s", .now = now, .header = form, .body = form}) + bytes;
    dns::Answer answer;
    answer.outcome = dns::Outcome::found;
    answer.records.push_back(dns::Txt{dkim::key_record(key)});
    answers.put({"s._domainkey.example.org", dns::Type::txt}, answer);
    digest = std::string(32, 'd');
    signature = *key.sign(digest);
  }

  void ours(const mail::Message& message) {
    const auto signatures = dkim::verify(message, answers, now);
    if (!signatures || signatures->size() != 1 || signatures->front().result != dkim::Result::pass) std::abort();
  }
  void theirs() const {
    crypto::Hasher hasher;
    hasher.write(std::string_view(bytes).substr(bytes.size() - body.size()));  // where it stands in the message
    auto hash = hasher.finish();
    benchmark::DoNotOptimize(hash);
    crypto::Hasher of_header;  // its octets as they stand: the canonical ones are a few less
    of_header.write(std::string_view(bytes).substr(0, bytes.size() - body.size()));
    auto header_hash = of_header.finish();
    benchmark::DoNotOptimize(header_hash);
    if (!bare.verify(digest, signature)) std::abort();
  }

  crypto::SigningKey key;
  crypto::VerifyingKey bare;
  std::string body, bytes, digest, signature;
  Answers answers;
};

void verify(benchmark::State& state, KeyKind kind, dkim::Canonical form, Body text) {
  constexpr std::size_t keys = 8;
  std::vector<std::unique_ptr<Setup>> setups;
  std::vector<mail::Message> messages;
  for (std::size_t i = 0; i < keys; ++i) {
    setups.push_back(std::make_unique<Setup>(kind, form, text, static_cast<std::size_t>(state.range(0))));
    messages.push_back(mail::parse(setups.back()->bytes));
  }
  std::size_t next = 0;
  using Clock = std::chrono::steady_clock;
  using Micro = std::chrono::duration<double, std::micro>;
  std::vector<double> ours, theirs;
  constexpr int turn = 16;
  const auto timed = [](const auto& once) {
    once();  // brings its own into the caches
    const auto begin = Clock::now();
    for (int i = 0; i < turn; ++i) once();
    return Micro(Clock::now() - begin).count() / turn;
  };
  for (auto _ : state) {
    auto& setup = *setups[next];
    const auto& message = messages[next];
    next = (next + 1) % keys;
    ours.push_back(timed([&] { setup.ours(message); }));
    theirs.push_back(timed([&] { setup.theirs(); }));
  }
  // Of all turns the one in the middle: what else the machine does falls on some of them.
  const auto middle = [](std::vector<double>& all) {
    const auto at = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::ranges::nth_element(all, at);
    return *at;
  };
  state.counters["ours_us"] = middle(ours);
  state.counters["bare_us"] = middle(theirs);
  state.counters["ratio"] = middle(ours) / middle(theirs);
}

void canonical_rate(benchmark::State& state, dkim::Canonical form, Body text) {
  const auto body = body_of(text, 1U << 20U);
  for (auto _ : state) benchmark::DoNotOptimize(dkim::body_digest(form, crypto::Digest::sha256, body));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(body.size()));
}

void hash_rate(benchmark::State& state) {
  const auto body = body_of(Body::prose, 1U << 20U);
  for (auto _ : state) {
    crypto::Hasher hasher;
    hasher.write(body);
    benchmark::DoNotOptimize(hasher.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(body.size()));
}

using dkim::Canonical;
BENCHMARK_CAPTURE(verify, rsa_relaxed_prose, KeyKind::rsa, Canonical::relaxed, Body::prose)->Arg(4'096)->Arg(65'536)->Arg(1'048'576);
BENCHMARK_CAPTURE(verify, rsa_simple_base64, KeyKind::rsa, Canonical::simple, Body::base64)->Arg(4'096)->Arg(65'536)->Arg(1'048'576);
BENCHMARK_CAPTURE(verify, ed25519_relaxed_prose, KeyKind::ed25519, Canonical::relaxed, Body::prose)->Arg(4'096)->Arg(1'048'576);
BENCHMARK(hash_rate);
BENCHMARK_CAPTURE(canonical_rate, simple_base64, Canonical::simple, Body::base64);
BENCHMARK_CAPTURE(canonical_rate, relaxed_prose, Canonical::relaxed, Body::prose);
BENCHMARK_CAPTURE(canonical_rate, relaxed_flowed, Canonical::relaxed, Body::flowed);

}  // namespace

BENCHMARK_MAIN();
