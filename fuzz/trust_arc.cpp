// The ARC fields of a stranger's message. Input: the message, NUL, the key record that every name gives. Never a pass with a
// hole in the chain, and sealing what was validated gives three fields or an error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/arc/arc.h"

using namespace posthorn;

namespace {

const crypto::SigningKey& key() {
  static const auto made = crypto::SigningKey::generate(crypto::KeyKind::ed25519);
  return *made;
}

trust::arc::Chain chain_of(const mail::Message& message, const std::string& record, WallTime now) {
  trust::Answers answers;
  auto chain = trust::arc::verify(message, answers, now);
  if (chain) return *chain;
  auto missing = answers.take_missing();
  if (missing.empty() || missing.size() > 100) std::abort();
  for (auto& question : missing) {
    if (!dns::is_valid_name(question.name)) std::abort();
    dns::Answer answer;
    answer.outcome = dns::Outcome::found;
    answer.records.push_back(dns::Txt{record});
    answers.put(std::move(question), std::move(answer));
  }
  chain = trust::arc::verify(message, answers, now);
  if (!chain) std::abort();
  return *chain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto nul = input.find('\0');
  const auto message = mail::parse(input.substr(0, nul));
  const std::string record(nul == input.npos ? "" : input.substr(nul + 1));
  const WallTime now{std::chrono::seconds(1'700'000'000)};
  const auto chain = chain_of(message, record, now);
  if (chain.result == trust::arc::Result::none && !chain.sets.empty()) std::abort();
  if (chain.result == trust::arc::Result::pass) {
    for (std::size_t i = 0; i < chain.sets.size(); ++i)
      if (chain.sets[i].instance != i + 1) std::abort();
  }
  if (chain.sets.size() > 150) std::abort();
  const auto fields = trust::arc::seal(message, chain, key(), {.domain = "hop.example", .selector = "arc", .authserv_id = "mx.hop.example",
                                                               .now = now, .authentication_results = "dkim=none"});
  if (!fields) return 0;
  const std::string sealed = *fields + std::string(message.bytes);
  const auto again = chain_of(mail::parse(sealed), trust::dkim::key_record(key()), now);
  // Sealing never mends a chain: what had failed stays failed.
  if (chain.result == trust::arc::Result::fail && again.result == trust::arc::Result::pass) std::abort();
  if (chain.result == trust::arc::Result::none && again.result != trust::arc::Result::pass) std::abort();
  return 0;
}
