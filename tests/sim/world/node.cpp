#include "world/node.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace posthorn::sim {
namespace {

// The node asks the one DNS of the world, through a cache of its own, as the real server does.
class Asking final : public dns::Resolver {
 public:
  explicit Asking(dns::Resolver& names) : names_(names) {}
  Task<dns::Answer> resolve(std::string name, dns::Type type) override { return names_.resolve(std::move(name), type); }

 private:
  dns::Resolver& names_;
};

post::Options options_of(const Machine& machine, const post::Options& given) {
  auto out = given;
  out.host_name = "mx." + machine.color + ".test";
  out.own_addresses = {machine.address};
  return out;
}

}  // namespace

void MachineLog::write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (dead_ || (level == Level::debug && !trace_.shown())) return;
  std::string line = machine_.color + " " + std::string(event), id;
  for (const auto& [name, value] : fields) {
    line += " " + std::string(name) + "=" + value;
    if (name == "id") id = value;
  }
  trace_.note(line);
  if (event == "message.accepted") machine_.accepted[id] = clock_.steady();
  if (event == "dsn.sent") machine_.noticed[id] = clock_.steady();
  if (level >= Level::warn) trace_.count("log." + std::string(event));
}

Result<sasl::Login> People::login(const std::string& user, bool good) const {
  const auto found = machine_.people.find(user);
  if (!good || found == machine_.people.end()) return fail(Errc::refused, "wrong user or password");
  return sasl::Login{found->second, user};
}
Task<Result<sasl::Login>> People::check_password(std::string user, std::string password, std::string, std::string) { co_return login(user, password == "secret"); }
Task<Result<crypto::ScramVerifier>> People::scram_verifier(std::string, std::string, std::string) {
  static const auto verifier = crypto::scram_sha256("secret", 4096, "salt of all here");
  co_return verifier;
}
Task<Result<sasl::Login>> People::finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string, std::string) { co_return login(user, fitted.has_value()); }

Node::Node(World& given, Machine& that, std::unique_ptr<store::Engine> given_disk, const post::Options& base)
    : world(given), machine(that), clock(world.clock), log(machine, world.clock, world.trace), engine(std::move(given_disk)),
      store(*engine, *machine.keyring, clock, workers, *hub), people(machine), resolver(dns::caching_resolver(std::make_unique<Asking>(world.names), clock)),
      uplink(world.network, machine.address), options(options_of(machine, base)),
      sender(world.context.get_executor(), store, *machine.keyring, *resolver, uplink, clock, log, options),
      office(store, *machine.keyring, sender, options, log, resolver.get()) {
  clock.off = machine.clock_off;
  relay.host_name = submission.host_name = imap.host_name = options.host_name;
  submission.service = smtp::Service::submission;
  imap.insecure_login = true;
}

Task<void> Node::count(Task<void> session) {
  ++sessions;
  co_await std::move(session);
  --sessions;
}

Status Node::start() {
  world.network.up(machine.address);
  world.network.disk_well(machine.address);
  const auto begin = [this](Task<void> session) { boost::asio::co_spawn(world.context, count(std::move(session)), boost::asio::detached); };
  world.network.listen({machine.address, 25}, [this, begin](std::unique_ptr<Stream> s) { begin(smtp::serve(std::move(s), relay, office, people, clock, log, stopping)); });
  world.network.listen({machine.address, 587}, [this, begin](std::unique_ptr<Stream> s) { begin(smtp::serve(std::move(s), submission, office, people, clock, log, stopping)); });
  world.network.listen({machine.address, 143}, [this, begin](std::unique_ptr<Stream> s) { begin(imap::serve(std::move(s), imap, store, people, clock, log, stopping)); });
  return sender.start();
}

void Node::stop() {
  stopping = true;
  sender.stop();
}

void Node::die(Network::Cut how) {
  alive = false;
  log.dead();
  uplink.off();
  world.network.cut(machine.address, how);
  stop();
}

}  // namespace posthorn::sim
