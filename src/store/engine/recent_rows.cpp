// store/engine/recent_rows.cpp - see recent_rows.h.
#include "store/engine/recent_rows.h"

namespace posthorn::store {

Result<std::optional<std::string>> RecentRows::get(Space space, std::string_view key) const {
  const auto which = kept.find(static_cast<char>(space));
  if (which == std::string_view::npos) return base_.get(space, key);
  const auto& rows = rows_.at(which);
  if (const auto row = rows.find(key); row != rows.end()) return row->second;
  TRY_ASSIGN(auto value, base_.get(space, key));
  keep(which, key, value);
  return value;
}

void RecentRows::committed(const Overlay& overlay) {
  for (std::size_t which = 0; which < kept.size(); ++which) {
    for (const auto& [key, value] : overlay.cells(index_of(static_cast<Space>(kept[which])))) keep(which, key, value);
  }
}

void RecentRows::keep(std::size_t which, std::string_view key, const std::optional<std::string>& value) const {
  auto& rows = rows_.at(which);
  if (const auto row = rows.find(key); row != rows.end()) {
    row->second = value;
    return;
  }
  if (rows.size() >= most) rows.clear();
  rows.emplace(std::string(key), value);
}

}  // namespace posthorn::store
