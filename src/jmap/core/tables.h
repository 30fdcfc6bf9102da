// jmap/core/tables.h - the tables of methods, one a folder. A new folder of methods adds its table here and in tables.cpp.
#pragma once

#include <span>

#include "jmap/core/method.h"

namespace posthorn::jmap {

std::span<const Method> core_methods();

std::span<const std::span<const Method>> tables();

// What the Session says of each capability (RFC 8620 section 2): for the server, and for an account.
struct Capability {
  std::string_view name;
  boost::json::object (*for_server)(const Services&);
  boost::json::object (*for_account)(const Services&);  // absent: it is of no account's data
};
std::span<const Capability> capabilities();
bool is_capability(std::string_view name);

}  // namespace posthorn::jmap
