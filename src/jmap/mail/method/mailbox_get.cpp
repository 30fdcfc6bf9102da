// Mailbox/get (RFC 8621 2.1).
#include "jmap/mail/mailbox_json.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Work {
  const Call* call;
  GetRequest request;

  Answer operator()() const {
    JMAP_TRY(const auto lease, call->services.catalogs->open(call->account()));
    JMAP_TRY(auto mailboxes, lease.view.mailboxes());
    const MailboxTree tree(std::move(mailboxes));
    json::array list;
    std::vector<std::string> missing;
    const auto tell = [&](const TreeMailbox& one) { list.push_back(only_wanted(request, mailbox_json(one, lease.catalog->counts(one.mailbox->id)))); };
    if (!request.ids)
      for (const auto& one : tree.all()) tell(one);
    for (const auto& id : request.ids.value_or(std::vector<std::string>())) {
      const auto mailbox = store::mailbox_id_of(id);
      const auto* one = mailbox ? tree.find(*mailbox) : nullptr;
      if (one != nullptr) tell(*one);
      else missing.push_back(id);
    }
    return get_answer(*call, state_of_type(lease.view, store::DataType::mailbox), std::move(list), missing);
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Work work{&call, {}};
  JMAP_TRY(work.request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_CHECK(check_properties(work.request, mailbox_properties));
  return work;
}

}  // namespace

Task<Answer> mailbox_get(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
