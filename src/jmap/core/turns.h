// jmap/core/turns.h - where methods of JMAP work that may take long: on threads of their own, and of one account two at a time. Searches that
// read for twenty seconds do so in steps, and keep neither deliveries nor other people's requests waiting, however many are begun at once.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/gate.h"
#include "base/ids.h"
#include "base/workers.h"

namespace posthorn::jmap {

// Calls work.step(), which gives an optional, on a worker until there is something in it. Whoever else waits for the workers has a turn between
// two steps, so that work of many seconds keeps nobody waiting for longer than a step.
template <class Work>
struct NextStep {
  Work* work;
  auto operator()() const { return work->step(); }
};
template <class Work>
auto in_steps(Workers& workers, Work& work) -> Task<typename decltype(work.step())::value_type> {
  for (;;) {
    NextStep<Work> step{&work};
    auto done = co_await workers.run(std::move(step));
    if (done) co_return std::move(*done);
  }
}

class Turns {
 public:
  Turns(Clock& clock, unsigned threads) : clock_(clock), workers_(threads) {}

  class Place;
  using Turn = std::unique_ptr<Place>;  // a place of the account's, until it is destroyed
  // unavailable: too many wait for this account, or it took too long.
  Task<Result<Turn>> take(AccountId account);
  Workers& workers() { return workers_; }

 private:
  std::shared_ptr<Gate> gate_of(AccountId account);
  void forget(AccountId account);

  Clock& clock_;
  Workers workers_;
  std::mutex mutex_;
  std::map<AccountId, std::shared_ptr<Gate>> gates_;  // of accounts that are at work
};

class Turns::Place {
 public:
  Place(Turns& turns, AccountId account, std::shared_ptr<Gate> gate) : turns_(turns), account_(account), gate_(std::move(gate)) {}
  Place(const Place&) = delete;
  ~Place() {
    pass_.reset();
    gate_.reset();
    turns_.forget(account_);
  }

 private:
  friend class Turns;
  Turns& turns_;
  AccountId account_;
  std::shared_ptr<Gate> gate_;
  std::optional<Gate::Pass> pass_;
};

}  // namespace posthorn::jmap
