// net/account_connections.h - how many connections an account may have at once, in all and from one address (attacks.md E10). Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace posthorn::net {

// Outlived by nothing that it let in: sessions hold what admit() gave them.
class AccountConnections : public std::enable_shared_from_this<AccountConnections> {
 public:
  // 0: no limit.
  AccountConnections(std::size_t per_address, std::size_t per_account) : per_address_(per_address), per_account_(per_account) {}
  // Counts until what it returns is let go; nothing if there are too many.
  std::shared_ptr<void> admit(std::string_view account, std::string_view address);

 private:
  using Name = std::pair<std::string, std::string>;  // account, address; all addresses together: ""
  bool full(const Name& name, std::size_t most) const;
  void leave(const Name& name);

  const std::size_t per_address_, per_account_;
  mutable std::mutex mutex_;
  std::map<Name, std::size_t> counts_;
};

}  // namespace posthorn::net
