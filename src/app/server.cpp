#include "app/server.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <future>
#include <map>

#include "app/confine/walls.h"
#include "app/control/server.h"
#include "app/core.h"
#include "app/housekeeping.h"
#include "app/keyring/process.h"
#include "app/memory_gauge.h"
#include "app/ports.h"
#include "app/webmail.h"
#include "dns/cache.h"
#include "dns/unbound_resolver.h"
#include "http/server.h"
#include "imap/server.h"
#include "net/dialer.h"
#include "net/account_connections.h"
#include "net/listener.h"
#include "net/pressure.h"
#include "net/token_buckets.h"
#include "pop3/server.h"
#include "post/countries.h"
#include "post/office.h"
#include "post/outbox.h"
#include "post/sender.h"
#include "report/desk.h"
#include "smtp/server.h"
#include "store/login_guard.h"
#include "store/logins.h"

namespace posthorn::app {
namespace {

constexpr auto grace_time = std::chrono::seconds(10);
constexpr auto grace_step = std::chrono::milliseconds(50);
constexpr auto pressure_look = std::chrono::milliseconds(200);
constexpr std::uint64_t commit_limit = 5000;  // waiting at once

using Sockets = std::vector<std::shared_ptr<net::BoundSocket>>;

// All there is while the server runs. Members are destroyed in reverse order: sessions before what they use.
struct Server {
  const Config& config;
  std::unique_ptr<Log> log;
  net::Runtime runtime;
  std::unique_ptr<Core> core;
  net::TokenBuckets buckets;
  MemoryGauge memory;
  std::unique_ptr<net::Pressure> pressure;
  std::shared_ptr<net::AccountConnections> account_connections;
  std::unique_ptr<sasl::Accounts> accounts;
  std::unique_ptr<dns::Resolver> resolver;
  std::unique_ptr<net::Dialer> dialer;
  post::Options post_options;
  std::unique_ptr<post::Countries> countries;  // nothing: no file is named
  std::unique_ptr<post::Sender> sender;
  std::unique_ptr<post::Office> office;
  std::unique_ptr<post::Outbox> outbox;
  net::Budget own_budget;  // for what our own people hand in: what comes from outside has its own, the post office's
  std::unique_ptr<report::Desk> reports;
  std::map<ServiceKind, std::unique_ptr<net::TlsContext>> tls;
  std::unique_ptr<net::Tolls> tolls;
  std::atomic<bool> stopping = false, keyless = false;
  std::unique_ptr<Webmail> webmail;
  std::atomic<bool> ready = false;  // everything below and above is there
  Sockets sockets;  // one for each config.listen
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::unique_ptr<ControlServer> control;
  std::unique_ptr<Housekeeping> housekeeping;
  std::unique_ptr<Timer> grace, pressure_timer;
  Duration waited{};
  bool said_stressed = false;

  Server(const Config& c, Sockets bound, MemoryGauge gauge, std::unique_ptr<post::Countries> known)
      : config(c),
        log(stderr_log(c.log_level)),
        runtime(c.threads),
        memory(std::move(gauge)),
        account_connections(std::make_shared<net::AccountConnections>(c.limits.connections_per_account_and_address, c.limits.connections_per_account)),
        post_options(c.post),
        countries(std::move(known)),
        own_budget(c.limits.receive_budget),
        sockets(std::move(bound)) {}

  Status open(crypto::KeyringSockets keys);
  void hear(const store::EngineNews& news);
  Status load_certificates();
  Status listen_all();
  Status listen_one(const ListenConfig& listen, std::shared_ptr<net::BoundSocket> socket);
  net::StartSession session_for(const ListenConfig& listen);
  std::optional<Result<admin::Response>> own_operation(const admin::Request& request);
  Status reload();
  void stop();
  void wait_for_sessions();
  void measure_pressure();
  Task<void> finish();
};

void Server::measure_pressure() {
  pressure->measured(memory.resident(), core->store->commits_waiting());
  if (pressure->stressed() != said_stressed) {
    said_stressed = pressure->stressed();
    log->warn(said_stressed ? "stress.begins" : "stress.ends", {{"level", std::to_string(static_cast<int>(pressure->level() * 100)) + " %"}, {"memory", std::to_string(memory.resident())}});
  }
  if (!stopping) pressure_timer->start(pressure_look, [this] { measure_pressure(); });
}

Status Server::open(crypto::KeyringSockets keys) {
  // Without keys nothing can be kept or read: whoever runs us starts us again.
  TRY_ASSIGN(auto keyring, crypto::remote_keyring(keys, [this] {
    log->error("keyring.gone", {{"todo", "the server stops; start it again"}});
    keyless = true;
    boost::asio::post(runtime.context(0), [this] { stop(); });
  }));
  TRY_ASSIGN(core, open_core(config, runtime.workers(), [this](const store::EngineNews& news) { hear(news); }, std::move(keyring)));
  pressure = std::make_unique<net::Pressure>(net::Pressure::Limits{connection_limit(config), config.limits.memory, commit_limit}, buckets, *core->clock);
  pressure_timer = core->clock->timer(runtime.context(0).get_executor());
  measure_pressure();
  accounts = store::guard_logins(store::make_logins(*core->store, *core->keyring), *core->store, buckets, config.limits.logins);
  dns::UnboundOptions dns_options;
  dns_options.forwarders = config.dns.forward;
  dns_options.trust_anchor_file = config.dns.trust_anchor;
  dns_options.test_domain = config.dns.test_domain;
  dns_options.ask_localhost = config.dns.ask_localhost;
  TRY_ASSIGN(auto unbound, dns::unbound_resolver(runtime.context(0).get_executor(), *core->clock, dns_options));
  resolver = dns::caching_resolver(std::move(unbound), *core->clock);
  dialer = net::tcp_dialer(*core->clock);
  for (const auto& listen : config.listen)
    if (listen.service == ServiceKind::smtp) post_options.own_addresses.push_back(listen.address);
  sender = std::make_unique<post::Sender>(runtime.context(0).get_executor(), *core->store, *core->keyring, *resolver, *dialer, *core->clock, *log, post_options);
  office = std::make_unique<post::Office>(*core->store, *core->keyring, *sender, post_options, *log, resolver.get());
  auto desk_options = config.reports;
  desk_options.own_addresses = post_options.own_addresses;
  reports = std::make_unique<report::Desk>(runtime.context(0).get_executor(), *core->store, *core->keyring, *office, *resolver, *log, std::move(desk_options), config.name);
  office->watch_with(*reports);
  if (countries) office->know_countries(*countries);
  outbox = std::make_unique<post::Outbox>(runtime.context(0).get_executor(), *core->store, *core->keyring, *sender, post_options, *core->clock, *log);
  office->ask_for_room([this] { return core->reserve->room(); });
  TRY(load_certificates());
  tolls = std::make_unique<net::Tolls>(buckets, *core->clock, config.limits.tokens);
  const Webmail::Ground ground{runtime.context(0).get_executor(), *core, *log, *accounts, *resolver, *office, *outbox, post_options, own_budget, stopping};
  webmail = std::make_unique<Webmail>(config, ground);
  TRY(listen_all());
  const ControlServices services{*core->store, *core->keyring, *sender, *resolver, *reports};
  TRY_ASSIGN(control, listen_control(runtime, config.control_socket(), services, *log,
                                     [this](const admin::Request& request) { return own_operation(request); }));
  housekeeping = std::make_unique<Housekeeping>(runtime.context(0).get_executor(), *core->store, *core->keyring, *resolver, *core->clock, *log, config.cleanup_every, stopping);
  housekeeping->start();
  reports->start();
  TRY(outbox->start());
  TRY(webmail->start());
  TRY(sender->start());
  ready = true;
  return {};
}

void Server::hear(const store::EngineNews& news) {
  using Kind = store::EngineNews::Kind;
  switch (news.kind) {
    case Kind::failed: return log->error("store.failed", {{"why", news.why}});
    case Kind::reserve_given_up: return log->error("store.reserve_given_up", {{"why", news.why}});
    case Kind::reserve_taken: return log->info("store.reserve_taken", {{"why", news.why}});
    case Kind::opened_again:
      log->warn("store.opened_again", {{"why", news.why}});
      // What was answered as failed may be there after all: the queue's share of it must not wait for a restart.
      if (ready) sender->look_at_all();
  }
}

net::StartSession Server::session_for(const ListenConfig& listen) {
  switch (listen.service) {
    case ServiceKind::smtp:
    case ServiceKind::submission:
    case ServiceKind::submissions: {
      smtp::ServerOptions options;
      options.host_name = config.name;
      options.service = listen.service == ServiceKind::smtp         ? smtp::Service::relay
                        : listen.service == ServiceKind::submission ? smtp::Service::submission
                                                                    : smtp::Service::submissions;
      options.message_limit = config.limits.message_size;
      options.recipient_limit = config.limits.recipients;
      options.insecure_auth = config.insecure_auth;
      options.pressure = pressure.get();
      options.tolls = tolls.get();
      return [this, options](std::unique_ptr<Stream> stream) {
        return smtp::serve(std::move(stream), options, *office, *accounts, *core->clock, *log, stopping);
      };
    }
    case ServiceKind::imap:
    case ServiceKind::imaps: {
      imap::ServerOptions options;
      options.host_name = config.name;
      options.implicit_tls = listen.service == ServiceKind::imaps;
      options.append_limit = config.limits.message_size;
      options.budget = &own_budget;
      options.search_time = config.limits.search_time;
      options.pressure = pressure.get();
      options.connections = account_connections.get();
      options.insecure_login = config.insecure_auth;
      options.tolls = tolls.get();
      return [this, options](std::unique_ptr<Stream> stream) {
        return imap::serve(std::move(stream), options, *core->store, *accounts, *core->clock, *log, stopping);
      };
    }
    case ServiceKind::pop3:
    case ServiceKind::pop3s: {
      pop3::ServerOptions options;
      options.pressure = pressure.get();
      options.connections = account_connections.get();
      options.host_name = config.name;
      options.implicit_tls = listen.service == ServiceKind::pop3s;
      options.insecure_login = config.insecure_auth;
      options.tolls = tolls.get();
      return [this, options](std::unique_ptr<Stream> stream) {
        return pop3::serve(std::move(stream), options, *core->store, *accounts, *core->clock, *log, stopping);
      };
    }
    case ServiceKind::https: {
      http::ServerOptions options;
      options.handler = [this](http::Exchange& exchange) { return webmail->handle(exchange); };
      return [this, options](std::unique_ptr<Stream> stream) { return http::serve(std::move(stream), options, *core->clock, *log, stopping); };
    }
  }
  return {};
}

Status Server::listen_one(const ListenConfig& listen, std::shared_ptr<net::BoundSocket> socket) {
  net::ListenOptions options;
  options.at = Endpoint{listen.address, listen.port};
  options.bound = std::move(socket);
  options.implicit_tls = has_implicit_tls(listen.service);
  options.per_address = config.limits.connections_per_address;
  options.per_network = config.limits.connections_per_network;
  options.per_wide_network = config.limits.connections_per_wide_network;
  // A browser opens many connections, of which most bring no login: what they cost is limited by their number.
  options.tolls = listen.service == ServiceKind::https ? nullptr : tolls.get();
  options.too_many = too_many_text(listen.service, config.name);
  options.too_busy = too_busy_text(listen.service, config.name);
  options.pressure = pressure.get();
  const auto terms = tls.find(listen.service);
  auto* const context = terms == tls.end() ? nullptr : terms->second.get();
  TRY_ASSIGN(auto listener, net::listen(runtime, *core->clock, *log, options, context, session_for(listen)));
  log->info("listening", {{"service", std::string(name_of(listen.service))}, {"at", listener->at().text()}});
  listeners.push_back(std::move(listener));
  return {};
}

Status Server::load_certificates() {
  if (config.certificates.empty()) return {};
  for (const auto& one : config.listen) {
    if (tls.contains(one.service)) continue;
    TRY_ASSIGN(tls[one.service], net::TlsContext::load(config.certificates, terms_of(one.service)));
  }
  return {};
}

Status Server::listen_all() {
  for (std::size_t i = 0; i < config.listen.size(); ++i) TRY(listen_one(config.listen[i], std::move(sockets[i])));
  return {};
}

Status Server::reload() {
  Status done;
  for (auto& [service, context] : tls)
    if (done) done = context->reload();
  if (tls.empty()) return done;
  if (done) log->info("certificates.reloaded");
  else log->error("certificates.not_reloaded", {{"why", done.error().what}, {"serving", "the old ones"}});
  return done;
}

std::optional<Result<admin::Response>> Server::own_operation(const admin::Request& request) {
  const auto done = [] { return admin::Response{boost::json::object{{"done", true}}, {}}; };
  if (request.operation == "server.stop") {
    boost::asio::post(runtime.context(0), [this] { stop(); });
    return done();
  }
  if (request.operation == "server.reload") {
    if (auto status = reload(); !status) return Result<admin::Response>(fail(status.error()));
    return done();
  }
  if (request.operation == "server.status") {
    std::size_t sessions = 0;
    for (const auto& one : listeners) sessions += one->sessions();
    return admin::Response{boost::json::object{{"name", config.name}, {"pid", ::getpid()}, {"sessions", sessions}, {"sending", sender->active()}}, {}};
  }
  return std::nullopt;
}

void Server::stop() {
  if (stopping.exchange(true)) return;
  log->info("stopping");
  for (auto& one : listeners) {
    one->stop_accepting();
    one->wake_all();
  }
  housekeeping->stop();
  pressure_timer->cancel();
  reports->stop();
  outbox->stop();
  webmail->stop();
  sender->stop();
  grace = core->clock->timer(runtime.context(0).get_executor());
  wait_for_sessions();
}

// Commands under way get their time; who only idles is told goodbye by the sessions themselves.
void Server::wait_for_sessions() {
  std::size_t sessions = sender->active();
  for (const auto& one : listeners) sessions += one->sessions();
  if (sessions == 0 || waited >= grace_time) {
    for (auto& one : listeners) one->close_all();
    boost::asio::co_spawn(runtime.context(0), finish(), boost::asio::detached);
    return;
  }
  waited += grace_step;
  grace->start(grace_step, [this] { wait_for_sessions(); });
}

// What was counted for reports since the last time goes to the store.
Task<void> Server::finish() {
  auto done = co_await reports->flush();
  if (!done) log->error("report.not_counted", {{"why", done.error().what}});
  runtime.stop();
}

Result<Sockets> bind_all(const std::vector<ListenConfig>& all) {
  Sockets out;
  for (const auto& listen : all) {
    TRY_ASSIGN(auto socket, net::bind_socket(Endpoint{listen.address, listen.port}));
    out.push_back(std::move(socket));
  }
  return out;
}

void tell(Log& log, const confine::Walls& walls) {
  log.info("confined", {{"user", walls.user}, {"landlock", std::to_string(walls.landlock)}});
  for (const auto& one : walls.missing) log.warn("not_confined", {{"why", one}, {"todo", "confine.required = false allows it"}});
}

// Waits until the store's writer has done what it was given so far.
void finish_commits(store::Engine& engine) {
  std::promise<void> done;
  engine.transact([](store::Transaction&) { return Status(); }, [&done](const Status&) { done.set_value(); });
  done.get_future().wait();
}

}  // namespace

Status serve(const Config& config) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is a failed write, not the end
  raise_descriptor_limit();
  std::unique_ptr<post::Countries> countries;
  if (!config.countries.empty()) {
    TRY_ASSIGN(countries, post::Countries::open(config.countries));
  }
  // Ports while there may be root, walls before the first thread; everything else happens behind them.
  TRY_ASSIGN(auto sockets, bind_all(config.listen));
  TRY_ASSIGN(const auto keys, start_keyring(config));
  MemoryGauge memory;
  TRY_ASSIGN(const auto walls, confine::wall_in(config));
  Server server(config, std::move(sockets), std::move(memory), std::move(countries));
  tell(*server.log, walls);
  TRY(server.open(keys));
  boost::asio::signal_set stops(server.runtime.context(0), SIGTERM, SIGINT);
  stops.async_wait([&server](boost::system::error_code error, int) {
    if (!error) server.stop();
  });
  boost::asio::signal_set reloads(server.runtime.context(0), SIGHUP);
  std::function<void(boost::system::error_code, int)> reload = [&](boost::system::error_code error, int) {
    if (error) return;
    static_cast<void>(server.reload());
    reloads.async_wait(reload);
  };
  reloads.async_wait(reload);
  server.log->info("started", {{"name", config.name}, {"data", config.data}});
  server.runtime.run();
  // What still reads on a worker or is being committed uses what is torn down below: nothing goes before it has ended.
  server.runtime.workers().stop();
  server.webmail->finish();
  finish_commits(*server.core->engine);
  server.ready = false;
  server.log->info("stopped");
  if (server.keyless) return fail(Errc::unavailable, "the keyring's process ended, and without keys no mail can be kept or read", "Start the server again");
  return {};
}

}  // namespace posthorn::app
