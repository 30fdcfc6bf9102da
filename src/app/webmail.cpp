#include "app/webmail.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>

#include "http/fetch.h"
#include "jmap/core/turns.h"
#include "jmap/oidc/provider.h"
#include "jmap/push/desk.h"
#include "jmap/web/web.h"
#include "store/catalogs.h"
#include "store/search/index.h"
#include "store/search/indexer.h"
#include "store/snooze.h"

namespace posthorn::app {
namespace {

constexpr unsigned image_threads = 4, method_threads = 4, sign_on_threads = 2;
constexpr auto sign_on_timeout = std::chrono::seconds(5);
constexpr auto push_timeout = std::chrono::seconds(10);

// Both of what the operator named in posthorn.toml.
template <class Named>
http::FetchOptions options_for(const Named& named, Duration timeout) {
  return {.ca_file = named.ca_file, .allow_private = named.allow_private, .timeout = timeout};
}

}  // namespace

// Members are destroyed in reverse order: who uses before what is used.
struct Webmail::Parts {
  const Ground ground;
  store::Catalogs catalogs;
  jmap::Turns turns;
  store::Waker waker;
  store::search::Index words;
  store::search::Indexer indexer;
  Workers push_workers{1};  // a slow push service holds up no login
  jmap::PushDesk push;
  Workers sign_on_workers{sign_on_threads};
  std::optional<jmap::oidc::Provider> sign_on;
  Workers image_workers{image_threads};
  jmap::ImageFetching images;
  jmap::Services services;
  std::optional<jmap::Web> web;

  Parts(const Config& config, const Ground& g)
      : ground(g),
        catalogs(*g.core.store),
        turns(*g.core.clock, method_threads),
        waker(g.executor, *g.core.store, g.log),
        words(*g.core.keyring),
        indexer(g.executor, *g.core.store, *g.core.keyring, g.log),
        push(g.executor, *g.core.store, *g.core.keyring, g.log, fetcher(push_workers, options_for(config.push, push_timeout)), options_for(config.push, push_timeout), "mailto:postmaster@" + config.name),
        images{g.resolver, image_workers, g.post.allow_private_routes, g.post.ca_file},
        services{*g.core.store, g.accounts, *g.core.keyring, *g.core.clock, g.log, &g.office, {}, config.name} {
    if (!config.oidc.provider.issuer.empty()) sign_on.emplace(config.oidc.provider, fetcher(sign_on_workers, options_for(config.oidc, sign_on_timeout)), *g.core.clock);
    services.limits.upload = config.limits.message_size;
    services.catalogs = &catalogs;
    services.outbox = &g.outbox;
    services.push = &push;
    services.sign_on = sign_on ? &*sign_on : nullptr;
    services.waker = &waker;
    services.images = &images;
    services.words = &words;
    services.turns = &turns;
    services.countries = !config.countries.empty();
    services.budget = &g.budget;
    web.emplace(services, g.stopping);
  }

  std::function<Task<Result<http::FetchAnswer>>(http::FetchRequest)> fetcher(Workers& workers, http::FetchOptions options) {
    return [this, &workers, options = std::move(options)](http::FetchRequest request) { return http::fetch(ground.resolver, workers, options, std::move(request)); };
  }
  Task<void> start_push() {
    auto started = co_await push.start();
    if (!started) ground.log.error("push.not_started", {{"why", started.error().text()}});
  }
};

Webmail::Webmail(const Config& config, const Ground& ground) : parts_(std::make_unique<Parts>(config, ground)) {}
Webmail::~Webmail() = default;

Status Webmail::start() {
  boost::asio::co_spawn(parts_->ground.executor, parts_->start_push(), boost::asio::detached);
  TRY(parts_->waker.start());
  parts_->indexer.start();
  return {};
}

void Webmail::stop() {
  parts_->push.stop();
  parts_->waker.stop();
  parts_->indexer.stop();
}

void Webmail::finish() { parts_->turns.workers().stop(); }

Task<void> Webmail::handle(http::Exchange& exchange) { return parts_->web->handle(exchange); }

}  // namespace posthorn::app
