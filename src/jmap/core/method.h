// jmap/core/method.h - how a JMAP method is written (RFC 8620 section 3): a coroutine from a Call and its arguments to its answer or a
// method-level error. One file a method; each folder of methods contributes a table (`mail_methods()`), core/tables.cpp joins them.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/task.h"
#include "sasl/accounts.h"
#include "store/store.h"

namespace posthorn::dns {
class Resolver;
}
namespace posthorn::net {
class Budget;
}
namespace posthorn::post {
class Office;
class Outbox;
}
namespace posthorn::store {
class Catalogs;
class Waker;
namespace search {
class Index;
}
}

namespace posthorn::jmap {

class PushDesk;
namespace oidc {
class Provider;
}
class Turns;

// RFC 8620 section 2, told in the Session; RFC 8621 section 1.3.1 for mail.
struct Limits {
  std::uint64_t upload = 50u << 20;
  std::uint64_t concurrent_upload = 4;
  std::uint64_t request = 10u << 20;
  std::uint64_t concurrent_requests = 4;
  std::uint64_t calls = 16;
  std::uint64_t objects_in_get = 500;
  std::uint64_t objects_in_set = 500;
  std::uint64_t referenced_items = 10'000;  // of all result references of a request (attacks.md F9)
};

// How remote images are fetched for those who asked to see them (jmap/web/images.h). `workers`: a pool of its own, as it waits for strangers.
struct ImageFetching {
  dns::Resolver& resolver;
  Workers& workers;
  bool allow_private = false;  // loopback too: for labs and tests
  std::string ca_file;         // empty: the system's
};

// What the methods work on; made once by main, outlives all calls.
struct Services {
  store::Store& store;
  sasl::Accounts& accounts;
  crypto::Keyring& keyring;
  Clock& clock;
  Log& log;
  post::Office* office = nullptr;  // absent: nothing can be submitted
  Limits limits;
  std::string host_name;
  store::Catalogs* catalogs = nullptr;  // absent: no methods of mail
  post::Outbox* outbox = nullptr;       // with the office
  PushDesk* push = nullptr;             // absent: nothing is pushed to other servers
  const ImageFetching* images = nullptr;  // absent: none are fetched
  store::Waker* waker = nullptr;        // absent: nothing that sleeps is woken
  const store::search::Index* words = nullptr;  // absent: searches read all mail
  oidc::Provider* sign_on = nullptr;    // absent: nobody logs in by an OpenID provider
  std::uint64_t ids_in_query = 5'000;   // of Email/query; who wants more asks for the next window (RFC 8620 section 5.5)
  net::Budget* budget = nullptr;        // absent: uploads may take all memory
  Turns* turns = nullptr;               // absent: the store's workers do what takes long
  bool countries = false;               // whether it is known where the addresses are that hand over mail
};

// RFC 8620 section 3.6.2. `type` is a word of the RFCs, `description` is for people.
struct MethodError {
  std::string type;
  std::string description;
};
// RFC 8620 section 5.3.
struct SetError {
  std::string type;
  std::string description;
  std::vector<std::string> properties;
  boost::json::object more;  // of types that carry more, such as existingId
};
boost::json::object to_json(const SetError& error);

// serverFail, serverUnavailable, ... of what the store says; the log gets the text, the client a sentence.
MethodError method_error(const Error& error);
SetError set_error(const Error& error);

using Answer = std::expected<boost::json::object, MethodError>;
inline std::unexpected<MethodError> method_fail(std::string type, std::string description = {}) {
  return std::unexpected<MethodError>(MethodError{std::move(type), std::move(description)});
}

// A method response that another method caused, such as the implicit Email/set of EmailSubmission/set (RFC 8621 section 7.5).
struct Implicit {
  std::string name;
  boost::json::object answer;
};

// One request of one user. Methods run one after another, so nothing here needs a lock.
struct Call {
  const Services& services;
  sasl::Login login;
  std::map<std::string, std::string> created;  // creation id -> id, over the whole request (section 3.3)
  std::vector<std::string> using_;             // capabilities the client named
  std::string client_address;                  // for logs and evidence
  std::vector<Implicit> implicit{};            // to be told after the answer of the method that runs
  ObjectId session{};                          // of the browser that asks (jmap/web/sessions.h); 0: it showed a password

  AccountId account() const { return login.account; }
  // The id itself, or what "#x" was created as (section 5.3); nothing if it was not.
  std::optional<std::string> resolve(std::string_view id) const;
};

using Run = Task<Answer> (*)(Call& call, boost::json::object arguments);

struct Method {
  std::string_view name;        // "Email/get"
  std::string_view capability;  // that the request must name
  Run run;
};

const Method* find_method(std::string_view name);

// Ids of accounts as clients see them: "A1f".
std::string account_text(AccountId id);
std::optional<AccountId> account_of(std::string_view text);

// -- What all standard methods (section 5) read from their arguments. Each checks accountId, and refuses arguments it does not know
// (invalidArguments) once finish() is called: take what is known, then finish.
class Arguments {
 public:
  Arguments(const Call& call, boost::json::object arguments) : call_(call), json_(std::move(arguments)) {}

  // accountNotFound, invalidArguments. First of all.
  std::expected<void, MethodError> account();
  std::expected<std::optional<std::string>, MethodError> text(std::string_view name);
  std::expected<std::optional<bool>, MethodError> boolean(std::string_view name);
  std::expected<std::optional<std::int64_t>, MethodError> integer(std::string_view name);        // Int: within 2^53
  std::expected<std::optional<std::uint64_t>, MethodError> unsigned_integer(std::string_view name);
  std::expected<std::optional<std::vector<std::string>>, MethodError> texts(std::string_view name);  // null is absent
  std::expected<std::optional<boost::json::object>, MethodError> object(std::string_view name);      // null is absent
  std::optional<boost::json::value> any(std::string_view name);                                      // null too
  std::expected<void, MethodError> finish() const;

 private:
  boost::json::value* find(std::string_view name);

  const Call& call_;
  boost::json::object json_;
  std::vector<std::string> known_{"accountId"};
};

// /get (section 5.1): which ids and properties. requestTooLarge over the limit. `ids` absent: all.
struct GetRequest {
  std::optional<std::vector<std::string>> ids;  // each once, in order; creation ids resolved, those that name nothing kept as they are
  std::optional<std::vector<std::string>> properties;
};
std::expected<GetRequest, MethodError> read_get(const Call& call, Arguments& arguments);
boost::json::object get_answer(const Call& call, std::string state, boost::json::array list, const std::vector<std::string>& not_found);

// /changes (section 5.2). `max` 0: no limit asked for.
struct ChangesRequest {
  std::string since_state;
  std::uint64_t max = 0;
};
std::expected<ChangesRequest, MethodError> read_changes(Arguments& arguments);

// /set (section 5.3). create keeps the order of the client's object; requestTooLarge over the limit. Destroying what is also updated
// gives willDestroy for the update; that is the caller's.
struct SetRequest {
  std::optional<std::string> if_in_state;
  std::vector<std::pair<std::string, boost::json::object>> create;
  std::vector<std::pair<std::string, boost::json::object>> update;  // ids resolved
  std::vector<std::string> destroy;                                  // ids resolved
};
std::expected<SetRequest, MethodError> read_set(const Call& call, Arguments& arguments);
// The same where a method has no other arguments.
std::expected<SetRequest, MethodError> read_only_set(Call& call, boost::json::object json);

// Gathers what became of each object and tells it.
struct SetAnswer {
  boost::json::object created, updated, not_created, not_updated, not_destroyed;
  boost::json::array destroyed;
  boost::json::object tell(const Call& call, std::string old_state, std::string new_state) const;
};

// A modseq as a state string, and back.
std::string state_text(ModSeq modseq);
std::optional<ModSeq> state_of(std::string_view text);

}  // namespace posthorn::jmap
