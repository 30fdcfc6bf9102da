// app/housekeeping.h - what the running server does by itself from time to time: it looks whether the DNS shows new DKIM keys, and erases what
// is no longer needed. On one executor; made, started and stopped by app/server.
#pragma once

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "dns/resolver.h"
#include "post/signing_keys.h"
#include "store/store.h"

namespace posthorn::app {

class Housekeeping {
 public:
  // `stopping`: no work is begun any more, and what is under way ends soon.
  Housekeeping(Executor executor, store::Store& store, const crypto::Keyring& keyring, dns::Resolver& resolver, Clock& clock, Log& log, Duration cleanup_every,
               const std::atomic<bool>& stopping);
  void start();
  void stop();

 private:
  void look_at_keys_after(Duration time);
  Task<void> look_at_keys();
  void collect_garbage_later();
  Task<void> collect_garbage();

  Executor executor_;
  store::Store& store_;
  dns::Resolver& resolver_;
  Clock& clock_;
  Log& log_;
  Duration cleanup_every_;
  const std::atomic<bool>& stopping_;
  post::SigningKeys signing_keys_;
  std::unique_ptr<Timer> keys_timer_, garbage_timer_;
};

}  // namespace posthorn::app
