#include "jmap/core/method.h"

#include <charconv>

#include "base/text.h"
#include "jmap/core/tables.h"

namespace posthorn::jmap {
namespace {

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string hex_of(std::uint64_t value) {
  std::string out(16, '0');
  const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), value, 16);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

}  // namespace

const Method* find_method(std::string_view name) {
  for (const auto table : tables())
    for (const auto& method : table)
      if (method.name == name) return &method;
  return nullptr;
}

boost::json::object to_json(const SetError& error) {
  auto out = error.more;
  out["type"] = error.type;
  if (!error.description.empty()) out["description"] = error.description;
  if (!error.properties.empty()) out["properties"] = boost::json::array(error.properties.begin(), error.properties.end());
  return out;
}

MethodError method_error(const Error& error) {
  switch (error.code) {
    case Errc::unavailable:
    case Errc::timeout: return {"serverUnavailable", "This cannot be done now; please try again later."};
    case Errc::invalid: return {"invalidArguments", error.what};
    default: return {"serverFail", "Something went wrong on the server; its log says what."};
  }
}

SetError set_error(const Error& error) {
  SetError out;
  out.description = error.what;
  switch (error.code) {
    case Errc::invalid: out.type = "invalidProperties"; break;
    case Errc::not_found: out.type = "notFound"; break;
    case Errc::refused: out.type = "forbidden"; break;
    case Errc::over_quota: out.type = "overQuota"; break;
    case Errc::too_big: out.type = "tooLarge"; break;
    case Errc::exists: out.type = "invalidProperties"; break;
    default:
      out.type = "serverFail";
      out.description = "Something went wrong on the server; its log says what.";
  }
  return out;
}

std::optional<std::string> Call::resolve(std::string_view id) const {
  if (!id.starts_with('#')) return std::string(id);
  const auto found = created.find(std::string(id.substr(1)));
  if (found == created.end()) return std::nullopt;
  return found->second;
}

std::string account_text(AccountId id) { return "A" + hex_of(number(id)); }
std::optional<AccountId> account_of(std::string_view text) {
  if (!text.starts_with('A')) return std::nullopt;
  const auto value = number_of(text.substr(1), 16);
  // One spelling only: an id is compared as text by clients.
  if (!value || account_text(AccountId{*value}) != text) return std::nullopt;
  return AccountId{*value};
}

std::string state_text(ModSeq modseq) { return std::to_string(number(modseq)); }
std::optional<ModSeq> state_of(std::string_view text) {
  const auto value = number_of(text, 10);
  if (!value) return std::nullopt;
  return ModSeq{*value};
}

}  // namespace posthorn::jmap
