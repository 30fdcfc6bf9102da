// imap/command/subscribe.cpp - SUBSCRIBE and UNSUBSCRIBE (RFC 9051 6.3.7, 6.3.8). Only mailboxes that are there can be subscribed.
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

Task<Response> change(Session& session, Call& call, bool on) {
  auto name = take_only_mailbox(session, call);
  if (!name) co_return std::move(name.error());
  auto done = co_await session.store.subscribe(session.account(), std::move(*name), on);
  if (!done) co_return refusal_of(done.error());
  co_return ok("Done");
}

}  // namespace

Task<Response> subscribe(Session& session, Call& call) {
  co_return co_await change(session, call, true);
}

Task<Response> unsubscribe(Session& session, Call& call) {
  co_return co_await change(session, call, false);
}

}  // namespace posthorn::imap
