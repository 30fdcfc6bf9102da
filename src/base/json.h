// base/json.h - reads members of JSON objects whose shape nobody promised: what is not there or of another type is absent, never an error.
// Boost.JSON parses and keeps them. The texts are those of the object and live as long.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace posthorn {

// Empty: there is no such text.
inline std::string_view text_at(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}
inline std::string string_at(const boost::json::object& object, std::string_view name) { return std::string(text_at(object, name)); }

inline bool flag_at(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace posthorn
