// sim/world/hostile.h - the rest of the internet: mail servers that are no Posthorn and behave as they like, and clients that are no mail
// programs. Each session has a mood; what a host takes is written into the books.
#pragma once

#include <memory>

#include "world/network.h"

namespace posthorn::sim {

enum class Manners : std::uint8_t { moody, rude };  // rude: always a 5xx somewhere

class Hosts {
 public:
  Hosts(boost::asio::io_context& context, VirtualClock& clock, Trace& trace, Network& network, Ledger& ledger, std::uint64_t seed)
      : context_(context), clock_(clock), trace_(trace), network_(network), ledger_(ledger), dice_(seed, "hosts") {}
  void open(const std::string& address, std::string domain, Manners manners);
  void calm() { calm_ = true; }
  std::size_t playing() const { return playing_; }

  // Connects to a port of ours and sends what no client should.
  Task<void> vandal(Endpoint to);

 private:
  Task<void> play(std::unique_ptr<Stream> stream, std::string domain, Manners manners);

  boost::asio::io_context& context_;
  VirtualClock& clock_;
  Trace& trace_;
  Network& network_;
  Ledger& ledger_;
  Dice dice_;
  bool calm_ = false;
  std::size_t playing_ = 0;
};

}  // namespace posthorn::sim
