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

// Who asks, and how it is known.
struct Visitor {
  sasl::Login login;
  bool by_cookie = false;
  ObjectId session{};  // of by_cookie
};

class Web;
using Action = Task<void> (*)(Web&, const Visitor&, http::Exchange&, std::string_view rest);

// A route: a method and the beginning of a path, handled for who has logged in. `rest` is the path behind it.
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
  enum class Kind : std::uint8_t { request, upload };
  std::unique_ptr<Place> take_place(AccountId account, Kind kind);

 private:
  friend class Place;
  const Services& services_;
  const std::atomic<bool>& stopping_;
  std::mutex mutex_;
  std::map<std::pair<AccountId, Kind>, std::uint64_t> busy_;
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

// -- the routes, one file each
Task<void> session_resource(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> api(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> upload(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> download(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> web_socket(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> event_source(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> message_body(Web&, const Visitor&, http::Exchange&, std::string_view rest);
Task<void> log_out(Web&, const Visitor&, http::Exchange&, std::string_view rest);

}  // namespace posthorn::jmap
