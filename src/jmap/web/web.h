// jmap/web/web.h - what hangs on HTTP: JMAP's session, API, uploads, downloads and events, login of browsers, the webmail's files.
// Security: every route but login and static files needs a login. Requests with a cookie that change something must carry X-Posthorn and
// come from our own origin (attacks.md F5); sessions are random tokens of which only hashes are stored (F6).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/server.h"
#include "jmap/core/method.h"

namespace posthorn::jmap {

class Watch;

// Who asks, and how it is known.
struct Visitor {
  sasl::Login login;
  bool by_cookie = false;
  ObjectId session{};  // of by_cookie
  Watch* watch = nullptr;
};

class Web;
using Action = Task<void> (*)(Web&, const Visitor&, http::Exchange&, std::string_view rest);

// A route: a method and the beginning of a path, handled for who has logged in, who is answered by it. `rest` is the path behind it.
struct Route {
  std::string_view method;  // "GET" answers HEAD too
  std::string_view prefix;  // ends with '/': all below it; else this path alone
  Action run;
};

class Web {
 public:
  Web(const Services& services, const std::atomic<bool>& stopping) : services_(services), stopping_(stopping) {}

  Task<void> handle(http::Exchange& exchange);

  const Services& services() const { return services_; }
  bool stopping() const { return stopping_; }

  // A place among the requests (or uploads) that an account may have under way at once (RFC 8620 section 2); it is given back with the
  // object. Nothing: there is none left.
  class Place;
  enum class Kind : std::uint8_t { request, upload, export_all, image };
  std::unique_ptr<Place> take_place(AccountId account, Kind kind);
  // Whether nobody used `once` before; remembered until `end`. False too if too many are remembered.
  bool use_up(std::string once, WallTime end);

 private:
  friend class Place;
  const Services& services_;
  const std::atomic<bool>& stopping_;
  std::mutex mutex_;
  std::map<std::pair<AccountId, Kind>, std::uint64_t> busy_;
  std::map<std::string, WallTime> used_up_;
};

class Web::Place {
 public:
  Place(Web& web, AccountId account, Kind kind) : web_(web), key_(account, kind) {}
  ~Place();
  Place(const Place&) = delete;

 private:
  Web& web_;
  std::pair<AccountId, Kind> key_;
};

// -- answers that several routes give
http::Response json_response(unsigned status, const boost::json::object& body);
// RFC 7807. `type` may be empty: about:blank.
http::Response problem_response(unsigned status, std::string_view type, std::string_view detail);

// The answer to a login that is good: begins a session, whose cookie it carries.
Task<http::Response> logged_in(Web& web, http::Exchange& exchange, sasl::Login login);
// Of nobody yet (jmap/web/passkeys.cpp).
http::Response begin_passkey_login(Web& web, const http::Request& request);
Task<http::Response> passkey_login(Web& web, http::Exchange& exchange);

// -- the routes, one file each
Task<http::Response> session_resource(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> api(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> upload(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> download(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> web_socket(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> event_source(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> message_body(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> log_out(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_password(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_app_passwords(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_new_app_password(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_end_app_password(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_sessions(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_end_session(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_end_sessions(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_codes(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_begin_codes(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_confirm_codes(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_end_codes(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_new_recovery(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_passkeys(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_begin_passkey(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_new_passkey(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<http::Response> account_end_passkey(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> account_export(Web&, const Visitor&, http::Exchange&, std::string_view rest);

}  // namespace posthorn::jmap
