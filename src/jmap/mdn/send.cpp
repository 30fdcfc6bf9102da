// MDN/send (RFC 9007 section 2.1): a receipt for a letter that asks for one, from <> to who asked (RFC 8098 section 3), and the implicit Email/set
// by which the client notes that it was sent.
// Security: attacks.md A12, A13: it goes through the checks, completion and signature of every letter of our people; who gets it a stranger's
// letter says, so at most 10 addresses, and only once a letter that is marked $mdnsent.
#include <algorithm>
#include <boost/json/array.hpp>

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/mail/email_change.h"
#include "jmap/mail/envelope.h"
#include "jmap/mail/identity.h"
#include "jmap/mail/support.h"
#include "jmap/mdn/methods.h"
#include "mail/address.h"
#include "post/office.h"
#include "post/outbox.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr std::size_t most_recipients = 10, most_text = 64u << 10, most_value = 900, most_extensions = 20;
constexpr std::uint64_t largest_original = 10u << 20;

std::unexpected<SetError> refuse(std::string type, std::string why, std::vector<std::string> properties = {}) {
  return std::unexpected<SetError>(SetError{std::move(type), std::move(why), std::move(properties), {}});
}

// What the client says of an MDN.
struct Wish {
  EmailId email{};
  std::string subject, text;
  bool include_original = false;
  mail::Mdn mdn;
};

using Good = std::expected<void, SetError>;

std::expected<mail::Disposition, SetError> read_disposition(const json::value& value) {
  const auto* object = value.if_object();
  const auto text = [object](const char* name) -> std::string_view {
    const auto* found = object == nullptr ? nullptr : object->if_contains(name);
    return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
  };
  using Mode = mail::Disposition::Mode;
  const auto action = text("actionMode"), sending = text("sendingMode");
  const auto type = mail::disposition_type(text("type"));
  const bool good = (action == "manual-action" || action == "automatic-action") && (sending == "mdn-sent-manually" || sending == "mdn-sent-automatically") && type && object->size() == 3;
  if (!good) return refuse("invalidProperties", "disposition needs actionMode, sendingMode and type as RFC 9007 names them", {"disposition"});
  return mail::Disposition{action == "manual-action" ? Mode::manual : Mode::automatic, sending == "mdn-sent-manually" ? Mode::manual : Mode::automatic, *type};
}

Good read_extensions(const json::value& value, mail::Mdn& to) {
  const auto* object = value.if_object();
  const auto bad = [] { return refuse("invalidProperties", "extensionFields maps at most 20 names to lines of text", {"extensionFields"}); };
  if (value.is_null()) return {};
  if (object == nullptr || object->size() > most_extensions) return bad();
  for (const auto& entry : *object) {
    if (!entry.value().is_string() || entry.value().get_string().size() > most_value) return bad();
    to.extensions.emplace_back(entry.key(), entry.value().get_string());
  }
  return {};
}

Good read_property(const Call& call, Wish& wish, std::string_view name, const json::value& value) {
  const auto bad = [name](std::string_view why) { return refuse("invalidProperties", std::string(name) + " " + std::string(why), {std::string(name)}); };
  const auto text_into = [&](std::string& to, std::size_t most) -> Good {
    if (value.is_null()) return {};
    if (!value.is_string() || value.get_string().size() > most) return bad("must be a text of at most " + std::to_string(most) + " octets, or null");
    to = value.get_string();
    return {};
  };
  if (name == "forEmailId") {
    const auto id = value.is_string() ? call.resolve(std::string_view(value.get_string())) : std::nullopt;
    const auto email = id ? store::email_id_of(*id) : std::nullopt;
    if (!email) return refuse("notFound", "forEmailId names no Email");
    wish.email = *email;
    return {};
  }
  if (name == "subject") return text_into(wish.subject, most_value);
  if (name == "textBody") return text_into(wish.text, most_text);
  if (name == "reportingUA") return text_into(wish.mdn.reporting_ua, most_value);
  if (name == "finalRecipient") return text_into(wish.mdn.final_recipient, most_value);
  if (name == "extensionFields") return read_extensions(value, wish.mdn);
  if (name == "includeOriginalMessage") {
    if (!value.is_bool()) return bad("must be true or false");
    wish.include_original = value.get_bool();
    return {};
  }
  if (name == "disposition") {
    auto disposition = read_disposition(value);
    if (!disposition) return std::unexpected(std::move(disposition.error()));
    wish.mdn.disposition = *disposition;
    return {};
  }
  return bad("cannot be set");
}

std::expected<Wish, SetError> read_wish(const Call& call, const json::object& object) {
  Wish out;
  for (const char* needed : {"forEmailId", "disposition"})
    if (!object.contains(needed)) return refuse("invalidProperties", std::string(needed) + " is missing", {needed});
  for (const auto& [name, value] : object)
    if (auto good = read_property(call, out, name, value); !good) return std::unexpected(std::move(good.error()));
  return out;
}

// rfc:8098#2.1 one field, a list of mailboxes.
std::vector<mail::Address> who_asks_for_it(const mail::Message& message) {
  const auto& fields = message.root().fields;
  const auto is_request = [](const mail::HeaderField& field) { return equal_icase(field.name, "Disposition-Notification-To"); };
  std::vector<mail::Address> out;
  if (std::ranges::count_if(fields, is_request) != 1) return out;
  for (const auto& one : mail::parse_address_list(std::ranges::find_if(fields, is_request)->value)) {
    if (one.kind != mail::HeaderAddress::Kind::mailbox || !one.valid) continue;
    auto address = mail::parse_address(mail::Address{one.local, one.domain}.text());
    if (address && std::ranges::find(out, *address) == out.end()) out.push_back(std::move(*address));
  }
  return out;
}

std::string default_text(const mail::Disposition& disposition) {
  return "This is a receipt: your message was " + std::string(mail::name_of(disposition.type)) + ". It does not say that it was read or understood.\r\n";
}

std::string header_text(const mail::Message& message, std::string_view name) {
  const auto* field = mail::find(message.root().fields, name);
  return field == nullptr ? std::string() : mail::unfolded(field->value);
}

struct Ready {
  smtp::Transaction transaction;
  EmailId email{};
  json::object told;
};

// Reads the Email and writes the receipt; on a worker.
struct Prepare {
  const Call* call;
  const Identity* identity;
  const json::object* object;

  std::expected<Ready, SetError> operator()() const {
    auto wish = read_wish(*call, *object);
    if (!wish) return std::unexpected(std::move(wish.error()));
    const auto view = call->services.store.view(call->account());
    const auto shown = view.shown(wish->email);
    if (!shown) return std::unexpected(set_error(shown.error()));
    if (!*shown) return refuse("notFound", "there is no such Email");
    const auto keywords = view.keywords();
    if (!keywords) return std::unexpected(set_error(keywords.error()));
    if (keywords_json((*shown)->keywords, *keywords).contains("$mdnsent")) return refuse("mdnAlreadySent", "a receipt was sent for this Email: it has the keyword $mdnsent");
    if (wish->include_original && (*shown)->email.size > largest_original) return refuse("tooLarge", "the message is too large to be sent back", {"includeOriginalMessage"});
    const auto bytes = view.message(wish->email);
    if (!bytes) return std::unexpected(set_error(bytes.error()));
    return write(*wish, *bytes);
  }

  std::expected<Ready, SetError> write(Wish& wish, const std::string& bytes) const {
    const auto message = mail::parse(bytes);
    const auto to = who_asks_for_it(message);
    if (to.empty()) return refuse("notFound", "this Email asks for no receipt: it has no valid Disposition-Notification-To field");
    if (to.size() > most_recipients) return refuse("forbidden", "this Email wants its receipt sent to too many addresses");
    Ready out;
    out.email = wish.email;
    auto& mdn = wish.mdn;
    if (mdn.final_recipient.empty()) {
      mdn.final_recipient = (is_ascii(identity->email) ? "rfc822; " : "utf-8; ") + identity->email;
      out.told["finalRecipient"] = mdn.final_recipient;
    }
    mdn.original_recipient = header_text(message, "Original-Recipient");
    mdn.original_message_id = header_text(message, "Message-ID");
    if (!mdn.original_recipient.empty()) out.told["originalRecipient"] = mdn.original_recipient;
    if (!mdn.original_message_id.empty()) out.told["originalMessageId"] = mdn.original_message_id;
    mail::MdnDraft draft;
    draft.from = identity->name.empty() ? identity->email : mail::encode_words(identity->name);
    if (!identity->name.empty()) draft.from = (is_ascii(identity->name) ? quoted(identity->name) : draft.from) + " <" + identity->email + ">";
    draft.subject = wish.subject.empty() ? "Receipt (" + std::string(mail::name_of(mdn.disposition.type)) + "): " + mail::decode_words(header_text(message, "Subject")) : wish.subject;
    draft.text = wish.text.empty() ? default_text(mdn.disposition) : wish.text;
    if (!object->contains("subject")) out.told["subject"] = draft.subject;
    if (!object->contains("textBody")) out.told["textBody"] = draft.text;
    draft.unique = hex(crypto::random_bytes(12));
    draft.host = call->services.host_name;
    draft.date.seconds = std::chrono::duration_cast<std::chrono::seconds>(call->services.clock.now().time_since_epoch()).count();
    draft.mdn = mdn;
    if (wish.include_original) draft.original = bytes;
    for (const auto& one : to) draft.to.push_back(one.text());
    auto text = mail::write_mdn(draft);
    if (!text) return refuse("invalidProperties", text.error().what);
    out.transaction.message = std::move(*text);
    out.transaction.started = call->services.clock.now();
    // rfc:8098#3 the envelope's sender is null, so that nothing answers it.
    out.transaction.from.body = smtp::Body::eight_bit_mime;
    out.transaction.from.smtputf8 = std::ranges::any_of(draft.to, [](const std::string& one) { return !is_ascii(one); }) || !is_ascii(identity->email);
    for (const auto& one : to) {
      smtp::RcptTo recipient;
      recipient.recipient = one;
      recipient.notify.given = recipient.notify.never = true;
      out.transaction.recipients.push_back(std::move(recipient));
    }
    return out;
  }

  static std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + '"';
  }
};

struct Request {
  Identity identity;
  json::object send, on_success_update;
};

Expected<Request> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  Request out;
  JMAP_TRY(const auto identity_id, arguments.text("identityId"));
  JMAP_TRY(auto send, arguments.object("send"));
  JMAP_TRY(auto update, arguments.object("onSuccessUpdateEmail"));
  JMAP_CHECK(arguments.finish());
  if (!identity_id || !send) return method_fail("invalidArguments", "identityId and send are both needed");
  if (send->size() > call.services.limits.objects_in_set) return method_fail("requestTooLarge", "Too many receipts at once.");
  JMAP_TRY(auto identity, find_identity(call.services.store.view(call.account()), call.resolve(*identity_id).value_or(*identity_id)));
  if (!identity) return method_fail("invalidArguments", "identityId names no Identity");
  for (const auto& entry : *send)
    if (!entry.value().is_object()) return method_fail("invalidArguments", "send maps ids to MDNs");
  out.identity = std::move(*identity);
  out.send = std::move(*send);
  if (update) out.on_success_update = std::move(*update);
  for (const auto& entry : out.on_success_update)
    if (!entry.value().is_object()) return method_fail("invalidArguments", "onSuccessUpdateEmail maps ids to patches");
  return out;
}

SetError error_of(const post::Office::Refusal& refusal) {
  using Why = post::Office::Refusal::Why;
  if (refusal.why == Why::mail_from || refusal.why == Why::author) return {"forbiddenFrom", refusal.reply.text, {}, {}};
  return {"forbidden", refusal.reply.text, {}, {}};
}

Task<std::expected<Ready, SetError>> send_one(Call& call, const Identity& identity, const json::object& object) {
  if (call.services.office == nullptr || call.services.outbox == nullptr) co_return refuse("forbidden", "this server sends no mail");
  Prepare work{&call, &identity, &object};
  auto ready = co_await call.services.store.workers().run(std::move(work));
  if (!ready) co_return ready;
  const auto peer = peer_of(call);
  auto letter = co_await call.services.office->prepare_submission(peer, std::move(ready->transaction));
  if (!letter) co_return std::unexpected(error_of(letter.error()));
  auto sent = co_await call.services.outbox->send_unwatched(std::move(*letter));
  if (!sent) {
    log_fault(call, "MDN/send", sent.error());
    co_return std::unexpected(set_error(sent.error()));
  }
  co_return ready;
}

// rfc:9007#2.1 as rfc:8621#7.5: one Email/set, told after our answer.
Task<void> change_emails(Call& call, const json::object& patches, const std::map<std::string, EmailId>& sent) {
  SetRequest request;
  for (const auto& [key, patch] : patches) {
    if (!key.starts_with('#')) continue;
    const auto found = sent.find(std::string(key.substr(1)));
    if (found != sent.end()) request.update.emplace_back(store::object_id(found->second), patch.get_object());
  }
  if (request.update.empty()) co_return;
  auto answer = co_await set_emails(call, std::move(request));
  if (answer) call.implicit.push_back(Implicit{"Email/set", std::move(*answer)});
}

}  // namespace

Task<Answer> mdn_send(Call& call, json::object arguments) {
  auto request = read_request(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  json::object sent, not_sent;
  std::map<std::string, EmailId> emails;
  for (const auto& entry : request->send) {
    const std::string key(entry.key());
    const auto& object = entry.value().get_object();
    auto done = co_await send_one(call, request->identity, object);
    if (done) {
      emails[key] = done->email;
      sent[key] = std::move(done->told);
    } else {
      not_sent[key] = to_json(done.error());
    }
  }
  co_await change_emails(call, request->on_success_update, emails);
  const auto or_null = [](json::object& some) { return some.empty() ? json::value(nullptr) : json::value(std::move(some)); };
  co_return json::object{{"accountId", account_text(call.account())}, {"sent", or_null(sent)}, {"notSent", or_null(not_sent)}};
}

}  // namespace posthorn::jmap
