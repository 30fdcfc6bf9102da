#include "jmap/contacts/commit.h"

#include <array>

#include "store/objects.h"

namespace posthorn::jmap {

Task<Result<Commit>> commit_if_unchanged(const Call& call, ModSeq seen, const std::vector<store::ObjectWrite>& writes) {
  Commit out;
  auto& store = call.services.store;
  const auto account = call.account();
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto now, store::modseq_of(tx, account));
    out.stale = now != seen;
    if (out.stale) return fail(Errc::refused, "the account is another now");
    TRY_ASSIGN(out.ids, store.write_objects(tx, account, writes));
    TRY_ASSIGN(out.modseq, store::modseq_of(tx, account));
    return {};
  };
  auto done = co_await store.transact(std::move(work));
  if (out.stale) co_return out;
  if (!done) co_return fail(done.error());
  const std::array<AccountId, 1> touched{account};
  store.committed(touched);
  co_return out;
}

}  // namespace posthorn::jmap
