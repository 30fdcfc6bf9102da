// imap/command/idle.cpp - IDLE (RFC 2177, RFC 9051 6.3.13): what changes is told at once, until the client says DONE.
// One coroutine reads for DONE all the time; a commit to the account starts another that writes, and ends when all is told.
// The command does not end before that one has.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

class Pusher {
 public:
  explicit Pusher(Session& session) : session_(session), finished_(session.stream->executor(), boost::asio::steady_timer::time_point::max()) {}

  void begin() {
    subscription_ = session_.store.hub().subscribe(session_.account(), session_.stream->executor(), [this] { look(); });
  }
  // From now on it may write.
  void start() {
    started_ = true;
    if (again_) look();
  }
  // Looks no more, and waits for what is being written.
  Task<void> end() {
    subscription_.reset();
    ended_ = true;
    while (pushing_) co_await finished_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  // Somebody changed something; called on the session's thread.
  void look() {
    if (ended_) return;
    again_ = true;
    if (pushing_ || !started_) return;
    pushing_ = true;
    boost::asio::co_spawn(session_.stream->executor(), push(), boost::asio::detached);
  }

 private:
  Task<void> push() {
    while (again_ && !ended_ && !session_.closing) {
      again_ = false;
      co_await session_.update(Expunges::told);
      co_await session_.flush();
    }
    pushing_ = false;
    // The selected mailbox is gone, or the peer: the read that waits for DONE must end.
    if (session_.closing) session_.stream->close();
    finished_.cancel();
  }

  Session& session_;
  boost::asio::steady_timer finished_;  // never expires; cancelled when a push is over
  std::unique_ptr<store::Hub::Subscription> subscription_;
  bool started_ = false, pushing_ = false, again_ = false, ended_ = false;
};

}  // namespace

Task<Response> idle(Session& session, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  Pusher pusher(session);
  // Subscribed before the last look, so that nothing falls between them.
  if (session.selected) pusher.begin();
  if (session.selected) co_await session.update(Expunges::told);
  if (session.closing) co_return said();
  session.out += "+ Idling\r\n";
  // Written here, so that there are never two who write.
  const bool written = co_await session.flush();
  if (!written) co_return said();
  pusher.start();
  session.idles = true;
  const auto done = co_await session.line(64);
  session.idles = false;
  co_await pusher.end();
  if (!done || session.closing) co_return said();
  if (!equal_icase(*done, "DONE")) co_return bad("IDLE ends with DONE");
  co_return ok("Done");
}

}  // namespace posthorn::imap
