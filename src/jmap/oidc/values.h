// jmap/oidc/values.h - members of JSON objects of another server, by type. Pure; inside jmap/oidc only.
#pragma once

#include <boost/json/object.hpp>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace posthorn::jmap::oidc {

inline std::optional<std::string_view> text_at(const boost::json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

// rfc:7519#2 NumericDate: seconds, maybe with a fraction.
inline std::optional<std::int64_t> seconds_at(const boost::json::object& from, std::string_view name) {
  constexpr double most = 1e12;
  const auto* value = from.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = value->is_int64() ? static_cast<double>(value->get_int64()) : value->is_uint64() ? static_cast<double>(value->get_uint64()) : value->get_double();
  if (!std::isfinite(number) || number < 0 || number > most) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace posthorn::jmap::oidc
