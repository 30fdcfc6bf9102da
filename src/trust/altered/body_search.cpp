#include "trust/altered/body_search.h"

#include <memory>

#include "trust/altered/cuts.h"
#include "trust/altered/line_edits.h"
#include "trust/altered/reencodings.h"

namespace posthorn::trust::altered {
namespace {

using Drafts = std::vector<std::unique_ptr<Draft>>;

// The draft with one more edit undone; nothing if it would be the same.
std::unique_ptr<Draft> undone(const Draft& from, const LineEdit& edit, const Draft& received, Budget& budget) {
  if (!budget.spend_bytes(2 * from.bytes.size())) return nullptr;
  const auto body = edit.undo(from.body());
  if (body == from.body()) return nullptr;
  const auto numbers = from.numbers == LineNumbers::lost ? LineNumbers::lost : edit.numbers;
  auto out = std::make_unique<Draft>(from.header(), body, numbers);
  out->edits = from.edits;
  out->edits.push_back(difference(edit, received, body, budget.limits().excerpt));
  return out;
}

std::optional<Solution> try_each(const Drafts& drafts, const Target& target, Depth depth, Budget& budget) {
  for (const auto& draft : drafts) {
    if (budget.empty()) return std::nullopt;
    if (auto found = solve_by_cuts(*draft, target, depth, budget)) return found;
  }
  return std::nullopt;
}

// Two kinds of line edits, one undone behind the other.
std::optional<Solution> try_pairs(const Drafts& singles, const std::vector<LineEdit>& edits, const Draft& received,
                                  const Target& target, Budget& budget) {
  for (const auto& single : singles)
    for (const auto& edit : edits) {
      if (budget.empty()) return std::nullopt;
      if (single->edits.back().kind == edit.kind) continue;
      const auto both = undone(*single, edit, received, budget);
      if (!both) continue;
      if (auto found = solve_by_cuts(*both, target, Depth::likely, budget)) return found;
    }
  return std::nullopt;
}

}  // namespace

std::optional<Solution> restore_body(const Draft& received, const Target& target, Budget& budget) {
  if (auto found = solve_by_cuts(received, target, Depth::likely, budget)) return found;
  const auto edits = line_edits(target.form);
  Drafts singles;
  for (const auto& edit : edits)
    if (auto draft = undone(received, edit, received, budget)) singles.push_back(std::move(draft));
  if (auto found = try_each(singles, target, Depth::likely, budget)) return found;
  if (auto found = solve_by_reencoding(received, target, budget)) return found;
  if (auto found = solve_by_cuts(received, target, Depth::thorough, budget)) return found;
  if (auto found = try_pairs(singles, edits, received, target, budget)) return found;
  if (auto found = try_each(singles, target, Depth::thorough, budget)) return found;
  return solve_by_cuts(received, target, Depth::pairs, budget);
}

}  // namespace posthorn::trust::altered
