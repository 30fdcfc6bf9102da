#include "trust/dkim/key_record.h"

#include <algorithm>
#include <array>

#include "base/recent.h"
#include "base/text.h"
#include "trust/dkim/tag_list.h"

namespace posthorn::trust::dkim {
namespace {

bool lists(const Tag* tag, std::string_view word) {
  if (!tag) return false;
  const auto items = colon_list(tag->value);
  return std::ranges::any_of(items, [&](std::string_view item) { return equal_icase(item, word); });
}

// What is wrong with the tags of a record for this signature; empty: nothing. rfc:6376#3.6.1 and rfc:6376#6.1.2
std::string wrong_tags(const TagList& list, const KeyWanted& wanted) {
  const auto* v = list.find("v");
  if (v && (v != list.tags.data() || v->value != "DKIM1")) return "the key record is of another version";
  const auto* h = list.find("h");
  if (h && !lists(h, wanted.digest == crypto::Digest::sha256 ? "sha256" : "sha1")) return "the key is not for this hash";
  const auto* k = list.find("k");
  const bool ed25519 = k && equal_icase(k->value, "ed25519");
  if (k && !ed25519 && !equal_icase(k->value, "rsa")) return "the key is of an unknown type";
  if (ed25519 != (wanted.kind == crypto::KeyKind::ed25519)) return "the key is of another type than the signature";
  const auto* s = list.find("s");
  if (s && !lists(s, "*") && !lists(s, "email")) return "the key is not for email";
  if (lists(list.find("t"), "s") && wanted.identity == IdentityDomain::below) return "the key is not for subdomains (t=s)";
  const auto* p = list.find("p");
  if (!p) return "the key record has no p=";
  return p->value.empty() ? "the key has been revoked" : "";
}

// rfc:8301#3.2: a verifier must not take keys under 1024 bits; over 4096 it need not, and they cost time (attacks.md C6).
KeyFound with_fitting_size(crypto::VerifyingKey key, const Limits& limits) {
  KeyFound found;
  found.bits = key.bits();
  const bool rsa = key.kind() == crypto::KeyKind::rsa;
  if (rsa && (found.bits < limits.rsa_min || found.bits > limits.rsa_max)) {
    found.fault = Fault::weak;
    found.reason = "the key has " + std::to_string(found.bits) + " bits, allowed are " + std::to_string(limits.rsa_min) + " to " +
                   std::to_string(limits.rsa_max);
    return found;
  }
  found.key = std::move(key);
  found.fault = Fault::none;
  return found;
}

KeyFound no_key(std::string reason) {
  KeyFound found;
  found.reason = std::move(reason);
  return found;
}

KeyFound read_anew(std::string_view record, const KeyWanted& wanted, const Limits& limits) {
  const auto list = parse_tag_list(record);
  if (!list) return no_key("the key record has " + list.error().what);
  if (auto wrong = wrong_tags(*list, wanted); !wrong.empty()) return no_key(std::move(wrong));
  const auto bytes = tag_base64(list->find("p")->value);
  if (!bytes) return no_key("the p= of the key record is not base64");
  auto key = wanted.kind == crypto::KeyKind::rsa ? crypto::VerifyingKey::rsa(*bytes) : crypto::VerifyingKey::ed25519(*bytes);
  if (!key) return no_key(key.error().what);
  auto found = with_fitting_size(std::move(*key), limits);
  found.testing = lists(list->find("t"), "y");
  return found;
}

}  // namespace

std::string key_name(std::string_view selector, std::string_view domain) {
  return to_lower(std::string(selector) + "._domainkey." + std::string(domain));
}

KeyFound read_key(std::string_view record, const KeyWanted& wanted, const Limits& limits) {
  if (record.size() > limits.key_record) return no_key("the key record is too long");
  // The same few keys sign most of the mail, and a key made anew costs more than its signature.
  struct Known {
    KeyFound found;
    unsigned rsa_min = 0, rsa_max = 0;
  };
  constexpr std::size_t ways = 8;
  thread_local std::array<Recent<Known>, ways> recent;  // one for each thing that can be wanted of a record
  const auto way = (wanted.kind == crypto::KeyKind::rsa ? 0U : 1U) + (wanted.digest == crypto::Digest::sha256 ? 0U : 2U) +
                   (wanted.identity == IdentityDomain::below ? 4U : 0U);
  if (const auto* known = recent[way].find(record); known && known->rsa_min == limits.rsa_min && known->rsa_max == limits.rsa_max) return known->found;
  return recent[way].keep(record, {read_anew(record, wanted, limits), limits.rsa_min, limits.rsa_max}).found;
}

KeyFound choose_key(const dns::Answer& answer, const KeyWanted& wanted, const Limits& limits) {
  if (answer.outcome == dns::Outcome::failed) {
    auto found = no_key("the key could not be looked up: " + printable(answer.why));
    found.result = Result::temperror;
    found.fault = Fault::dns;
    return found;
  }
  std::optional<KeyFound> first;
  for (const auto& record : answer.records) {
    const auto* text = std::get_if<dns::Txt>(&record);
    if (!text) continue;
    auto found = read_key(text->text, wanted, limits);
    if (found.key) return found;
    if (!first) first = std::move(found);
  }
  return first ? std::move(*first) : no_key("there is no key at this name");
}

}  // namespace posthorn::trust::dkim
