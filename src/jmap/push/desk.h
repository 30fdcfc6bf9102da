// jmap/push/desk.h - the sender of push messages (RFC 8620 section 7.2): watches the accounts that have subscriptions and POSTs to their URLs
// what changed, encrypted where the client gave keys (RFC 8291). main makes one. All its work is on one executor.
// Security: where requests go is http/fetch.h's to say (attacks.md F4). Nothing but the verification code is sent to a URL before the client
// has told the code back; that code is sent once a subscription and start. Changes are gathered for a second; who answers 429 or not at all is
// left alone for a minute and longer each time; who says that the subscription is gone (404, 410) loses it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/log.h"
#include "dns/resolver.h"
#include "http/fetch.h"
#include "jmap/push/subscription.h"
#include "net/token_buckets.h"
#include "store/store.h"

namespace posthorn::jmap {

class PushDesk {
 public:
  // The way out; tests give their own.
  using Send = std::function<Task<Result<http::FetchAnswer>>(http::FetchRequest request)>;

  // `contact` is a mailto: URL of ours for push services (rfc:8292#2.1). `options` says what URLs are taken.
  PushDesk(Executor executor, store::Store& store, crypto::Keyring& keyring, Log& log, Send send, http::FetchOptions options, std::string contact);
  ~PushDesk();

  // Finds or makes our key, then watches all who have subscriptions.
  Task<Status> start();
  void stop();

  // From any thread: the subscriptions of that account are others.
  void changed(AccountId account);
  bool may_create(AccountId account);
  Status check_url(const std::string& url) const;
  // rfc:8292#3.2 base64url; empty before start() is done.
  std::string application_key() const;

 private:
  struct Receiver {
    Known told;
    bool code_sent = false;
    unsigned failures = 0;
    SteadyTime not_before{};
  };
  struct Watch {
    std::unique_ptr<store::Hub::Subscription> hub;
    std::unique_ptr<Timer> timer;
    bool busy = false, again = false;
    std::map<ObjectId, Receiver> receivers;
  };

  void look_soon(AccountId account, Duration after);
  Task<void> look(AccountId account);
  Task<void> serve_one(AccountId account, const Subscription& subscription, const Known& now);
  Task<Result<http::FetchAnswer>> post(const Subscription& subscription, std::string text);
  void settle(AccountId account, const Subscription& subscription, Receiver& receiver, const Result<http::FetchAnswer>& answer);
  Task<void> forget(AccountId account, ObjectId id);
  Result<std::vector<Subscription>> read(AccountId account) const;
  Duration next_try(const Watch& watch) const;

  Executor executor_;
  store::Store& store_;
  crypto::Keyring& keyring_;
  Log& log_;
  Send send_;
  http::FetchOptions options_;
  std::string contact_;
  std::shared_ptr<crypto::P256Key> key_;
  mutable std::mutex mutex_;
  std::string application_key_;  // read by any thread
  net::TokenBuckets buckets_{1u << 20};
  std::map<AccountId, Watch> watches_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool stopped_ = false;
};

}  // namespace posthorn::jmap
