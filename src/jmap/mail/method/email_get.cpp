// Email/get (RFC 8621 4.2).
#include "jmap/mail/email_read.h"
#include "jmap/mail/methods.h"
#include "store/catalog.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Work {
  const Call* call;
  GetRequest request;
  EmailSelection selection;

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    auto ids = request.ids;
    if (!ids) {
      JMAP_TRY(ids, all_ids());
    }
    JMAP_TRY(const auto keywords, view.keywords());
    json::array list;
    std::vector<std::string> missing;
    for (const auto& id : *ids) {
      const auto email = store::email_id_of(id);
      std::optional<EmailSource> source;
      if (email) {
        JMAP_TRY(source, read_email(view, *email, selection));
      }
      if (!source) {
        missing.push_back(id);
        continue;
      }
      auto object = email_json(selection, *source, keywords);
      object["id"] = id;
      list.push_back(std::move(object));
    }
    return get_answer(*call, state_of_type(view, store::DataType::email), std::move(list), missing);
  }

  Expected<std::vector<std::string>> all_ids() const {
    JMAP_TRY(auto lease, call->services.catalogs->open(call->account()));
    if (lease.catalog->all().size() > call->services.limits.objects_in_get) return method_fail("requestTooLarge", "There are too many Emails to get all at once.");
    std::vector<std::string> out;
    for (const auto index : lease.catalog->all()) out.push_back(store::object_id(lease.catalog->row(index).id));
    return out;
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Work work{&call, {}, {}};
  JMAP_TRY(work.request, read_get(call, arguments));
  JMAP_TRY(auto body, read_body_request(arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_TRY(work.selection, selection_of(work.request.properties.value_or(default_email_properties()), std::move(body)));
  return work;
}

}  // namespace

Task<Answer> email_get(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
