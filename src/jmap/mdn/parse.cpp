// MDN/parse (RFC 9007 section 2.2), and the table of the methods.
#include <boost/json/array.hpp>

#include "jmap/core/blobs.h"
#include "jmap/mail/support.h"
#include "jmap/mdn/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr std::string_view capability = "urn:ietf:params:jmap:mdn";
constexpr Method methods[] = {
    {"MDN/send", capability, mdn_send},
    {"MDN/parse", capability, mdn_parse},
};

json::value or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::object mdn_json(const mail::MdnReport& report, const std::string& subject) {
  const auto& mdn = report.mdn;
  json::value errors, extensions;
  if (!mdn.errors.empty()) errors = json::array(mdn.errors.begin(), mdn.errors.end());
  if (!mdn.extensions.empty()) {
    auto& all = extensions.emplace_object();
    for (const auto& [name, value] : mdn.extensions) all[name] = value;
  }
  return {{"forEmailId", nullptr},
          {"subject", or_null(subject)},
          {"textBody", or_null(report.text)},
          {"includeOriginalMessage", report.has_original},
          {"reportingUA", or_null(mdn.reporting_ua)},
          {"disposition", disposition_json(mdn.disposition)},
          {"mdnGateway", or_null(mdn.gateway)},
          {"originalRecipient", or_null(mdn.original_recipient)},
          {"finalRecipient", mdn.final_recipient},
          {"originalMessageId", or_null(mdn.original_message_id)},
          {"error", std::move(errors)},
          {"extensionFields", std::move(extensions)}};
}

struct Work {
  const Call* call;
  std::vector<std::string> blobs;

  Answer operator()() const {
    json::object parsed;
    json::array not_found, not_parsable;
    for (const auto& id : blobs) {
      const auto blob = read_blob(call->services.store, call->account(), call->resolve(id).value_or(id));
      if (!blob) return std::unexpected(method_error(blob.error()));
      if (!*blob) {
        not_found.push_back(json::string(id));
        continue;
      }
      const auto message = mail::parse((*blob)->bytes);
      const auto* subject = mail::find(message.root().fields, "Subject");
      if (const auto report = mail::find_mdn(message)) parsed[id] = mdn_json(*report, subject == nullptr ? std::string() : mail::decode_words(mail::unfolded(subject->value)));
      else not_parsable.push_back(json::string(id));
    }
    const auto list = [](auto& some) { return some.empty() ? json::value(nullptr) : json::value(std::move(some)); };
    return json::object{{"accountId", account_text(call->account())}, {"parsed", list(parsed)}, {"notParsable", list(not_parsable)}, {"notFound", list(not_found)}};
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  JMAP_TRY(auto blobs, arguments.texts("blobIds"));
  JMAP_CHECK(arguments.finish());
  if (!blobs) return method_fail("invalidArguments", "blobIds is missing");
  if (blobs->size() > call.services.limits.objects_in_get) return method_fail("requestTooLarge", "Too many blobs at once.");
  return Work{&call, std::move(*blobs)};
}

}  // namespace

std::span<const Method> mdn_methods() { return methods; }

json::object disposition_json(const mail::Disposition& d) {
  using Mode = mail::Disposition::Mode;
  return {{"actionMode", d.action == Mode::manual ? "manual-action" : "automatic-action"},
          {"sendingMode", d.sending == Mode::manual ? "mdn-sent-manually" : "mdn-sent-automatically"},
          {"type", mail::name_of(d.type)}};
}

Task<Answer> mdn_parse(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
