// post/sender.h - sends what is due: which entry when, to which destination, over how many connections, and what becomes of it.
// Lives on one executor; wake() and retry() may be called from any thread. All state that matters is in the queue: after a crash
// start() finds it there. An attempt is marked as begun before it is made, so that an entry that brings the process down three
// times is held instead of tried again (attacks.md A18).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/dialer.h"
#include "post/backoff.h"
#include "post/delivery.h"
#include "post/options.h"
#include "post/queue/queue.h"
#include "post/security/sts_policies.h"
#include "post/settlement.h"

namespace posthorn::post {

class Sender {
 public:
  Sender(Executor executor, store::Store& store, crypto::Keyring& keyring, dns::Resolver& resolver, net::Dialer& dialer, Clock& clock,
         Log& log, const Options& options);

  Status start();               // reads what is due from the queue
  void wake(Due due);           // a new or changed entry
  void look_at_all();           // the store was opened again: what was thought not to be written may be there
  void stop();                  // nothing new is begun
  std::size_t active() const { return active_; }  // connections; zero after stop() means done
  Queue& queue() { return queue_; }

  // An operator's retry: at once, and with all destinations' back-off forgotten.
  Task<Status> retry(QueueId id);

 private:
  struct Job {
    QueueId id{};
    std::vector<std::size_t> recipients;
  };
  struct Destination {
    std::deque<Job> jobs;
    std::size_t active = 0;    // workers
    std::size_t starting = 0;  // of them those that have not taken their first job yet
    Concurrency concurrency;
  };
  struct Flight {  // an entry with jobs under way
    std::size_t jobs = 0;
    std::size_t attempting = 0;  // jobs that talk to somebody now
    std::uint32_t crashes = 0;   // of attempts before this flight
    std::vector<Ended> ended;    // jobs whose outcome waits to be written
    bool settling = false;
  };

  void arm();
  void tick();
  bool take_off(QueueId id);
  Task<void> forget_attempt(QueueId id);
  void start_workers();
  Task<void> work(std::string domain);
  Task<bool> attempt(Delivery& delivery, Destination& destination, Job job);
  Task<std::optional<Entry>> begin(QueueId id);
  Task<Result<Entry>> mark_begun(QueueId id);
  Task<void> settle(Job job, std::vector<Attempt> attempts);
  void land(QueueId id, const Settlement::Written& written);
  Duration farthest() const;
  void watch_clock();

  Executor executor_;
  dns::Resolver& resolver_;
  net::Dialer& dialer_;
  Clock& clock_;
  Log& log_;
  const Options& options_;
  Queue queue_;
  StsPolicies policies_;
  Settlement settlement_;
  std::unique_ptr<Timer> timer_;
  std::set<Due> due_;
  std::map<QueueId, Flight> flying_;
  std::map<std::string, Destination> destinations_;
  std::size_t active_ = 0;
  bool stopping_ = false;
  WallTime ticked_wall_;  // when tick() was last here
  SteadyTime ticked_steady_;
};

}  // namespace posthorn::post
