// SearchSnippet/get (RFC 8621 5.1).
#include <algorithm>

#include "jmap/mail/email_filter.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/snippet.h"
#include "jmap/mail/support.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_preview = 255;  // octets, rfc:8621#5

struct Work {
  const Call* call;
  EmailFilter filter;
  std::vector<std::string> ids;

  std::vector<mail::Phrase> phrases_of(std::initializer_list<EmailTest> tests) const {
    std::vector<mail::Phrase> out;
    for (const auto& one : filter.conditions())
      if (std::ranges::find(tests, one.test) != tests.end()) out.insert(out.end(), one.phrases.begin(), one.phrases.end());
    return out;
  }

  Expected<json::value> preview_of(const store::View& view, EmailId id, const std::vector<mail::Phrase>& phrases) const {
    if (phrases.empty()) return json::value(nullptr);
    JMAP_TRY(const auto bytes, view.message(id));
    std::optional<std::string> found;
    mail::each_body_text(mail::parse(bytes), [&](std::string_view text) {
      found = snippet(text, phrases, most_preview);
      return !found;
    });
    return found ? json::value(*found) : json::value(nullptr);
  }

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    const auto subject_phrases = phrases_of({EmailTest::text, EmailTest::subject}), body_phrases = phrases_of({EmailTest::text, EmailTest::body});
    json::array list, missing;
    for (const auto& id : ids) {
      const auto email = store::email_id_of(id);
      std::optional<store::ShownEmail> shown;
      if (email) {
        JMAP_TRY(shown, view.shown(*email));
      }
      if (!shown) {
        missing.push_back(json::string(id));
        continue;
      }
      JMAP_TRY(const auto summary, view.summary(*email));
      const auto subject = snippet(summary.subject, subject_phrases, 0);
      JMAP_TRY(auto preview, preview_of(view, *email, body_phrases));
      list.push_back(json::object{{"emailId", id}, {"subject", subject ? json::value(*subject) : json::value(nullptr)}, {"preview", std::move(preview)}});
    }
    return json::object{{"accountId", account_text(call->account())}, {"list", std::move(list)}, {"notFound", missing.empty() ? json::value(nullptr) : json::value(missing)}};
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  Work work{&call, {}, {}};
  const auto value = arguments.any("filter");
  JMAP_TRY(auto ids, arguments.texts("emailIds"));
  JMAP_CHECK(arguments.finish());
  if (value) {
    auto filter = EmailFilter::parse(*value);
    if (!filter) return method_fail(filter.error().code == Errc::invalid ? "invalidArguments" : "unsupportedFilter", filter.error().what);
    work.filter = std::move(*filter);
  }
  if (!ids) return method_fail("invalidArguments", "emailIds is missing");
  if (ids->size() > call.services.limits.objects_in_get) return method_fail("requestTooLarge", "Too many Emails at once.");
  for (auto& id : *ids) work.ids.push_back(call.resolve(id).value_or(id));
  return work;
}

}  // namespace

Task<Answer> search_snippet_get(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
