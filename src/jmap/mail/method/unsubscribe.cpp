// Unsubscribe/get and Email/unsubscribe, a capability of ours: how the mailing list of an Email is left, and leaving it by one click (RFC 8058). The
// server sends the POST, so that the list learns neither where its reader is nor with what browser.
// Security: attacks.md F4: http/fetch looks at the addresses and goes where the host leads, once; no redirect is followed (rfc:8058#3.1), nothing
// of the answer but its status is told.
#include "http/fetch.h"
#include "jmap/mail/evidence.h"
#include "jmap/mail/leaving.h"
#include "jmap/mail/support.h"
#include "jmap/mail/trust_methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_at_once = 50;
constexpr auto patience = std::chrono::seconds(20);

// Nothing: there is no such Email.
Expected<std::optional<Leaving>> look(const store::View& view, const std::string& id) {
  const auto email = store::email_id_of(id);
  std::optional<store::ShownEmail> shown;
  if (email) {
    JMAP_TRY(shown, view.shown(*email));
  }
  if (!shown) return std::optional<Leaving>();
  JMAP_TRY(const auto bytes, view.message(*email));
  JMAP_TRY(const auto evidence, evidence_of(view, *email));
  return std::optional(leaving_of(mail::parse(bytes), evidence ? &*evidence : nullptr));
}

struct GetWork {
  Call* call;
  std::vector<std::string> ids;

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    json::array list;
    std::vector<std::string> missing;
    for (const auto& id : ids) {
      JMAP_TRY(const auto found, look(view, id));
      if (!found) {
        missing.push_back(id);
        continue;
      }
      auto one = leaving_json(*found);
      one["id"] = id;
      list.push_back(std::move(one));
    }
    return get_answer(*call, state_of_type(view, store::DataType::email), std::move(list), missing);
  }
};

Expected<GetWork> read_get_work(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_TRY(auto request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  if (!request.ids) return method_fail("invalidArguments", "ids is missing");
  if (request.ids->size() > most_at_once) return method_fail("requestTooLarge", "At most 50 at once.");
  return GetWork{&call, std::move(*request.ids)};
}

struct LookWork {
  Call* call;
  std::string id;
  Expected<std::optional<Leaving>> operator()() const { return look(call->services.store.view(call->account()), id); }
};

Expected<LookWork> read_look_work(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  JMAP_TRY(const auto id, arguments.text("emailId"));
  JMAP_CHECK(arguments.finish());
  if (!id) return method_fail("invalidArguments", "emailId is missing");
  return LookWork{&call, *id};
}

http::FetchRequest click(const std::string& url) {
  http::FetchRequest out;
  out.method = "POST";
  out.url = url;
  out.fields = {{"Content-Type", "application/x-www-form-urlencoded"}, {"User-Agent", "Mozilla/5.0 (compatible; Posthorn unsubscribe)"}};
  out.body = "List-Unsubscribe=One-Click";  // rfc:8058#3.2
  return out;
}

}  // namespace

Task<Answer> unsubscribe_get(Call& call, json::object arguments) {
  auto work = read_get_work(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

Task<Answer> email_unsubscribe(Call& call, json::object arguments) {
  auto work = read_look_work(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  const auto id = work->id;
  const auto found = co_await call.services.store.workers().run(std::move(*work));
  if (!found) co_return std::unexpected(found.error());
  if (!*found) co_return method_fail("notFound", "There is no such Email.");
  const auto& leaving = **found;
  if (leaving.how != Leaving::How::one_click) co_return method_fail("forbidden", "This Email cannot be unsubscribed from by one click. " + leaving.why_not);
  const auto* fetching = call.services.images;
  if (fetching == nullptr) co_return method_fail("serverUnavailable", "This server asks nothing of other servers.");
  http::FetchOptions options{.ca_file = fetching->ca_file, .allow_private = fetching->allow_private, .timeout = patience};
  auto request = click(leaving.url);
  const auto answer = co_await http::fetch(fetching->resolver, fetching->workers, std::move(options), std::move(request));
  call.services.log.info("unsubscribe.asked", {{"user", call.login.name}, {"host", leaving.to}, {"answer", answer ? std::to_string(answer->status) : answer.error().what}});
  if (!answer) co_return method_fail("serverUnavailable", leaving.to + " could not be asked: " + answer.error().what + ".");
  if (answer->status < 200 || answer->status > 299) co_return method_fail("serverUnavailable", leaving.to + " answered " + std::to_string(answer->status) + ".");
  co_return json::object{{"accountId", account_text(call.account())}, {"emailId", id}, {"to", leaving.to}, {"status", answer->status}};
}

}  // namespace posthorn::jmap
