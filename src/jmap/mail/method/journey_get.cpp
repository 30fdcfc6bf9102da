// Journey/get, a capability of ours: what is known of an Email's way. `arrival` is the evidence that was kept when it came: what we saw
// ourselves. `claimed` are its Received fields, which anybody may write. `altered` is found when somebody asks ("replay": true): a
// search over the signatures, at worst a thousand verifications; then `endings` too, what would have become of it had the SPF record ended
// in -all, ~all or ?all. `doubts` are what speaks against it (jmap/mail/doubts.h), null where nothing was checked. `sent` are the submissions of
// it, with each attempt. With "properties": ["mark"] only what a list of messages shows of it is told.
#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "jmap/contacts/model.h"
#include "jmap/mail/doubts.h"
#include "jmap/mail/evidence.h"
#include "jmap/mail/identity.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/submission_json.h"
#include "mail/text.h"
#include "post/evidence.h"
#include "trust/altered/altered.h"
#include "trust/json.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_hops = 100, most_at_once = 50, most_replays = 5;

// rfc:5321#4.4 "from x by y with z for a; date", as far as it can be read.
json::object hop_of(std::string_view value) {
  const auto text = mail::unfolded(value);
  json::object out{{"text", clean_utf8(text)}};
  const auto semicolon = text.rfind(';');
  if (semicolon != text.npos)
    if (const auto date = mail::parse_date(std::string_view(text).substr(semicolon + 1))) out["at"] = date_json(date->seconds, date->zone_minutes);
  std::string_view rest = std::string_view(text).substr(0, semicolon);
  std::string word, before;
  std::size_t depth = 0;
  const auto take = [&] {
    for (const auto* name : {"from", "by", "with", "for"})
      if (before == name && !out.contains(name)) out[name] = clean_utf8(word);
    before = word;
    word.clear();
  };
  for (const char c : rest) {
    if (c == '(') ++depth;
    const bool blank = c == ' ' || c == '\t';
    if (depth == 0 && !blank) word += c;
    if (c == ')' && depth > 0) --depth;
    if (blank && depth == 0 && !word.empty()) take();
  }
  if (!word.empty()) take();
  return out;
}

// By ending, what each would have led to; null if the sender's record has no such end.
json::value endings_of(const json::object& evidence, std::string_view message) {
  json::object out;
  for (const auto* ending : {"-all", "~all", "?all"}) {
    const auto judged = post::judge_with_ending(evidence, message, ending);
    if (!judged) return nullptr;
    const auto json = trust::to_json(*judged);
    const auto verdict = [&json](const char* name) { return json::object{{"result", json.at(name).at("result")}, {"reason", json.at(name).at("reason")}}; };
    out[ending] = json::object{{"spf", verdict("spf")}, {"dmarc", verdict("dmarc")}, {"disposition", json.at("disposition")}, {"reason", json.at("reason")}};
  }
  return out;
}

// What a list shows of it, in a word, and only where it is unusual: "unproven" (its domain says that it did not send this), "list",
// "forwarded". Marks on every row teach people to see none.
json::value mark_of(const json::object& evidence) {
  const auto* judgement = judgement_of(evidence);
  if (judgement == nullptr) return nullptr;
  if (fails_its_policy(*judgement)) return "unproven";
  if (flag_at(*judgement, "mailing_list")) return "list";
  return flag_at(*judgement, "forwarded") ? json::value("forwarded") : json::value(nullptr);
}

// Their own domains and the addresses in their contacts.
Expected<Acquaintance> known_to(const Call& call, const store::View& view) {
  Acquaintance out;
  const auto add_own = [&out](std::string_view address) { out.domains.push_back(to_lower(address.substr(address.rfind('@') + 1))); };
  add_own(call.login.name);
  JMAP_TRY(const auto own, identities(view));
  for (const auto& one : own) add_own(one.email);
  JMAP_TRY(const auto cards, cards_of(view));
  for (const auto& card : cards) {
    const auto* emails = card.json.if_contains("emails");
    if (emails == nullptr || !emails->is_object()) continue;
    for (const auto& [key, email] : emails->get_object())
      if (email.is_object() && text_at(email.get_object(), "address").contains('@')) out.addresses.push_back(to_lower(text_at(email.get_object(), "address")));
  }
  return out;
}

struct Work {
  const Call* call;
  std::vector<std::string> ids;
  bool replay = false;
  bool mark_only = false;

  Expected<json::object> mark(const store::View& view, const std::string& id, EmailId email) const {
    json::object out{{"id", id}, {"mark", nullptr}};
    JMAP_TRY(const auto evidence, evidence_of(view, email));
    if (evidence) out["mark"] = mark_of(*evidence);
    return out;
  }

  Expected<json::object> journey(const store::View& view, const std::string& id, EmailId email, std::optional<std::vector<Submitted>>& all_sent, std::optional<Acquaintance>& known) const {
    json::object out{{"id", id}, {"arrival", nullptr}, {"altered", nullptr}, {"replayed", nullptr}, {"endings", nullptr}, {"doubts", nullptr}};
    JMAP_TRY(const auto bytes, view.message(email));
    const auto message = mail::parse(bytes);
    json::array claimed;
    for (const auto& field : message.root().fields)
      if (claimed.size() < most_hops && equal_icase(trim(field.name), "received")) claimed.push_back(hop_of(field.value));
    out["claimed"] = std::move(claimed);
    JMAP_TRY(auto evidence, evidence_of(view, email));
    if (evidence) {
      if (replay) {
        const auto again = post::replay(*evidence, bytes);
        out["altered"] = trust::altered::to_json(again.altered);
        out["replayed"] = json::object{{"same", again.same}, {"why", again.why}};
        out["endings"] = endings_of(*evidence, bytes);
      }
      // Mail of our own people was checked when it was handed in; of what was not judged nothing is said.
      if (const auto* judgement = judgement_of(*evidence); judgement != nullptr) {
        if (!known) {
          JMAP_TRY(known, known_to(*call, view));
        }
        out["doubts"] = doubts_json(doubts_of(message, *judgement, *known));
      }
      out["arrival"] = std::move(*evidence);
    }
    json::array submitted;
    JMAP_TRY(const auto sent, submissions_of(view, email, all_sent));
    for (const auto& one : sent)
      submitted.push_back(json::object{{"id", submission_id(one.id)}, {"sendAt", utc_date(one.record.send_at)}, {"undoStatus", name_of(one.record.undo)}, {"recipients", recipients_json(one.record)}});
    out["sent"] = std::move(submitted);
    return out;
  }

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    // Read when the first needs them: an account may have thousands.
    std::optional<std::vector<Submitted>> sent;
    std::optional<Acquaintance> known;
    json::array list;
    std::vector<std::string> missing;
    for (const auto& id : ids) {
      const auto email = store::email_id_of(id);
      std::optional<store::ShownEmail> shown;
      if (email) {
        JMAP_TRY(shown, view.shown(*email));
      }
      if (!shown) {
        missing.push_back(id);
        continue;
      }
      JMAP_TRY(auto one, mark_only ? mark(view, id, *email) : journey(view, id, *email, sent, known));
      list.push_back(std::move(one));
    }
    return get_answer(*call, state_of_type(view, store::DataType::email), std::move(list), missing);
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Work work{&call, {}};
  JMAP_TRY(auto request, read_get(call, arguments));
  JMAP_TRY(const auto replay, arguments.boolean("replay"));
  JMAP_CHECK(arguments.finish());
  work.replay = replay.value_or(false);
  work.mark_only = request.properties && std::ranges::all_of(*request.properties, [](const auto& name) { return name == "id" || name == "mark"; });
  if (!request.ids) return method_fail("invalidArguments", "ids is missing");
  if (request.ids->size() > (work.replay ? most_replays : most_at_once)) return method_fail("requestTooLarge", "At most 50 journeys at once, 5 with replay.");
  work.ids = std::move(*request.ids);
  return work;
}

}  // namespace

Task<Answer> journey_get(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
