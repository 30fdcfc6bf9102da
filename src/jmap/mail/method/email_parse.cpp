// Email/parse (RFC 8621 4.9).
#include "jmap/core/blobs.h"
#include "jmap/mail/email_read.h"
#include "jmap/mail/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Work {
  const Call* call;
  std::vector<std::string> blobs;
  EmailSelection selection;

  Answer operator()() const {
    json::object parsed;
    json::array not_found, not_parsable;
    for (const auto& id : blobs) {
      auto blob = read_blob(call->services.store, call->account(), call->resolve(id).value_or(id));
      if (!blob && blob.error().code != Errc::not_found) return std::unexpected(method_error(blob.error()));
      if (!blob || !*blob) {
        not_found.push_back(json::string(id));
        continue;
      }
      if (mail::parse((*blob)->bytes).root().fields.empty()) {
        not_parsable.push_back(json::string(id));
        continue;
      }
      parsed[id] = email_json(selection, source_of_blob(id, std::move((*blob)->bytes)), store::Keywords{});
    }
    const auto or_null = [](const auto& some) { return some.empty() ? json::value(nullptr) : json::value(some); };
    return json::object{{"accountId", account_text(call->account())}, {"parsed", or_null(parsed)}, {"notParsable", or_null(not_parsable)}, {"notFound", or_null(not_found)}};
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  Work work{&call, {}, {}};
  JMAP_TRY(auto blobs, arguments.texts("blobIds"));
  JMAP_TRY(const auto properties, arguments.texts("properties"));
  JMAP_TRY(auto body, read_body_request(arguments));
  JMAP_CHECK(arguments.finish());
  if (!blobs) return method_fail("invalidArguments", "blobIds is missing");
  if (blobs->size() > call.services.limits.objects_in_get) return method_fail("requestTooLarge", "Too many blobs at once.");
  work.blobs = std::move(*blobs);
  JMAP_TRY(work.selection, selection_of(properties.value_or(default_parsed_email_properties()), std::move(body)));
  return work;
}

}  // namespace

Task<Answer> email_parse(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
