// app/webmail.h - what JMAP and the webmail work on, put together: the methods' services with all that they need beside the post office, and the
// web that stands before them. Made, started and stopped by app/server.
#pragma once

#include <atomic>
#include <memory>

#include "app/config/config.h"
#include "app/core.h"
#include "http/server.h"
#include "net/budget.h"
#include "post/office.h"
#include "post/outbox.h"

namespace posthorn::app {

class Webmail {
 public:
  // What it is built on, which outlives it.
  struct Ground {
    Executor executor;
    Core& core;
    Log& log;
    sasl::Accounts& accounts;
    dns::Resolver& resolver;
    post::Office& office;
    post::Outbox& outbox;
    const post::Options& post;
    net::Budget& budget;
    const std::atomic<bool>& stopping;
  };
  Webmail(const Config& config, const Ground& ground);
  ~Webmail();
  Webmail(const Webmail&) = delete;
  Webmail& operator=(const Webmail&) = delete;

  Status start();
  void stop();
  // After the last session: waits for methods that are still at work.
  void finish();
  Task<void> handle(http::Exchange& exchange);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace posthorn::app
