#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/build.h"
#include "trust/arc/read.h"
#include "trust/dkim/field_writer.h"

namespace posthorn::trust::arc {
namespace {

using dkim::Canonical;

// rfc:8617#4.1.2: what the ARC-Message-Signature must not sign.
constexpr std::array<std::string_view, 4> never_signed = {"authentication-results", "arc-authentication-results",
                                                          "arc-message-signature", "arc-seal"};

::posthorn::Result<std::vector<std::string>> names_for(const dkim::SignedMessage& message, const SealOptions& options) {
  std::vector<std::string> names;
  for (const auto& name : options.signed_fields) names.push_back(to_lower(name));
  if (names.empty()) {
    names = dkim::names_to_sign(message);
    names.insert(names.end(), message.fields_of("dkim-signature").size(), "dkim-signature");
  }
  if (names.size() > dkim::most_names) return fail(Errc::too_big, "the message has too many header fields to be sealed");
  if (std::ranges::find(names, "from") == names.end()) return fail(Errc::invalid, "From must be among the signed fields");
  for (const auto name : never_signed)
    if (std::ranges::find(names, name) != names.end()) return fail(Errc::invalid, std::string(name) + " cannot be among the signed fields");
  return names;
}

Status check_chain(const Chain& chain) {
  if (chain.sets.empty()) return {};
  const auto& last = chain.sets.back();
  // rfc:8617#5.1 step 2
  if (chain.result == Result::fail && last.cv == "fail") return fail(Errc::refused, "the chain has failed and was sealed so already");
  if (last.instance >= most_sets) return fail(Errc::refused, "the chain holds 50 sets, the most there may be");
  return {};
}

// The tags in alphabetical order, as the public suite has them.
::posthorn::Result<std::string> message_signature(dkim::SignedMessage& message, unsigned instance, const std::vector<std::string>& names,
                              const crypto::SigningKey& key, const SealOptions& options) {
  dkim::FieldWriter writer("ARC-Message-Signature", options.folding);
  writer.tag("a", dkim::algorithm_of(key));
  writer.signature_place();
  writer.tag("bh", base64_encode(message.body(Canonical::relaxed, crypto::Digest::sha256).hash));
  writer.tag("c", "relaxed/relaxed");
  writer.tag("d", options.domain);
  writer.names("h", names);
  writer.tag("i", std::to_string(instance));
  writer.tag("s", options.selector);
  writer.tag("t", dkim::seconds_of(options.now));
  crypto::Hasher hasher;
  hasher.write(message.hashed_fields(Canonical::relaxed, names, std::nullopt));
  return dkim::finish_signature(writer, Canonical::relaxed, std::move(hasher), key);
}

// A field of ours in canonical form.
std::string relaxed(std::string_view whole) {
  const auto colon = whole.find(':');
  std::string out;
  dkim::append_field(Canonical::relaxed, {whole.substr(0, colon), whole.substr(colon + 1), whole}, out);
  return out;
}

// rfc:8617#5.1.1, and rfc:8617#5.1.2 for a chain that failed: then the seal covers its own set only.
crypto::Hasher sealed_sets(const dkim::SignedMessage& message, const Chain& chain, const SealOptions& options) {
  crypto::Hasher hasher;
  if (chain.result != Result::pass) return hasher;
  const auto read = read_chain(message, options.now, {});
  for (const auto& [instance, set] : read.sets) {
    std::string text;
    for (const auto index : {set.results, set.signature, set.seal})
      if (index) dkim::append_field(Canonical::relaxed, message.field(*index), text);
    hasher.write(text);
  }
  return hasher;
}

}  // namespace

::posthorn::Result<std::string> seal(const mail::Message& message, const Chain& chain, const crypto::SigningKey& key,
                                     const SealOptions& options) {
  TRY(dkim::check_signer(options.domain, options.selector, key));
  TRY(check_chain(chain));
  dkim::SignedMessage signed_message(message);
  if (!signed_message.header_is_whole()) return fail(Errc::too_big, "the message has too many header fields to be sealed");
  if (!signed_message.takes_fields_in_front()) return fail(Errc::invalid, "a message that begins with white space cannot be sealed");
  TRY_ASSIGN(const auto names, names_for(signed_message, options));
  const unsigned instance = chain.sets.empty() ? 1 : chain.sets.back().instance + 1;
  TRY_ASSIGN(const auto results,
             mail::header_field("ARC-Authentication-Results", "i=" + std::to_string(instance) + "; " + options.authserv_id + "; " +
                                                                  (options.authentication_results.empty() ? "none" : options.authentication_results)));
  TRY_ASSIGN(const auto signature, message_signature(signed_message, instance, names, key, options));
  auto hasher = sealed_sets(signed_message, chain, options);
  hasher.write(relaxed(results) + relaxed(signature));
  dkim::FieldWriter writer("ARC-Seal", options.folding);
  writer.tag("a", dkim::algorithm_of(key));
  writer.signature_place();
  writer.tag("cv", name_of(chain.result));
  writer.tag("d", options.domain);
  writer.tag("i", std::to_string(instance));
  writer.tag("s", options.selector);
  writer.tag("t", dkim::seconds_of(options.now));
  TRY_ASSIGN(const auto sealed, dkim::finish_signature(writer, Canonical::relaxed, std::move(hasher), key));
  return sealed + signature + results;
}

}  // namespace posthorn::trust::arc
