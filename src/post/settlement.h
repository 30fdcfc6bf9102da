// post/settlement.h - what attempts came to, written into the queue's entry together with the notices that it makes due: in one commit, so that
// each is told once and never forgotten. Called by the Sender, for an entry by one at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "post/delivery.h"
#include "post/dsn.h"
#include "post/handover.h"
#include "post/options.h"
#include "post/queue/queue.h"

namespace posthorn::post {

// One job: what became of some recipients of an entry.
struct Ended {
  std::vector<std::size_t> recipients;  // where they stand in Entry::recipients
  std::vector<Attempt> attempts;        // one for each; empty: nothing was tried
};

class Settlement {
 public:
  Settlement(store::Store& store, crypto::Keyring& keyring, const Queue& queue, Clock& clock, Log& log, const Options& options)
      : store_(store), keyring_(keyring), queue_(queue), clock_(clock), log_(log), options_(options) {}

  enum class Round : std::uint8_t { goes_on, over };  // over: no other job of the entry is under way
  struct Written {
    bool all = false;        // false: something was not tried, or cannot be written
    bool gone = false;       // the entry is in the queue no more
    std::vector<Due> fresh;  // what the queue holds besides: notices
  };
  // What others of the Sender change meanwhile.
  struct Meanwhile {
    const std::size_t& attempting;  // how many jobs of the entry talk to somebody; it counts when this is written
    const bool& stopping;
  };
  // While the disk cannot be written this waits: who forgot what is known of the recipients would send them the message again.
  Task<Written> write(QueueId id, std::vector<Ended> ended, Round round, Meanwhile meanwhile);

 private:
  struct Order {
    QueueId id{};
    std::vector<Ended> ended;
    Round round{};
    Meanwhile meanwhile;
  };
  enum class Tell : std::uint8_t { sender, nobody };
  // False: somebody else changed the entry since it was `found`.
  Task<Result<bool>> write_once(const Order& order, Tell tell, Result<std::optional<Entry>> found, Written& out);
  Task<std::vector<Handover>> notices_for(const Entry& after, const std::vector<DsnRecipient>& all_owed, WallTime now);
  void log_attempts(QueueId id, const Entry& entry, const std::vector<Ended>& ended);
  void end_round(Entry& entry, WallTime now) const;

  store::Store& store_;
  crypto::Keyring& keyring_;
  const Queue& queue_;
  Clock& clock_;
  Log& log_;
  const Options& options_;
};

}  // namespace posthorn::post
