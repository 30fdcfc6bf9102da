// sim/world/names.h - the DNS of a simulation: one zone, and what goes wrong on the way to it: slow answers, SERVFAIL for hours, and
// lies of a poisoned resolver (no such name, no mail here, another host).
#pragma once

#include <memory>
#include <string>

#include "base/virtual_clock.h"
#include "dns/resolver.h"
#include "world/dice.h"
#include "world/ledger.h"

namespace posthorn::sim {

// Addresses of the world.
inline constexpr const char *blue_ip = "8.8.1.1", *green_ip = "8.8.2.1", *laptop_ip = "8.8.9.9";

struct NamesOptions {
  bool lies = false;  // in this simulation somebody may lie
};

class Names final : public dns::Resolver {
 public:
  Names(VirtualClock& clock, Trace& trace, Ledger& ledger, std::uint64_t seed, NamesOptions options);
  Task<dns::Answer> resolve(std::string name, dns::Type type) override;
  void calm() { calm_ = true; }

 private:
  dns::Answer lie(std::string name, dns::Type type, dns::Answer truth);

  VirtualClock& clock_;
  Trace& trace_;
  Ledger& ledger_;
  Dice dice_;
  NamesOptions options_;
  std::unique_ptr<dns::Resolver> zone_;
  SteadyTime weather_until_{};
  bool storm_ = false;  // hours in which nothing resolves
  bool calm_ = false;
};

}  // namespace posthorn::sim
