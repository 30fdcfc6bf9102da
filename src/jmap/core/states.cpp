#include "jmap/core/states.h"

#include <algorithm>

#include "jmap/core/method.h"
#include "jmap/quota/methods.h"

namespace posthorn::jmap {

std::string_view type_name(store::DataType type) {
  using enum store::DataType;
  switch (type) {
    case mailbox: return "Mailbox";
    case thread: return "Thread";
    case email: return "Email";
    case delivery: return "EmailDelivery";
    case identity: return "Identity";
    case submission: return "EmailSubmission";
    case vacation: return "VacationResponse";
    case sieve_script: return "SieveScript";
    case address_book: return "AddressBook";
    case contact: return "ContactCard";
    default: return {};
  }
}

Known known_of(const store::View& view) {
  Known out{view.states(), {}};
  if (const auto account = view.account()) out.quota = quota_state(*account);
  return out;
}

boost::json::object changed_types(const Known& before, const Known& now, const Types& wanted) {
  const auto is_wanted = [&wanted](std::string_view name) { return !wanted || std::ranges::find(*wanted, name) != wanted->end(); };
  boost::json::object out;
  for (std::size_t i = 0; i < now.states.size(); ++i) {
    const auto name = type_name(static_cast<store::DataType>(i));
    if (now.states[i] != before.states[i] && !name.empty() && is_wanted(name)) out[name] = state_text(now.states[i]);
  }
  if (now.quota != before.quota && is_wanted("Quota")) out["Quota"] = now.quota;
  return out;
}

boost::json::object state_change(AccountId account, boost::json::object types) {
  return {{"@type", "StateChange"}, {"changed", boost::json::object{{account_text(account), std::move(types)}}}};
}

}  // namespace posthorn::jmap
