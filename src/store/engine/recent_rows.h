// store/engine/recent_rows.h - what the engine's one writer reads again and again, kept in memory: the clock, counters and limits of
// the accounts that get mail. All writes go through that writer, so what it knows is what is committed. Used by rocks_engine alone,
// on its thread; other reads go to the Reader below.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/engine/engine.h"
#include "store/engine/overlay.h"

namespace posthorn::store {

class RecentRows final : public Reader {
 public:
  static constexpr std::size_t most = 8192;  // rows of a space; then it begins anew

  explicit RecentRows(const Reader& base) : base_(base) {}

  Result<std::optional<std::string>> get(Space space, std::string_view key) const override;
  Status scan(Space space, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& take) const override {
    return base_.scan(space, from, to, take);
  }
  Result<std::optional<Entry>> last(Space space, std::string_view from, std::string_view to) const override {
    return base_.last(space, from, to);
  }
  // After the commit of what `overlay` holds.
  void committed(const Overlay& overlay);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Rows = std::unordered_map<std::string, std::optional<std::string>, Hash, std::equal_to<>>;
  static constexpr std::string_view kept = "asmn";  // account, clock, mailbox, counters

  void keep(std::size_t which, std::string_view key, const std::optional<std::string>& value) const;

  const Reader& base_;
  mutable std::array<Rows, kept.size()> rows_;
};

}  // namespace posthorn::store
