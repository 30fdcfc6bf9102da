// store/memo.h - remembers what was read from a space for as long as nothing is committed to it (Engine::commits_to): where mail for an
// address goes, how much an account may hold. These change seldom and are asked for with every letter. Any thread. Store only.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/recent.h"

namespace posthorn::store {

template <class Value>
class Memo {
 public:
  // What was kept under `name` when the count of commits was `count`.
  std::optional<Value> find(std::string_view name, std::uint64_t count) const {
    const std::lock_guard lock(mutex_);
    const auto* kept = values_.find(name);
    if (kept == nullptr || kept->count != count) return std::nullopt;
    return kept->value;
  }
  // `count` must have been read before the snapshot that `value` came from.
  void keep(std::string_view name, std::uint64_t count, const Value& value) {
    const std::lock_guard lock(mutex_);
    values_.keep(name, Kept{count, value});
  }

 private:
  struct Kept {
    std::uint64_t count;
    Value value;
  };
  mutable std::mutex mutex_;
  Recent<Kept, 4096> values_;
};

}  // namespace posthorn::store
