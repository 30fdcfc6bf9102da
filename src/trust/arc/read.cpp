#include "trust/arc/read.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::trust::arc {
namespace {

// 1 to 50 (rfc:8617#4.2.1), or 0.
unsigned instance_of(std::string_view text) {
  const auto number = dkim::tag_number(text);
  return number && *number <= most_sets ? static_cast<unsigned>(*number) : 0;
}

unsigned instance_of(const dkim::TagList& list) {
  const auto* i = list.find("i");
  return i ? instance_of(i->value) : 0;
}

// rfc:8617#4.1.1: "i=1; " and then what Authentication-Results would hold.
unsigned read_results(std::string_view value, std::string& rest) {
  const auto semicolon = value.find(';');
  const auto first = value.substr(0, semicolon);
  const auto equals = first.find('=');
  if (semicolon == value.npos || equals == first.npos || dkim::trim_fws(first.substr(0, equals)) != "i") return 0;
  rest = mail::unfolded(value.substr(semicolon + 1));
  return instance_of(dkim::trim_fws(first.substr(equals + 1)));
}

// rfc:8617#4.1.3
void read_seal(const dkim::TagList& list, ReadSet& set, WallTime now, const dkim::Limits& limits) {
  auto& seal = set.seal_signature;
  if (const auto* cv = list.find("cv")) set.cv = to_lower(cv->value);
  if (list.find("h")) {
    dkim::refuse(seal, dkim::Fault::syntax, "h= may not stand in an ARC-Seal");
    return;
  }
  if (dkim::read_names(list, seal) && dkim::read_algorithm(list, seal, limits) && dkim::read_signature_bytes(list, seal))
    dkim::read_times(list, seal, now, limits);
}

class Reader {
 public:
  Reader(const dkim::SignedMessage& message, WallTime now, const dkim::Limits& limits) : message_(message), now_(now), limits_(limits) {}

  ReadChain run() {
    if (!message_.header_is_whole()) wrong("the header has more fields than are read");
    for (const auto index : fields("arc-authentication-results")) take_results(index);
    for (const auto index : fields("arc-message-signature")) take_signature(index);
    for (const auto index : fields("arc-seal")) take_seal(index);
    check_structure();
    return std::move(chain_);
  }

 private:
  void wrong(std::string why) {
    if (chain_.wrong.empty()) chain_.wrong = std::move(why);
  }

  // More than 50 are not even read.
  std::vector<std::size_t> fields(std::string_view name) {
    const auto found = message_.fields_of(name);
    std::vector<std::size_t> all(found.begin(), found.end());
    if (all.size() > most_sets) {
      wrong("there are more than 50 ARC sets");
      all.resize(most_sets);
    }
    return all;
  }

  // The set's place for this field, or nullptr: no instance, or there is one already.
  ReadSet* place(unsigned instance, std::optional<std::size_t> ReadSet::*where, std::size_t index) {
    const auto name = std::string(message_.field(index).name);
    if (instance == 0) {
      wrong(name + " has no instance of 1 to 50");
      return nullptr;
    }
    auto& set = chain_.sets[instance];
    if (set.*where) {
      wrong(name + " stands there twice for instance " + std::to_string(instance));
      return nullptr;
    }
    set.*where = index;
    return &set;
  }

  void take_results(std::size_t index) {
    std::string text;
    const auto instance = read_results(message_.field(index).value, text);
    if (auto* set = place(instance, &ReadSet::results, index)) set->results_text = std::move(text);
  }

  void take_signature(std::size_t index) {
    const auto list = dkim::parse_tag_list(message_.field(index).value);
    if (!list) return wrong("an ARC-Message-Signature has " + list.error().what);
    auto* set = place(instance_of(*list), &ReadSet::signature, index);
    if (!set) return;
    set->message_signature = dkim::read_signature(message_.field(index), dkim::FieldKind::arc, now_, limits_);
    set->message_signature.shown.field = index;
    // rfc:8617#4.1.2 wants no field of ARC here. Only the seal makes it wrong for us: others sign results and older signatures.
    const auto& names = set->message_signature.shown.signed_fields;
    if (std::ranges::find(names, "arc-seal") != names.end())
      dkim::refuse(set->message_signature, dkim::Fault::syntax, "an ARC-Message-Signature may not sign an ARC-Seal");
  }

  void take_seal(std::size_t index) {
    const auto list = dkim::parse_tag_list(message_.field(index).value);
    if (!list) return wrong("an ARC-Seal has " + list.error().what);
    if (auto* set = place(instance_of(*list), &ReadSet::seal, index)) read_seal(*list, *set, now_, limits_);
  }

  // rfc:8617#5.2 steps 2 and 3
  void check_structure() {
    if (chain_.sets.empty()) return;
    const auto& [newest, last] = *chain_.sets.rbegin();
    if (last.seal && last.cv == "fail") wrong("the newest ARC-Seal says that the chain had failed");
    unsigned expected = 1;
    for (const auto& [instance, set] : chain_.sets) {
      if (instance != expected++) return wrong("an ARC set is missing");
      const auto text = "ARC set " + std::to_string(instance);
      if (!set.results || !set.signature || !set.seal) return wrong(text + " is not complete");
      if (set.cv != (instance == 1 ? "none" : "pass")) return wrong(text + " has the wrong cv=");
      if (set.seal_signature.shown.fault != dkim::Fault::none)
        return wrong("the seal of " + text + ": " + set.seal_signature.shown.reason);
    }
    const auto& signature = chain_.sets.at(newest).message_signature.shown;
    if (signature.fault != dkim::Fault::none) wrong("the newest ARC-Message-Signature: " + signature.reason);
  }

  const dkim::SignedMessage& message_;
  WallTime now_;
  const dkim::Limits& limits_;
  ReadChain chain_;
};

}  // namespace

ReadChain read_chain(const dkim::SignedMessage& message, WallTime now, const dkim::Limits& limits) {
  return Reader(message, now, limits).run();
}

}  // namespace posthorn::trust::arc
