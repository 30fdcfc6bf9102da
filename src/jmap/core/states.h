// jmap/core/states.h - what push tells of an account (RFC 8620 section 7.1): the state of each type that changed, under its name. The same for
// EventSource, WebSocket and push subscriptions.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace posthorn::jmap {

// Empty: changes of it are not told.
std::string_view type_name(store::DataType type);

// What somebody knows of an account who was told everything up to some moment. A quota's state is no modseq (RFC 9425): it is made of what the
// account may keep and keeps.
struct Known {
  store::States states{};
  std::string quota;
};
Known known_of(const store::View& view);

// The types that somebody wants to hear of; nothing: all.
using Types = std::optional<std::vector<std::string>>;

// TypeState: the states now of those types that are others than `before`.
boost::json::object changed_types(const Known& before, const Known& now, const Types& wanted);
// StateChange.
boost::json::object state_change(AccountId account, boost::json::object types);

}  // namespace posthorn::jmap
