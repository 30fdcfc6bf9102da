// sim/world/node.h - one whole Posthorn of a simulation: store on the memory engine, post office with its judgement, queue, sender, SMTP and
// IMAP servers, all behind doors that the simulation holds. A power cut leaves the object there, dead: its wires are cut and its disk is
// read as the cut left it; the next life of the machine is a new object.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "dns/cache.h"
#include "imap/server.h"
#include "post/office.h"
#include "post/sender.h"
#include "store/engine/memory_engine.h"
#include "world/names.h"
#include "world/network.h"

namespace posthorn::sim {

// The machine's clock: time passes as everywhere, but what the wall clock says may be wrong.
class MachineClock final : public Clock {
 public:
  explicit MachineClock(VirtualClock& time) : time_(time) {}
  WallTime now() const override { return time_.now() + off; }
  SteadyTime steady() const override { return time_.steady(); }
  std::unique_ptr<Timer> timer(Executor executor) override { return time_.timer(std::move(executor)); }

  std::chrono::milliseconds off{};

 private:
  VirtualClock& time_;
};

// What a machine has besides this life: it stays when the power goes.
struct Machine {
  std::string color, address;  // "blue", 8.8.1.1
  std::shared_ptr<crypto::Keyring> keyring;
  std::map<std::string, AccountId> people;  // "alice@blue.test"
  std::chrono::milliseconds clock_off{};
  std::map<std::string, SteadyTime> accepted, noticed;  // by queue id: when, as its log told
  std::uint64_t modseq = 0;                             // of all its accounts together, highest seen
  std::map<std::pair<AccountId, Uid>, EmailId> seen;    // of every INBOX
};

// A log that goes into the trace and tells the machine what matters for the books.
class MachineLog final : public Log {
 public:
  MachineLog(Machine& machine, Clock& clock, Trace& trace) : machine_(machine), clock_(clock), trace_(trace) {}
  void write(Level level, std::string_view event, std::initializer_list<Field> fields) override;
  void dead() { dead_ = true; }

 private:
  Machine& machine_;
  Clock& clock_;
  Trace& trace_;
  bool dead_ = false;
};

// Logins without the cost of Argon2: everybody's password is "secret".
class People final : public sasl::Accounts {
 public:
  explicit People(const Machine& machine) : machine_(machine) {}
  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string, std::string) override;
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string, std::string) override;
  Task<Result<sasl::Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string, std::string) override;

 private:
  Result<sasl::Login> login(const std::string& user, bool good) const;
  const Machine& machine_;
};

struct World;

class Node {
 public:
  Node(World& world, Machine& machine, std::unique_ptr<store::Engine> disk, const post::Options& options);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Status start();             // the queue, and the ports
  void die(Network::Cut how); // the power goes
  void stop();                // in order
  bool idle() const { return sessions == 0 && sender.active() == 0; }

  World& world;
  Machine& machine;
  std::shared_ptr<store::Fault> fault;  // of that disk: the engine uses it to its end
  MachineClock clock;
  MachineLog log;
  Workers workers{0};
  std::unique_ptr<store::Hub> hub = store::make_hub();
  std::unique_ptr<store::Engine> engine;
  store::Store store;
  People people;
  std::unique_ptr<dns::Resolver> resolver;
  Uplink uplink;
  post::Options options;
  post::Sender sender;
  post::Office office;
  smtp::ServerOptions relay, submission;
  imap::ServerOptions imap;
  std::atomic<bool> stopping = false;
  std::size_t sessions = 0;
  bool alive = true;
  std::uint64_t life = 0;  // which start of a machine this is
  store::MemoryEngine* disk = nullptr;  // the engine, of a machine whose disk is in memory

 private:
  Task<void> count(Task<void> session);
};

// What a Node finds around it.
struct World {
  boost::asio::io_context& context;
  VirtualClock& clock;
  Trace& trace;
  Network& network;
  Names& names;
};

}  // namespace posthorn::sim
