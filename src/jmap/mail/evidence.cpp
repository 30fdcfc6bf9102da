#include "jmap/mail/evidence.h"

#include <boost/json/parse.hpp>

#include "base/json.h"

namespace posthorn::jmap {

namespace json = boost::json;

Expected<std::optional<json::object>> evidence_of(const store::View& view, EmailId email) {
  JMAP_TRY(const auto kept, view.evidence(email));
  std::optional<json::object> out;
  if (!kept) return out;
  boost::system::error_code error;
  auto value = json::parse(*kept, error);
  if (!error && value.is_object()) out = std::move(value.get_object());
  return out;
}

const json::object* judgement_of(const json::object& evidence) {
  const auto* value = evidence.if_contains("judgement");
  return value != nullptr ? value->if_object() : nullptr;
}

bool fails_its_policy(const json::object& judgement) {
  const auto disposition = text_at(judgement, "disposition");
  if (disposition == "quarantine" || disposition == "reject") return true;
  const auto* dmarc = judgement.if_contains("dmarc");
  const bool fails = dmarc != nullptr && dmarc->is_object() && text_at(dmarc->get_object(), "result") == "fail";
  return fails && !flag_at(judgement, "mailing_list") && !flag_at(judgement, "forwarded");
}

std::vector<const json::object*> signatures_of(const json::object& evidence) {
  std::vector<const json::object*> out;
  const auto* judgement = judgement_of(evidence);
  const auto* all = judgement != nullptr ? judgement->if_contains("dkim") : nullptr;
  if (all == nullptr || !all->is_array()) return out;
  for (const auto& one : all->get_array())
    if (one.is_object()) out.push_back(&one.get_object());
  return out;
}

std::string_view country_in(const json::object& evidence) {
  const auto* client = evidence.if_contains("client");
  return client != nullptr && client->is_object() ? text_at(client->get_object(), "country") : std::string_view();
}

std::optional<bool> was_altered(const json::object& evidence) {
  std::optional<bool> out;
  for (const auto* signature : signatures_of(evidence)) {
    const auto fault = text_at(*signature, "fault");
    if (fault == "body hash" || fault == "header hash") return true;
    if (text_at(*signature, "result") == "pass") out = false;
  }
  return out;
}

}  // namespace posthorn::jmap
