// store/engine/overlay.cpp - see overlay.h.
#include "store/engine/overlay.h"

#include <algorithm>
#include <exception>
#include <iterator>

namespace posthorn::store {

bool Overlay::empty() const {
  return std::ranges::all_of(cells_, [](const Cells& cells) { return cells.empty(); });
}

void Overlay::clear() {
  for (auto& cells : cells_) cells.clear();
}

// Walks the cells of one space in step with a scan of the base: where both have a key, the cell counts.
class OverlayTransaction::Merge {
 public:
  using Take = std::function<bool(std::string_view, std::string_view)>;

  Merge(const Overlay& overlay, std::size_t space, std::string_view from, std::string_view to, const Take& take)
      : overlay_(overlay), cells_(overlay.cells(space)), at_(cells_.lower_bound(from)), to_(to), take_(take) {}

  // An entry of the base.
  bool base(std::string_view key, std::string_view value) {
    while (more_ && at_ != cells_.end() && at_->first < key) cell();
    if (!more_) return false;
    if (at_ != cells_.end() && at_->first == key) {
      cell();
    } else {
      give(key, value);
    }
    return more_;
  }
  // The base is at its end.
  void rest() {
    while (more_ && at_ != cells_.end() && (to_.empty() || at_->first < to_)) cell();
  }

 private:
  void cell() {
    const auto& [key, value] = *at_++;
    if (!value) return;
    const std::string kept = *value;  // `take` may overwrite the cell while it still looks at the value
    give(key, kept);
  }
  void give(std::string_view key, std::string_view value) {
    const auto inserted = overlay_.inserted_;
    more_ = take_(key, value);
    if (overlay_.inserted_ != inserted) at_ = cells_.upper_bound(key);
  }

  const Overlay& overlay_;
  const Overlay::Cells& cells_;
  Overlay::Cells::const_iterator at_;
  std::string_view to_;
  const Take& take_;
  bool more_ = true;
};

Result<std::optional<std::string>> OverlayTransaction::get(Space space, std::string_view key) const {
  const auto& cells = overlay_.cells(index_of(space));
  if (const auto cell = cells.find(key); cell != cells.end()) return cell->second;
  return base_.get(space, key);
}

Status OverlayTransaction::scan(Space space, std::string_view from, std::string_view to, const Merge::Take& take) const {
  if (!to.empty() && from >= to) return {};
  Merge merge(overlay_, index_of(space), from, to, take);
  TRY(base_.scan(space, from, to, [&merge](std::string_view key, std::string_view value) { return merge.base(key, value); }));
  merge.rest();
  return {};
}

Result<std::optional<Entry>> OverlayTransaction::last(Space space, std::string_view from, std::string_view to) const {
  if (!to.empty() && from >= to) return std::nullopt;
  const auto& cells = overlay_.cells(index_of(space));
  std::optional<Entry> best;
  const auto first = cells.lower_bound(from);
  for (auto at = to.empty() ? cells.end() : cells.lower_bound(to); at != first && !best;) {
    --at;
    if (at->second) best = Entry{at->first, *at->second};
  }
  // The base's last entry that no cell hides; there is no need to look below what the overlay has.
  std::string end(to);
  while (true) {
    TRY_ASSIGN(auto below, base_.last(space, from, end));
    if (!below || (best && below->key <= best->key)) return best;
    if (!cells.contains(below->key)) return below;
    if (below->key.empty()) return best;  // an empty `end` would mean the end of the space
    end = below->key;
  }
}

void OverlayTransaction::put(Space space, std::string_view key, std::string_view value) {
  bytes_ += key.size() + value.size();
  if (bytes_ <= budget_) write(space, key, std::string(value));
}

void OverlayTransaction::erase(Space space, std::string_view key) {
  bytes_ += key.size();
  if (bytes_ <= budget_) write(space, key, std::nullopt);
}

void OverlayTransaction::write(Space space, std::string_view key, Overlay::Cell value) {
  const auto index = index_of(space);
  auto& cells = overlay_.cells_.at(index);
  auto cell = cells.lower_bound(key);
  if (cell != cells.end() && cell->first == key) {
    written_.push_back({index, cell, std::move(cell->second)});
    cell->second = std::move(value);
  } else {
    cell = cells.emplace_hint(cell, std::string(key), std::move(value));
    written_.push_back({index, cell, std::nullopt});
    ++overlay_.inserted_;
  }
}

Status OverlayTransaction::run(const Work& work) {
  Status status;
  try {
    status = work(*this);
  } catch (const std::exception& thrown) {
    status = fail(Errc::io, std::string("a transaction threw: ") + thrown.what(), "This is a bug in Posthorn: report it.");
  } catch (...) {
    status = fail(Errc::io, "a transaction threw something that is no exception", "This is a bug in Posthorn: report it.");
  }
  if (status && bytes_ > budget_) status = fail(Errc::too_big, "a transaction wrote " + std::to_string(bytes_) + " bytes, over its budget of " + std::to_string(budget_));
  if (!status) rollback();
  return status;
}

void OverlayTransaction::rollback() {
  while (!written_.empty()) {
    auto& [space, cell, before] = written_.back();
    if (before) {
      cell->second = std::move(*before);
    } else {
      overlay_.cells_.at(space).erase(cell);
    }
    written_.pop_back();
  }
}

}  // namespace posthorn::store
