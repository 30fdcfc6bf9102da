#include <map>
#include <tuple>

#include "base/text.h"
#include "trust/altered/between.h"
#include "trust/altered/body_search.h"
#include "trust/altered/budget.h"
#include "trust/altered/header_search.h"
#include "trust/altered/recipe.h"

namespace posthorn::trust::altered {
namespace {

constexpr std::size_t longest_recipe = 16'384;

bool is_searched(const dkim::Signature& signature) {
  return signature.fault == dkim::Fault::body_hash || signature.fault == dkim::Fault::header_hash ||
         signature.fault == dkim::Fault::body_length;
}

class Searcher {
 public:
  Searcher(const mail::Message& message, const std::vector<dkim::Signature>& signatures, Answers& answers, const Limits& limits)
      : message_(message), signatures_(signatures), answers_(answers), limits_(limits), signed_(message) {}

  Search run() {
    std::size_t count = 0;
    for (const auto& one : signatures_) count += is_searched(one) ? 1 : 0;
    if (count == 0) return {};
    if (!signed_.header_is_whole() || message_.root().body_begin > limits_.header) {
      out_.gave_up = true;
      return std::move(out_);
    }
    share(count);
    const Draft received(message_.bytes.substr(0, message_.root().body_begin), message_.bytes.substr(message_.root().body_begin),
                         LineNumbers::as_received);
    for (std::size_t i = 0; i < signatures_.size(); ++i)
      if (is_searched(signatures_[i]) && search_one(i, received)) break;
    if (out_.found) finish(*out_.found);
    return std::move(out_);
  }

 private:
  // Each signature may spend the same.
  void share(std::size_t count) {
    const Budget whole(limits_, message_.bytes.size());
    share_ = limits_;
    share_.bytes = whole.bytes_left() / count;
    share_.attempts = limits_.attempts / count;
    share_.signatures = limits_.signatures / count;
  }

  // True: one was found that verifies; others need not be looked at.
  bool search_one(std::size_t index, const Draft& received) {
    const auto& shown = signatures_[index];
    if (shown.field >= message_.root().fields.size()) return false;
    const auto& field = message_.root().fields[shown.field];
    // It was not refused for its times when it was verified.
    const auto signature = dkim::read_signature(field, dkim::FieldKind::dkim, shown.signed_at.value_or(WallTime{}), {});
    if (signature.shown.fault != dkim::Fault::none) return false;
    const auto* answer = answers_.find(signature.key_name, dns::Type::txt);
    if (answer == nullptr) return false;
    const auto key = dkim::choose_key(*answer, signature.wanted, {});
    if (!key.key) return false;
    Budget budget(share_, message_.bytes.size());
    const auto* solution = solve_body(signature, received, budget);
    const bool done = solution != nullptr && restore(index, {signature, shown.field, *key.key}, key, *solution, budget);
    out_.cost.bytes += budget.cost().bytes;
    out_.cost.attempts += budget.cost().attempts;
    out_.cost.signatures += budget.cost().signatures;
    out_.gave_up = !done && (out_.gave_up || budget.empty());
    return done;
  }

  // Signatures of one signer mostly share their body hash.
  const Solution* solve_body(const dkim::SignatureField& signature, const Draft& received, Budget& budget) {
    const Target target{signature.shown.body, signature.wanted.digest, signature.shown.body_hash, signature.shown.length};
    const auto [at, fresh] = bodies_.try_emplace({target.form, target.digest, target.hash, target.length});
    if (fresh) at->second = restore_body(received, target, budget);
    return at->second ? &*at->second : nullptr;
  }

  bool restore(std::size_t index, const Signed& by, const dkim::KeyFound& key, const Solution& solution, Budget& budget) {
    const auto& shown = signatures_[index];
    Alteration out;
    out.signature = index;
    out.domain = shown.domain;
    out.selector = shown.selector;
    if (auto header = restore_header(signed_, by, solution.wishes, budget)) {
      out.restored = header->header + solution.body;
      if (is_good(out.restored, header->own, key, shown.signed_at.value_or(WallTime{}))) {
        out.edits = std::move(header->edits);
        out.edits.insert(out.edits.end(), solution.edits.begin(), solution.edits.end());
        out.proof = Proof::signature;
        out_.found = std::move(out);
        return true;
      }
    }
    if (out_.found) return false;
    out.proof = Proof::body_hash;
    out.edits = solution.edits;
    out.suspects = suspects(signed_, shown);
    out.restored = std::string(message_.bytes.substr(0, message_.root().body_begin)) + solution.body;
    out_.found = std::move(out);
    return false;
  }

  // The last word has the verifier itself, on the restored bytes.
  static bool is_good(const std::string& restored, std::size_t own, const dkim::KeyFound& key, WallTime when) {
    const auto message = mail::parse(restored);
    dkim::SignedMessage signed_message(message);
    if (own >= message.root().fields.size()) return false;
    auto signature = dkim::read_signature(signed_message.field(own), dkim::FieldKind::dkim, when, {});
    if (signature.shown.fault != dkim::Fault::none) return false;
    dkim::check(signed_message, own, key, signature);
    return signature.shown.result == dkim::Result::pass;
  }

  void finish(Alteration& found) const {
    found.between = hops_of(message_, signatures_, signatures_[found.signature].field);
    found.recipe = recipe_of(message_, mail::parse(found.restored), longest_recipe);
    std::string what;
    for (const auto& edit : found.edits) what += (what.empty() ? "" : "; ") + edit.sentence;
    const auto whose = "signature of " + found.domain;
    if (found.proof == Proof::signature)
      found.sentence = (what.empty() ? "Nothing that counts was changed" : "What was changed: " + what) + ". Without that the " +
                       whose + " is good.";
    else if (found.edits.empty())
      found.sentence =
          "The body is as " + found.domain +
          " signed it; the signed fields of the header were changed in a way that could not be found, or the key is another one.";
    else
      found.sentence = "What was changed in the body: " + what + ". Without that it is as " + found.domain +
                       " signed it; the signed fields of the header were changed too, in a way that could not be found.";
  }

  const mail::Message& message_;
  const std::vector<dkim::Signature>& signatures_;
  Answers& answers_;
  const Limits& limits_;
  Limits share_;
  dkim::SignedMessage signed_;
  std::map<std::tuple<dkim::Canonical, crypto::Digest, std::string, std::optional<std::uint64_t>>, std::optional<Solution>>
      bodies_;
  Search out_;
};

}  // namespace

Search search(const mail::Message& message, const std::vector<dkim::Signature>& signatures, Answers& answers,
              const Limits& limits) {
  return Searcher(message, signatures, answers, limits).run();
}

std::optional<Alteration> find_alteration(const mail::Message& message, const std::vector<dkim::Signature>& signatures,
                                          Answers& answers, const Limits& limits) {
  return search(message, signatures, answers, limits).found;
}

}  // namespace posthorn::trust::altered
