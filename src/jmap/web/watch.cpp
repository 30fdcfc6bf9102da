#include "jmap/web/watch.h"

#include "store/logins.h"

namespace posthorn::jmap {

bool is_logged_in(const Services& services, const Visitor& visitor) {
  if (!visitor.by_cookie) {
    const auto mark = store::credential_mark(services.store, visitor.login);
    return mark.empty() || mark == visitor.login.mark;
  }
  const auto view = services.store.view(visitor.login.account);
  const auto session = view.object(store::DataType::web_session, visitor.session);
  if (session && !*session) return false;
  const auto account = view.account();
  return account ? account->enabled : account.error().code != Errc::not_found;
}

Watch::Watch(const Services& services, const Visitor& visitor, Stream& stream) : services_(services), visitor_(visitor), stream_(stream) {
  subscription_ = services.store.hub().subscribe(visitor.login.account, stream.executor(), [this] { look(); });
  // It may have ended between the look that let it in and the subscription.
  look();
}

void Watch::look() {
  if (!watching_ || is_logged_in(services_, visitor_)) return;
  watching_ = false;
  services_.log.info("web.ended", {{"user", visitor_.login.name}, {"client", stream_.peer().address}});
  stream_.close();
}

}  // namespace posthorn::jmap
