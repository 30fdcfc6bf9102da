// jmap/web/watch.h - ends the connection of a request as soon as the login behind it is over: the session was ended, the password changed,
// the app password taken back, the account disabled (attacks.md F6). Events, transfers and WebSockets too: whatever is under way.
#pragma once

#include <memory>

#include "base/stream.h"
#include "jmap/web/web.h"

namespace posthorn::jmap {

// Whether the login still holds. What cannot be told now holds.
bool is_logged_in(const Services& services, const Visitor& visitor);

// Lives as long as the request, on the executor of its stream.
class Watch {
 public:
  Watch(const Services& services, const Visitor& visitor, Stream& stream);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  // The visitor ends the login itself with this request, whose answer shall still go out.
  void let_go() { watching_ = false; }

 private:
  void look();

  const Services& services_;
  const Visitor& visitor_;
  Stream& stream_;
  bool watching_ = true;
  std::unique_ptr<store::Hub::Subscription> subscription_;
};

}  // namespace posthorn::jmap
