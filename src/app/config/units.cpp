#include "app/config/units.h"

#include <string>

#include "base/cursor.h"

namespace posthorn::app {

Result<Duration> parse_duration(std::string_view text) {
  Cursor in(text);
  const auto value = in.take_number(1'000'000'000);
  const auto unit = in.rest();
  if (!value) return fail(Errc::invalid, "no time: " + std::string(text));
  const auto n = static_cast<std::int64_t>(*value);
  if (unit == "ms") return std::chrono::milliseconds(n);
  if (unit == "s") return std::chrono::seconds(n);
  if (n <= 50'000'000 && unit == "m") return std::chrono::minutes(n);
  if (n <= 800'000 && unit == "h") return std::chrono::hours(n);
  if (n <= 36'500 && unit == "d") return std::chrono::hours(24 * n);
  return fail(Errc::invalid, "no time: " + std::string(text));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  Cursor in(text);
  const auto value = in.take_number(1'000'000'000'000);
  if (!value) return fail(Errc::invalid, "no size: " + std::string(text));
  const auto unit = in.rest();
  if (unit.empty()) return *value;
  if (unit == "KiB") return *value << 10;
  if (unit == "MiB" && *value < 1u << 30) return *value << 20;
  if (unit == "GiB" && *value < 1u << 20) return *value << 30;
  return fail(Errc::invalid, "no size: " + std::string(text));
}

}  // namespace posthorn::app
