#include "trust/altered/header_search.h"

#include <algorithm>
#include <map>
#include <queue>

#include "base/text.h"
#include "mail/text.h"
#include "trust/altered/header_edits.h"

namespace posthorn::trust::altered {
namespace {

// A choice of one guess for each slot. Guesses of a slot are in the order of their cost.
struct Choice {
  unsigned cost = 0;
  std::size_t last = 0;  // only slots from here on are varied further: so every choice comes once
  std::vector<std::uint8_t> guess;
};
struct Dearer {
  bool operator()(const Choice& a, const Choice& b) const { return a.cost > b.cost; }
};

class Combiner {
 public:
  Combiner(dkim::SignedMessage& received, const Signed& by, std::vector<Slot> slots, Budget& budget)
      : received_(received), by_(by), slots_(std::move(slots)), budget_(budget) {
    const auto& names = by.signature.shown.signed_fields;
    const auto count = received.message().root().fields.size();
    for (std::size_t i = 0; i < count; ++i)
      if (i == by.own || std::ranges::find(names, to_lower(received.field(i).name)) != names.end()) used_.push_back(i);
  }

  std::optional<HeaderFound> run() {
    const auto usual = listed_first();
    const auto as_received = slots_;
    if (auto found = combine(as_received, 0, 2)) return found;
    if (auto found = combine(usual, 0, 2)) return found;
    if (by_.signature.shown.header == dkim::Canonical::simple)
      if (auto found = in_other_styles(as_received, usual, 0, 1)) return found;
    if (by_.signature.shown.header == dkim::Canonical::simple)
      if (auto found = in_other_styles(as_received, usual, 2, 2)) return found;
    if (auto found = combine(as_received, 3, 4)) return found;
    if (auto found = combine(usual, 3, 4)) return found;
    return combine(as_received, 5, 8);
  }

 private:
  // What lists usually do is undone at no cost.
  std::vector<Slot> listed_first() const {
    auto slots = slots_;
    for (auto& slot : slots) {
      if (!slot.usual) continue;
      for (auto& guess : slot.guesses) guess.cost += 1;
      slot.guesses[*slot.usual].cost = 0;
      sort_by_cost(slot.guesses);
    }
    return slots;
  }

  std::optional<HeaderFound> in_other_styles(const std::vector<Slot>& as_received, const std::vector<Slot>& usual, unsigned least,
                                             unsigned most) {
    for (std::size_t style = 1; style < styles().size(); ++style) {
      style_ = style;
      for (const auto own : {OwnField::kept, OwnField::styled}) {
        own_ = own;
        if (auto found = combine(as_received, least, most)) return found;
        if (auto found = combine(usual, least, most)) return found;
      }
      for (const auto field : used_) {
        if (least > 0) break;
        only_ = field;
        if (auto found = combine(as_received, 0, 0)) return found;
      }
      only_.reset();
    }
    style_ = 0;
    own_ = OwnField::kept;
    return std::nullopt;
  }

  // All choices that cost from `least` to `most`, the cheapest first.
  std::optional<HeaderFound> combine(const std::vector<Slot>& slots, unsigned least, unsigned most) {
    std::priority_queue<Choice, std::vector<Choice>, Dearer> open;
    open.push({0, 0, std::vector<std::uint8_t>(slots.size(), 0)});
    while (!open.empty() && !budget_.empty()) {
      const auto choice = open.top();
      open.pop();
      if (choice.cost >= least)
        if (auto found = verified(slots, choice)) return found;
      for (std::size_t i = choice.last; i < slots.size(); ++i) {
        const auto now = choice.guess[i];
        if (now + 1U >= slots[i].guesses.size()) continue;
        auto next = choice;
        next.cost += slots[i].guesses[now + 1U].cost - slots[i].guesses[now].cost;
        if (next.cost > most) continue;
        next.guess[i] = static_cast<std::uint8_t>(now + 1);
        next.last = i;
        open.push(std::move(next));
      }
    }
    return std::nullopt;
  }

  FieldChanges changes_of(const std::vector<Slot>& slots, const Choice& choice) const {
    FieldChanges changes;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto& guess = slots[i].guesses[choice.guess[i]];
      for (std::size_t k = 0; k < slots[i].fields.size(); ++k)
        if (guess.instances[k] != received_.field(slots[i].fields[k]).whole)
          changes.changed[slots[i].fields[k]] = guess.instances[k];
      if (guess.lost) changes.lost.push_back(*guess.lost);
    }
    if (style_ == 0) return changes;
    for (const auto field : used_) {
      if ((field == by_.own && own_ == OwnField::kept && only_ != field) || (only_ && *only_ != field)) continue;
      const auto at = changes.changed.find(field);
      if (at != changes.changed.end() && !at->second) continue;
      const std::string whole(at == changes.changed.end() ? std::string(received_.field(field).whole) : *at->second);
      auto styled = styles()[style_].apply(whole);
      if (styled != received_.field(field).whole) changes.changed[field] = std::move(styled);
    }
    return changes;
  }

  std::optional<HeaderFound> verified(const std::vector<Slot>& slots, const Choice& choice) {
    const auto changes = changes_of(slots, choice);
    if (style_ != 0 && changes.changed.empty()) return std::nullopt;
    std::string header;
    std::size_t rows = 0, own = 0;
    for (const auto field : used_) {
      const auto at = changes.changed.find(field);
      if (at != changes.changed.end() && !at->second) continue;
      if (field == by_.own) own = rows;
      if (at == changes.changed.end())
        header += received_.field(field).whole;
      else
        header += *at->second;
      ++rows;
    }
    for (const auto& lost : changes.lost) {
      header += lost;
      ++rows;
    }
    header += "\r\n";
    if (!budget_.spend_signature(2 * header.size())) return std::nullopt;
    const auto message = mail::parse(header);
    if (message.root().fields.size() != rows || !verifies(message, own)) return std::nullopt;
    return finish(changes);
  }

  bool verifies(const mail::Message& message, std::size_t own) const {
    const dkim::SignedMessage signed_message(message);
    const auto& field = signed_message.field(own);
    auto signature = by_.signature;
    if (changed_own()) {
      const auto again =
          dkim::read_signature(field, dkim::FieldKind::dkim, by_.signature.shown.signed_at.value_or(WallTime{}), {});
      signature.b_begin = again.b_begin;
      signature.b_end = again.b_end;
      if (again.shown.fault != dkim::Fault::none) return false;
    }
    const auto& shown = signature.shown;
    auto text = signed_message.hashed_fields(shown.header, shown.signed_fields, own);
    dkim::append_own_field(shown.header, field, signature, text);
    crypto::Hasher hasher(signature.wanted.digest);
    hasher.write(text);
    return by_.key.verify(hasher.finish(), shown.signature, signature.wanted.digest);
  }
  bool changed_own() const { return style_ != 0 && (own_ == OwnField::styled || only_ == by_.own); }

  HeaderFound finish(const FieldChanges& changes) const {
    HeaderFound out;
    out.header = apply(changes, received_.message());
    out.edits = edits_of(changes, received_.message(), budget_.limits().excerpt);
    out.own = by_.own;
    for (const auto& [field, value] : changes.changed)
      if (!value && field < by_.own) --out.own;
    return out;
  }

  enum class OwnField : std::uint8_t { kept, styled };
  dkim::SignedMessage& received_;
  const Signed& by_;
  std::vector<Slot> slots_;
  Budget& budget_;
  std::vector<std::size_t> used_;  // the fields that are hashed
  std::size_t style_ = 0;
  OwnField own_ = OwnField::kept;
  std::optional<std::size_t> only_;  // the one field that the style is for
};

}  // namespace

std::optional<HeaderFound> restore_header(dkim::SignedMessage& received, const Signed& by, const std::vector<Wish>& wishes,
                                          Budget& budget) {
  return Combiner(received, by, guess_fields(received, by.signature.shown, wishes), budget).run();
}

std::vector<std::string> suspects(const dkim::SignedMessage& received, const dkim::Signature& signature) {
  std::vector<std::string> out;
  for (const auto& slot : guess_fields(received, signature, {}))
    if (slot.usual && !slot.fields.empty() && slot.name != "mime-version")
      out.emplace_back(received.field(slot.fields.back()).name);
  return out;
}

}  // namespace posthorn::trust::altered
