#include "post/security/sts_policy.h"

#include <algorithm>
#include <set>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::post {
namespace {

constexpr std::size_t host_limit = 1000;
constexpr std::uint64_t longest_age = 31'557'600;  // rfc:8461#3.2

bool alphanumeric(char c) { return (c >= '0' && c <= '9') || (Cursor::lower(c) >= 'a' && Cursor::lower(c) <= 'z'); }

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return !text.empty() && text.size() <= 253 && !text.starts_with('.') && std::ranges::all_of(text, [](char c) { return alphanumeric(c) || c == '-' || c == '.'; });
}

Status read_field(std::string_view key, std::string_view value, StsPolicy& policy, bool& mode_seen, bool& age_seen) {
  if (key == "mode") {
    mode_seen = true;
    if (value == "enforce") policy.mode = StsMode::enforce;
    else if (value == "testing") policy.mode = StsMode::testing;
    else if (value != "none") return fail(Errc::invalid, "the policy's mode \"" + printable(value, 40) + "\" is not known");
  } else if (key == "max_age") {
    age_seen = true;
    Cursor in(value);
    const auto age = in.take_number(longest_age);
    if (!age || !in.done()) return fail(Errc::invalid, "the policy's max_age is no number of seconds up to a year");
    policy.max_age = std::chrono::seconds(*age);
  } else if (key == "mx") {
    if (!is_host_pattern(value)) return fail(Errc::invalid, "the policy's mx \"" + printable(value, 80) + "\" is no host");
    if (policy.hosts.size() >= host_limit) return fail(Errc::too_big, "the policy names more than 1000 hosts");
    policy.hosts.push_back(to_lower(value));
  }
  return {};
}

}  // namespace

std::string_view name_of(StsMode mode) {
  switch (mode) {
    case StsMode::none: return "none";
    case StsMode::testing: return "testing";
    case StsMode::enforce: return "enforce";
  }
  return "none";
}

std::optional<std::string> sts_id(const std::vector<std::string>& texts) {
  std::optional<std::string_view> record;
  for (const std::string_view text : texts) {
    if (!text.starts_with("v=STSv1;")) continue;
    if (record) return std::nullopt;
    record = text;
  }
  if (!record) return std::nullopt;
  for (auto field : split(record->substr(8), ';')) {
    field = trim(field);
    if (!field.starts_with("id=")) continue;
    const auto id = field.substr(3);
    if (id.empty() || id.size() > 32 || !std::ranges::all_of(id, alphanumeric)) return std::nullopt;
    return std::string(id);
  }
  return std::nullopt;
}

Result<StsPolicy> parse_sts_policy(std::string_view text) {
  StsPolicy policy;
  bool version_seen = false, mode_seen = false, age_seen = false;
  std::set<std::string, std::less<>> seen;
  for (const auto line : split(text, '\n')) {
    const auto whole = trim(line);
    if (whole.empty()) continue;
    const auto colon = whole.find(':');
    if (colon == whole.npos) return fail(Errc::invalid, "the policy has a line without a colon");
    const auto key = trim(whole.substr(0, colon)), value = trim(whole.substr(colon + 1));
    if (!version_seen) {
      if (key != "version" || value != "STSv1") return fail(Errc::invalid, "the policy does not begin with version: STSv1");
      version_seen = true;
      continue;
    }
    // rfc:8461#3.2 of fields that are there more than once, but for mx, all but the first are ignored; unknown ones always.
    if (key != "mx" && !seen.emplace(key).second) continue;
    TRY(read_field(key, value, policy, mode_seen, age_seen));
  }
  if (!version_seen) return fail(Errc::invalid, "the policy is empty");
  if (!mode_seen || !age_seen) return fail(Errc::invalid, "the policy has no mode or no max_age");
  if (policy.mode != StsMode::none && policy.hosts.empty()) return fail(Errc::invalid, "the policy names no mx");
  return policy;
}

bool sts_names(const StsPolicy& policy, std::string_view host) {
  auto name = to_lower(host);
  if (name.ends_with('.')) name.pop_back();
  return std::ranges::any_of(policy.hosts, [&name](const std::string& pattern) {
    if (!pattern.starts_with("*.")) return pattern == name;
    const auto dot = name.find('.');
    return dot != name.npos && dot > 0 && std::string_view(name).substr(dot) == std::string_view(pattern).substr(1);
  });
}

}  // namespace posthorn::post
