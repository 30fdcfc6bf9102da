// post/replayed.h - DKIM replay (attacks.md C5): one message with a good signature, bought once from a trusted service, is sent to
// thousands who are not named in it. Counted here: for how many recipients, whom To and Cc do not name, the same signature came
// within an hour. Kept in memory only; after a restart counting begins anew.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mail/message.h"
#include "smtp/types.h"
#include "trust/judgement.h"

namespace posthorn::post {

// Recipients of the envelope that no To or Cc field names.
std::size_t unnamed_recipients(const mail::Message& message, const std::vector<smtp::RcptTo>& recipients);

class ReplayWatch {
 public:
  // `limit`: recipients an hour; 0: nothing is counted.
  explicit ReplayWatch(std::size_t limit, std::size_t most = 65'536) : limit_(limit), most_(most) {}

  // The same signature for `unnamed` more recipients. Gives how many it were within the hour, if that is over the limit. May be called
  // from any thread.
  std::optional<std::size_t> count(const trust::dkim::Signature& signature, std::size_t unnamed, WallTime now);

 private:
  struct Seen {
    WallTime since{};
    std::size_t recipients = 0;
  };
  const std::size_t limit_, most_;
  std::mutex mutex_;
  std::unordered_map<std::string, Seen> seen_;  // by a hash that a stranger cannot aim
  std::deque<std::string> order_;               // the oldest goes when there is no room
};

// Quarantines what `watch` finds replayed, and says why. Not counted: what SPF proves for the author as well, for then the domain
// itself sends it (such as a newsletter); what comes from a forwarder that the administrator trusts; what is in Junk anyway.
void mind_replay(ReplayWatch& watch, const mail::Message& message, const std::vector<smtp::RcptTo>& recipients, const trust::Facts& facts, const trust::Rules& rules,
                 trust::Judgement& judgement);

}  // namespace posthorn::post
