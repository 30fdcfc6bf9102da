// Thread/get (RFC 8621 3.1).
#include <algorithm>
#include <set>

#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"
#include "store/catalog.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::array<std::string_view, 2> thread_properties = {"id", "emailIds"};

struct Work {
  const Call* call;
  GetRequest request;

  // Those that are shown, oldest first (rfc:8621#3).
  Expected<std::vector<EmailId>> emails_of(const store::View& view, ThreadId thread) const {
    JMAP_TRY(const auto ids, view.thread(thread));
    std::vector<std::pair<WallTime, EmailId>> shown;
    for (const auto id : ids) {
      JMAP_TRY(const auto email, view.shown(id));
      if (email) shown.emplace_back(email->email.received, id);
    }
    std::ranges::sort(shown);
    std::vector<EmailId> out;
    for (const auto& [received, id] : shown) out.push_back(id);
    return out;
  }

  Expected<std::vector<std::string>> all_ids() const {
    JMAP_TRY(const auto lease, call->services.catalogs->open(call->account()));
    if (lease.catalog->threads() > call->services.limits.objects_in_get) return method_fail("requestTooLarge", "There are too many Threads to get all at once.");
    std::vector<std::string> out;
    std::set<ThreadId> seen;
    for (const auto index : lease.catalog->all())
      if (const auto thread = lease.catalog->row(index).thread; seen.insert(thread).second) out.push_back(store::object_id(thread));
    return out;
  }

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    auto ids = request.ids;
    if (!ids) {
      JMAP_TRY(ids, all_ids());
    }
    json::array list;
    std::vector<std::string> missing;
    for (const auto& id : *ids) {
      const auto thread = store::thread_id_of(id);
      std::vector<EmailId> emails;
      if (thread) {
        JMAP_TRY(emails, emails_of(view, *thread));
      }
      if (emails.empty()) {
        missing.push_back(id);
        continue;
      }
      json::object one{{"id", id}};
      if (!request.properties || std::ranges::find(*request.properties, "emailIds") != request.properties->end()) one["emailIds"] = ids_json(emails);
      list.push_back(std::move(one));
    }
    return get_answer(*call, state_of_type(view, store::DataType::thread), std::move(list), missing);
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Work work{&call, {}};
  JMAP_TRY(work.request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_CHECK(check_properties(work.request, thread_properties));
  return work;
}

}  // namespace

Task<Answer> thread_get(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
