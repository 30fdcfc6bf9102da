// store/tries_under_way.h - logins that were let in and are not decided yet. Their tokens are taken (login_limits.h), and most will be given back:
// who comes meanwhile is not refused for them but waits. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace posthorn::store {

class TriesUnderWay : public std::enable_shared_from_this<TriesUnderWay> {
 public:
  // Counts until what it returns is let go. Nothing: `most` of that user from that network are under way; 0: no limit.
  std::shared_ptr<void> begin(const std::string& user, const std::string& network, const std::string& address, std::size_t most) {
    const std::string pair = "pair " + network + " " + user;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = counts_.find(pair); most > 0 && found != counts_.end() && found->second >= most) return nullptr;
      for (const auto& name : {pair, of_user(user), of_address(address)}) ++counts_[name];
    }
    return std::shared_ptr<void>(this, [self = shared_from_this(), pair, user, address](void*) { self->end({pair, of_user(user), of_address(address)}); });
  }
  // Whether one of that user, or from that address, is under way.
  bool any(const std::string& user, const std::string& address) const {
    const std::lock_guard lock(mutex_);
    return counts_.contains(of_user(user)) || counts_.contains(of_address(address));
  }

 private:
  static std::string of_user(const std::string& user) { return "user " + user; }
  static std::string of_address(const std::string& address) { return "address " + address; }
  void end(std::initializer_list<std::string> names) {
    const std::lock_guard lock(mutex_);
    for (const auto& name : names) {
      const auto found = counts_.find(name);
      if (found != counts_.end() && --found->second == 0) counts_.erase(found);
    }
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> counts_;
};

}  // namespace posthorn::store
