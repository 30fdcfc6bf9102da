// store/engine/overlay.h - what a group of transactions has written and nobody else may see yet, and the Transaction that
// reads through it to the engine below. Every engine runs its transactions over one Overlay a group, so read-your-writes,
// rollback of one of many and the budget are written once and mean the same everywhere.
// Used by the engines only, on the one thread that runs the group. Fails as the Reader below fails.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/engine/engine.h"

namespace posthorn::store {

class Overlay {
 public:
  using Cell = std::optional<std::string>;  // empty: erased
  using Cells = std::map<std::string, Cell, std::less<>>;

  const Cells& cells(std::size_t space) const { return cells_.at(space); }
  bool empty() const;
  void clear();

 private:
  friend class OverlayTransaction;
  std::array<Cells, space_count> cells_;
  std::uint64_t inserted_ = 0;  // tells a scan that `take` wrote something that may lie ahead of it
};

class OverlayTransaction final : public Transaction {
 public:
  // One cell this transaction wrote: where, and what stood in the overlay before.
  struct Written {
    std::size_t space;
    Overlay::Cells::iterator cell;
    std::optional<Overlay::Cell> before;  // empty: the overlay had nothing there
  };

  OverlayTransaction(const Reader& base, Overlay& overlay) : base_(base), overlay_(overlay) {}

  Result<std::optional<std::string>> get(Space space, std::string_view key) const override;
  Status scan(Space space, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& take) const override;
  Result<std::optional<Entry>> last(Space space, std::string_view from, std::string_view to) const override;
  void put(Space space, std::string_view key, std::string_view value) override;
  void erase(Space space, std::string_view key) override;
  void allow_large() override { budget_ = largest_transaction; }

  // Runs `work`: on its error, an exception (a bug: becomes Errc::io) or a burst budget, all it wrote is taken back.
  Status run(const Work& work);
  std::size_t bytes() const { return bytes_; }
  const std::vector<Written>& written() const { return written_; }  // in order; a cell written twice stands here twice

 private:
  class Merge;
  void write(Space space, std::string_view key, Overlay::Cell value);
  void rollback();

  const Reader& base_;
  Overlay& overlay_;
  std::vector<Written> written_;
  std::size_t bytes_ = 0, budget_ = transaction_budget;
};

}  // namespace posthorn::store
