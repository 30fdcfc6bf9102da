#include <ranges>

#include "trust/arc/read.h"

namespace posthorn::trust::arc {
namespace {

class Verifier {
 public:
  Verifier(const mail::Message& message, Answers& answers, WallTime now, const dkim::Limits& limits)
      : message_(message), answers_(answers), limits_(limits), read_(read_chain(message_, now, limits)) {}

  std::optional<Chain> run() {
    if (read_.sets.empty() && read_.wrong.empty()) return Chain{};
    if (!read_.wrong.empty()) return finish(Result::fail, read_.wrong);
    if (!keys_are_known()) return std::nullopt;
    // rfc:8617#5.2 steps 4 to 7
    const auto newest = read_.sets.rbegin()->first;
    if (!verify_message(newest)) return finish(Result::fail, "the newest ARC-Message-Signature: " + shown(newest).reason);
    for (unsigned i = newest - 1; i > 0; --i)
      if (!verify_message(i)) {
        oldest_pass_ = i + 1;
        break;
      }
    if (const auto broken = broken_seal(); broken > 0)
      return finish(Result::fail, "the ARC-Seal of set " + std::to_string(broken) + ": " + read_.sets.at(broken).seal_signature.shown.reason);
    return finish(Result::pass, "");
  }

 private:
  dkim::Signature& shown(unsigned instance) { return read_.sets.at(instance).message_signature.shown; }

  // All are asked for before anything is hashed.
  bool keys_are_known() {
    bool known = true;
    for (const auto& [instance, set] : read_.sets)
      for (const auto* signature : {&set.message_signature, &set.seal_signature})
        if (signature->shown.fault == dkim::Fault::none && !answers_.find(signature->key_name, dns::Type::txt)) known = false;
    return known;
  }

  dkim::KeyFound key_for(const dkim::SignatureField& signature) {
    return dkim::choose_key(*answers_.find(signature.key_name, dns::Type::txt), signature.wanted, limits_);
  }

  bool verify_message(unsigned instance) {
    auto& set = read_.sets.at(instance);
    looked_at_ = instance;
    auto& signature = set.message_signature;
    if (signature.shown.fault == dkim::Fault::none) dkim::check(message_, *set.signature, key_for(signature), signature);
    return signature.shown.result == dkim::Result::pass;
  }

  // rfc:8617#5.1.1: a seal signs all sets up to its own. Each field is hashed once; each seal goes on from the sets before it.
  // The instance of a seal that does not verify, or 0.
  unsigned broken_seal() {
    crypto::Hasher before;
    std::string text;
    for (auto& [instance, set] : read_.sets) {
      text.clear();
      dkim::append_field(dkim::Canonical::relaxed, message_.field(*set.results), text);
      dkim::append_field(dkim::Canonical::relaxed, message_.field(*set.signature), text);
      before.write(text);
      text.clear();
      dkim::append_own_field(dkim::Canonical::relaxed, message_.field(*set.seal), set.seal_signature, text);
      crypto::Hasher hasher(before);
      hasher.write(text);
      auto& seal = set.seal_signature;
      const auto key = key_for(seal);
      if (!dkim::take_key(key, seal)) return instance;
      if (!key.key->verify(hasher.finish(), seal.shown.signature)) {
        seal.shown.reason = "the sealed fields were changed, or the key is another one";
        return instance;
      }
      text.clear();
      dkim::append_field(dkim::Canonical::relaxed, message_.field(*set.seal), text);
      before.write(text);
    }
    return 0;
  }

  Chain finish(Result result, std::string reason) {
    Chain chain;
    chain.result = result;
    chain.reason = std::move(reason);
    chain.oldest_pass = oldest_pass_;
    for (auto& [instance, set] : read_.sets) {
      if (instance < looked_at_ || looked_at_ == 0) {
        if (set.message_signature.shown.fault == dkim::Fault::none) {
          set.message_signature.shown.result = dkim::Result::neutral;
          set.message_signature.shown.reason = "not looked at";
        }
      }
      const auto& seal = set.seal_signature.shown;
      chain.sets.push_back({instance, seal.domain, seal.selector, set.cv, std::move(set.message_signature.shown), std::move(set.results_text)});
    }
    return chain;
  }

  dkim::SignedMessage message_;
  Answers& answers_;
  const dkim::Limits& limits_;
  ReadChain read_;
  unsigned oldest_pass_ = 0;
  unsigned looked_at_ = 0;  // the lowest instance whose message signature was verified; 0: none
};

}  // namespace

std::string_view name_of(Result result) {
  switch (result) {
    case Result::none: return "none";
    case Result::pass: return "pass";
    case Result::fail: return "fail";
  }
  return "fail";
}

std::optional<Chain> verify(const mail::Message& message, Answers& answers, WallTime now, const dkim::Limits& limits) {
  return Verifier(message, answers, now, limits).run();
}

}  // namespace posthorn::trust::arc
