#include "app/command/check_desk.h"

#include <boost/asio/co_spawn.hpp>
#include <charconv>
#include <ctime>

#include "app/command/backend_call.h"
#include "base/cursor.h"
#include "dns/unbound_resolver.h"
#include "dns/zone_resolver.h"
#include "net/runtime.h"
#include "trust/ask.h"

namespace posthorn::app {
namespace {

constexpr auto dns_time = std::chrono::seconds(20);

// Exactly `digits` digits.
std::optional<int> take_digits(Cursor& in, std::size_t digits) {
  const auto text = in.take(digits);
  if (!text) return std::nullopt;
  int value = 0;
  for (const char c : *text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// rfc:3339#5.6
std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  Cursor in(text);
  const auto year = take_digits(in, 4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = take_digits(in, 2);
  if (!month || *month < 1 || *month > 12 || !in.take('-')) return std::nullopt;
  const auto day = take_digits(in, 2);
  if (!day || *day < 1 || *day > 31 || !(in.take('T') || in.take('t') || in.take(' '))) return std::nullopt;
  const auto hour = take_digits(in, 2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = take_digits(in, 2);
  if (!minute || *minute > 59 || !in.take(':')) return std::nullopt;
  const auto second = take_digits(in, 2);
  if (!second || *second > 60) return std::nullopt;
  if (in.take('.') && in.take_while([](char c) { return c >= '0' && c <= '9'; }).empty()) return std::nullopt;
  std::int64_t offset = 0;
  if (!in.take('Z') && !in.take('z')) {
    const bool minus = in.take('-');
    if (!minus && !in.take('+')) return std::nullopt;
    const auto hours = take_digits(in, 2);
    if (!hours || !in.take(':')) return std::nullopt;
    const auto minutes = take_digits(in, 2);
    if (!minutes) return std::nullopt;
    offset = (*hours * 60 + *minutes) * (minus ? -60 : 60);
  }
  if (!in.done()) return std::nullopt;
  std::tm date{};
  date.tm_year = *year - 1900;
  date.tm_mon = *month - 1;
  date.tm_mday = *day;
  date.tm_hour = *hour;
  date.tm_min = *minute;
  date.tm_sec = *second;
  return static_cast<std::int64_t>(timegm(&date)) - offset;
}

}  // namespace

Result<WallTime> parse_time(std::string_view text) {
  std::int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && seconds >= 0 && seconds < 253'402'300'800) return WallTime(std::chrono::seconds(seconds));
  if (const auto time = parse_rfc3339(text)) return WallTime(std::chrono::seconds(*time));
  return fail(Errc::invalid, "\"" + std::string(text) + "\" is no time", "Write it as 2026-11-23T17:05:04Z, or as seconds since 1970");
}

Result<std::unique_ptr<CheckDesk>> CheckDesk::open(const CheckOptions& options) {
  auto desk = std::make_unique<CheckDesk>();
  desk->clock_ = net::system_clock();
  desk->now_ = desk->clock_->now();
  if (!options.at.empty()) {
    TRY_ASSIGN(desk->now_, parse_time(options.at));
  }
  if (!options.zone_file.empty()) {
    TRY_ASSIGN(const auto text, file_or_input(options.zone_file, "an RFC 1035 master file"));
    auto zone = dns::parse_zone(text);
    if (!zone) return fail(Errc::invalid, options.zone_file + ": " + zone.error().what, "It must be an RFC 1035 master file");
    desk->resolver_ = dns::zone_resolver(std::move(*zone));
    return desk;
  }
  dns::UnboundOptions unbound;
  if (!options.resolver.empty()) {
    unbound.forwarders = {options.resolver};
    // Who names a resolver of their own trusts it; on this machine it may well serve names that have no chain to the root.
    unbound.test_domain = unbound.ask_localhost = true;
    unbound.trust_anchor_file.clear();
  }
  TRY_ASSIGN(desk->resolver_, dns::unbound_resolver(desk->context_.get_executor(), *desk->clock_, unbound));
  return desk;
}

void CheckDesk::ask() {
  bool done = false;
  context_.restart();
  const auto work = boost::asio::make_work_guard(context_);
  auto finish = [&done](const std::exception_ptr&) { done = true; };
  boost::asio::co_spawn(context_, trust::ask(*resolver_, answers_, *clock_, dns_time), finish);
  while (!done) context_.run_one();
}

}  // namespace posthorn::app
