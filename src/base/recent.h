// base/recent.h - remembers what was made of the last few texts: a memo for pure functions whose work is large beside a look-up (keys
// of DKIM records). What falls out is made again; nothing but time depends on it. Not shared: one a thread, nothing is locked.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace posthorn {

template <class Value, std::size_t most = 256>
class Recent {
 public:
  // Until the next keep().
  const Value* find(std::string_view text) const {
    const auto at = values_.find(text);
    return at == values_.end() ? nullptr : &at->second;
  }
  // What came in longest ago makes room.
  const Value& keep(std::string_view text, Value value) {
    const auto [at, fresh] = values_.insert_or_assign(std::string(text), std::move(value));
    if (fresh) {
      auto& place = order_[next_];
      next_ = (next_ + 1) % most;
      if (place != nullptr) values_.erase(*place);
      place = &at->first;
    }
    return at->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, Value, Hash, std::equal_to<>> values_;
  std::array<const std::string*, most> order_{};  // the map's own keys, which stay where they are
  std::size_t next_ = 0;
};

}  // namespace posthorn
