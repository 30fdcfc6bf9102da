#include "net/account_connections.h"

namespace posthorn::net {

bool AccountConnections::full(const Name& name, std::size_t most) const {
  const auto found = counts_.find(name);
  return most > 0 && found != counts_.end() && found->second >= most;
}

void AccountConnections::leave(const Name& name) {
  const std::lock_guard lock(mutex_);
  for (const auto& one : {name, Name(name.first, "")}) {
    const auto found = counts_.find(one);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
}

std::shared_ptr<void> AccountConnections::admit(std::string_view account, std::string_view address) {
  const Name name(account, address), all(account, "");
  {
    const std::lock_guard lock(mutex_);
    if (full(name, per_address_) || full(all, per_account_)) return nullptr;
    ++counts_[name];
    ++counts_[all];
  }
  return std::shared_ptr<void>(this, [self = shared_from_this(), name](void*) { self->leave(name); });
}

}  // namespace posthorn::net
