// sim/world/network.h - the internet of a simulation: addresses that listen, and wires between them that delay, cut, fall silent, lose
// the last reply. Each wire is two pipes with a carrier between; an Observer beside it keeps the books (ledger.h).
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/virtual_clock.h"
#include "net/dialer.h"
#include "world/dice.h"
#include "world/ledger.h"

namespace posthorn::sim {

class Wire;

class Network {
 public:
  Network(boost::asio::io_context& context, VirtualClock& clock, Trace& trace, Ledger& ledger, std::uint64_t seed);
  ~Network();

  using Accept = std::function<void(std::unique_ptr<Stream>)>;
  void listen(const Endpoint& at, Accept accept) { listeners_[at.text()] = std::move(accept); }
  // No more connections to or from that address, and those there are end: told to their peers (a process that died) or not (the power).
  enum class Cut : std::uint8_t { reset, silent };
  void cut(const std::string& address, Cut how);
  void up(const std::string& address) { down_.erase(address); }
  // That client sends again what is in doubt; the others never do.
  void sends_again(std::string address) { send_again_.insert(std::move(address)); }
  // The disk of that machine failed: what it says it could not store may be there after all, once. `life` tells its starts apart.
  void disk_failed(const std::string& address, std::uint64_t life) { failed_disks_[address] = life; }
  void disk_well(const std::string& address) { failed_disks_.erase(address); }

  Task<Result<std::unique_ptr<Stream>>> connect(std::string from, Endpoint to, Duration timeout);

  void calm() { calm_ = true; }      // from now on wires do what wires should
  std::size_t wires() const { return wires_.size(); }
  // Letters whose 2xx arrived at `client` since the last call: whether it noted that before it fell, its queue tells.
  std::vector<Fate> take_confirmed(const std::string& client);

 private:
  friend class Wire;
  void end(Wire& wire) { wires_.erase(&wire); }

  boost::asio::io_context& context_;
  VirtualClock& clock_;
  Trace& trace_;
  Ledger& ledger_;
  Dice dice_;
  bool calm_ = false;
  std::map<std::string, Accept> listeners_;
  std::set<std::string> down_, send_again_;
  struct InOrder { bool operator()(const Wire* a, const Wire* b) const; };
  std::set<Wire*, InOrder> wires_;  // by number, never by address of memory
  std::uint64_t number_ = 0;
  std::map<std::string, std::vector<Fate>> confirmed_;
  std::map<std::string, std::uint64_t> failed_disks_;
  std::set<std::pair<std::uint64_t, Fate>> unsure_;  // counted already, by life
};

// The way out of one machine; a machine that is off reaches nobody.
class Uplink final : public net::Dialer {
 public:
  Uplink(Network& network, std::string address) : network_(network), address_(std::move(address)) {}
  Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, std::string, Duration timeout) override {
    if (off_) co_return fail(Errc::io, "this machine is off");
    auto stream = co_await network_.connect(address_, std::move(to), timeout);
    if (off_) co_return fail(Errc::io, "this machine is off");
    co_return std::move(stream);
  }
  void off() { off_ = true; }

 private:
  Network& network_;
  std::string address_;
  bool off_ = false;
};

}  // namespace posthorn::sim
