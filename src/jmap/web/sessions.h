// jmap/web/sessions.h - sessions of browsers: a random token in a cookie that scripts cannot read; the store keeps its hash with the account
// (attacks.md F6). They end when they idle for two weeks, after 90 days, at logout, from the account page, and when the password changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/core/method.h"

namespace posthorn::jmap {

inline constexpr std::string_view session_cookie = "__Host-posthorn";

struct WebSession {
  ObjectId id{};
  WallTime created{}, used{};
  std::string agent, address;  // as told by the browser, and where it was when it logged in
};

// The cookie's value. refused: the password that was checked is the account's no more.
Task<Result<std::string>> begin_session(const Services& services, sasl::Login login, std::string agent, std::string address);
struct FoundSession {
  sasl::Login login;
  ObjectId id{};
};
// Nothing: the cookie is none of ours, or its session is over.
Task<Result<std::optional<FoundSession>>> find_session(const Services& services, std::string_view cookie);
// The field of a response that gives a browser its cookie; with an empty value, that takes it away.
std::pair<std::string, std::string> cookie_field(std::string_view value);
Task<Status> end_session(const Services& services, AccountId account, ObjectId id);
Result<std::vector<WebSession>> sessions_of(const Services& services, AccountId account);
// Also within a transaction: those that are not over.
Result<std::vector<ObjectId>> live_sessions(const store::Reader& reader, AccountId account, WallTime now);

}  // namespace posthorn::jmap
