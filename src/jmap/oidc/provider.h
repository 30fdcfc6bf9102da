// jmap/oidc/provider.h - the OpenID provider that was configured: its metadata and keys, fetched when they are first needed and kept for a while,
// and ID tokens for codes. Any thread.
// Security: requests go through http/fetch (https, checked certificates, no redirects, 64 KiB, 5 s); 16 logins wait for the provider at once, who
// comes then is told to try again; keys are fetched anew once a minute at most, however many tokens name ones that are not there.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "http/fetch.h"
#include "jmap/oidc/documents.h"
#include "jmap/oidc/key_set.h"
#include "jmap/oidc/options.h"
#include "jmap/oidc/token.h"

namespace posthorn::jmap::oidc {

class Provider {
 public:
  using Fetch = std::function<Task<Result<http::FetchAnswer>>(http::FetchRequest)>;
  Provider(Options options, Fetch fetch, Clock& clock) : options_(std::move(options)), fetch_(std::move(fetch)), clock_(clock) {}

  const Options& options() const { return options_; }

  // Where a browser is sent to log in. `verifier` is PKCE's (RFC 7636), of which only the hash is told.
  struct Begun {
    std::string state, nonce, verifier;
  };
  Task<Result<std::string>> login_url(Begun begun);

  // What a browser brought back. The claims of who logged in; refused: why not; unavailable: the provider cannot be asked now.
  struct Returned {
    std::string code, issuer;  // issuer: RFC 9207, may be empty
    std::string nonce, verifier;
  };
  Task<Result<boost::json::object>> claims_for(Returned returned);
  // The address of the account that the claims open.
  Result<std::string> account_of(const boost::json::object& claims) const;

 private:
  template <class T>
  struct Kept {
    std::shared_ptr<const T> value;
    SteadyTime fetched{};
  };
  enum class Want : std::uint8_t { kept, newer };

  Task<Result<std::shared_ptr<const Metadata>>> metadata();
  Task<Result<std::shared_ptr<const KeySet>>> keys(const std::string& url, Want want);
  Task<Result<std::string>> id_token(const Metadata& metadata, const Returned& returned);
  Task<Result<boost::json::object>> work_on(Returned returned);
  Task<Result<std::string>> get(std::string url);

  const Options options_;
  const Fetch fetch_;
  Clock& clock_;
  std::atomic<int> busy_ = 0;
  std::mutex mutex_;  // around the two below
  Kept<Metadata> metadata_;
  Kept<KeySet> keys_;
};

}  // namespace posthorn::jmap::oidc
