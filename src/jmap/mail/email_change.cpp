#include "jmap/mail/email_change.h"

#include <algorithm>

#include "base/text.h"
#include "jmap/core/blobs.h"
#include "jmap/mail/email_read.h"
#include "jmap/mail/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

std::unexpected<SetError> refuse(std::string why, std::string property) { return std::unexpected(invalid_properties(std::move(why), {std::move(property)})); }

std::expected<MailboxId, SetError> mailbox_of(const Call& call, std::string_view id) {
  const auto resolved = call.resolve(id);
  const auto mailbox = resolved ? store::mailbox_id_of(*resolved) : std::nullopt;
  if (!mailbox) return refuse("there is no mailbox " + printable(id, 100), "mailboxIds");
  return *mailbox;
}

bool is_true(const json::value& value) { return value.is_bool() && value.get_bool(); }

std::expected<std::vector<MailboxId>, SetError> read_mailboxes(const Call& call, const json::value& value) {
  if (!value.is_object()) return refuse("mailboxIds is a set of mailboxes", "mailboxIds");
  std::vector<MailboxId> out;
  for (const auto& [id, on] : value.get_object()) {
    if (!is_true(on)) return refuse("each mailbox of the set has the value true", "mailboxIds");
    auto mailbox = mailbox_of(call, id);
    if (!mailbox) return std::unexpected(std::move(mailbox.error()));
    if (std::ranges::find(out, *mailbox) == out.end()) out.push_back(*mailbox);
  }
  if (out.empty()) return refuse("an Email must be in a mailbox", "mailboxIds");
  if (out.size() > mailboxes_per_email) return std::unexpected(SetError{"tooManyMailboxes", "an Email is in at most " + std::to_string(mailboxes_per_email) + " mailboxes", {}, {}});
  return out;
}

std::expected<std::vector<std::string>, SetError> read_keywords(const json::value& value) {
  std::vector<std::string> out;
  if (value.is_null()) return out;
  if (!value.is_object()) return refuse("keywords is a set of keywords", "keywords");
  for (const auto& [name, on] : value.get_object()) {
    if (!is_true(on)) return refuse("each keyword of the set has the value true", "keywords");
    auto keyword = imap_keyword(name);
    if (!keyword) return refuse(keyword.error().what, "keywords");
    out.push_back(std::move(*keyword));
  }
  return out;
}

// {"until", "moveToMailboxId"}, or null: it sleeps no longer.
std::expected<store::Snooze, SetError> read_snooze(const Call& call, const json::value& value, const store::View& view) {
  store::Snooze out;
  if (value.is_null()) return out;
  if (!value.is_object()) return refuse("snoozed is an object with until and moveToMailboxId, or null", "snoozed");
  for (const auto& [name, part] : value.get_object()) {
    if (name == "until") {
      out.until = part.is_string() ? parse_utc_date(part.get_string()) : std::nullopt;
      if (!out.until) return refuse("until is a UTCDate", "snoozed");
    } else if (name == "moveToMailboxId") {
      if (part.is_null()) continue;
      const auto resolved = part.is_string() ? call.resolve(part.get_string()) : std::nullopt;
      const auto mailbox = resolved ? store::mailbox_id_of(*resolved) : std::nullopt;
      const auto there = mailbox ? view.mailbox(*mailbox) : Result<std::optional<store::Mailbox>>(std::nullopt);
      if (!there) return std::unexpected(set_error(there.error()));
      if (!*there) return refuse("moveToMailboxId names no mailbox", "snoozed");
      out.to = *mailbox;
    } else {
      return refuse("there is no " + printable(name, 100) + " of snoozed", "snoozed");
    }
  }
  if (!out.until) return refuse("snoozed needs until", "snoozed");
  return out;
}

struct PrepareWork {
  const store::Store* store;
  std::string message;
  Result<store::Prepared> operator()() const { return store->prepare(message); }
};

}  // namespace

std::expected<EmailPlace, SetError> read_place(const Call& call, const json::object& email) {
  EmailPlace out;
  const auto* mailboxes = email.if_contains("mailboxIds");
  if (mailboxes == nullptr) return refuse("an Email must be in a mailbox", "mailboxIds");
  auto in = read_mailboxes(call, *mailboxes);
  if (!in) return std::unexpected(std::move(in.error()));
  out.mailboxes = std::move(*in);
  if (const auto* keywords = email.if_contains("keywords")) {
    auto words = read_keywords(*keywords);
    if (!words) return std::unexpected(std::move(words.error()));
    out.keywords = std::move(*words);
  }
  if (const auto* received = email.if_contains("receivedAt"); received != nullptr && !received->is_null()) {
    out.received = received->is_string() ? parse_utc_date(received->get_string()) : std::nullopt;
    if (!out.received) return refuse("receivedAt is a UTCDate", "receivedAt");
  }
  return out;
}

std::expected<store::EmailPatch, SetError> read_email_patch(const Call& call, EmailId id, const json::object& patch, const store::View& view) {
  store::EmailPatch out;
  out.email = id;
  auto patches = read_patches(patch);
  if (!patches) return std::unexpected(std::move(patches.error()));
  const auto shown = view.shown(id);
  if (!shown) return std::unexpected(set_error(shown.error()));
  if (!*shown) return std::unexpected(SetError{"notFound", "there is no such Email", {}, {}});
  auto count = (*shown)->mailboxes.size();
  for (const auto& one : *patches) {
    if (one.key && one.property != "mailboxIds" && one.property != "keywords")
      return std::unexpected(SetError{"invalidPatch", "nothing below " + printable(one.property, 100) + " can be set", {}, {}});
    if (one.property == "mailboxIds" && !one.key) {
      auto in = read_mailboxes(call, one.value);
      if (!in) return std::unexpected(std::move(in.error()));
      out.mailboxes = std::move(*in);
    } else if (one.property == "mailboxIds") {
      if (!is_true(one.value) && !one.value.is_null()) return refuse("a mailbox is added with true and removed with null", "mailboxIds/" + *one.key);
      auto mailbox = mailbox_of(call, *one.key);
      if (!mailbox) return std::unexpected(std::move(mailbox.error()));
      out.mailbox_changes.emplace_back(*mailbox, !one.value.is_null());
      count += one.value.is_null() ? 0 : 1;
    } else if (one.property == "keywords" && !one.key) {
      auto words = read_keywords(one.value);
      if (!words) return std::unexpected(std::move(words.error()));
      out.keywords = std::move(*words);
    } else if (one.property == "keywords") {
      if (!is_true(one.value) && !one.value.is_null()) return refuse("a keyword is added with true and removed with null", "keywords/" + *one.key);
      auto keyword = imap_keyword(*one.key);
      if (!keyword) return refuse(keyword.error().what, "keywords/" + *one.key);
      out.keyword_changes.emplace_back(std::move(*keyword), !one.value.is_null());
    } else if (one.property == "snoozed") {
      auto snooze = read_snooze(call, one.value, view);
      if (!snooze) return std::unexpected(std::move(snooze.error()));
      out.snooze = std::move(*snooze);
    } else {
      // Nothing else of an Email changes; what is the same may be sent along.
      const auto selection = select_email({one.property}, {});
      if (!selection) return refuse("there is no property " + printable(one.property, 100), one.property);
      const auto source = read_email(view, id, *selection);
      const auto keywords = view.keywords();
      if (!source || !*source || !keywords) return std::unexpected(set_error(source ? keywords.error() : source.error()));
      if (email_json(*selection, **source, *keywords)[one.property] != one.value) return refuse(one.property + " cannot be changed", one.property);
    }
  }
  if (count > mailboxes_per_email) return std::unexpected(SetError{"tooManyMailboxes", "an Email is in at most " + std::to_string(mailboxes_per_email) + " mailboxes", {}, {}});
  return out;
}

SetError email_set_error(const Error& error) {
  if (error.code == Errc::too_big) return SetError{"tooManyKeywords", error.what, {}, {}};
  auto out = set_error(error);
  if (out.type == "invalidProperties") out.properties = {"mailboxIds"};
  return out;
}

SetError email_create_error(const Error& error) {
  if (error.code == Errc::not_found || error.code == Errc::invalid) return invalid_properties(error.what, {"mailboxIds"});
  return email_set_error(error);
}

json::object created_json(const store::CreatedEmail& made) {
  return {{"id", store::object_id(made.email)}, {"blobId", blob_of_email(made.email)}, {"threadId", store::object_id(made.thread)}, {"size", made.size}};
}

Task<Result<store::CreatedEmail>> store_email(Call& call, EmailPlace place, std::string message) {
  PrepareWork work{&call.services.store, std::move(message)};
  auto prepared = co_await call.services.store.workers().run(std::move(work));
  if (!prepared) co_return fail(prepared.error());
  auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
  const auto received = place.received.value_or(call.services.clock.now());
  co_return co_await call.services.store.create_email(call.account(), std::move(place.mailboxes), std::move(shared), std::move(place.keywords), received);
}

}  // namespace posthorn::jmap
