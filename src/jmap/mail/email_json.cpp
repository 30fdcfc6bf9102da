#include "jmap/mail/email_json.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using P = EmailProperty;

constexpr std::array<std::pair<std::string_view, P>, 27> email_properties = {{{"id", P::id},
                                                                              {"blobId", P::blob_id},
                                                                              {"threadId", P::thread_id},
                                                                              {"mailboxIds", P::mailbox_ids},
                                                                              {"keywords", P::keywords},
                                                                              {"size", P::size},
                                                                              {"receivedAt", P::received_at},
                                                                              {"snoozed", P::snoozed},
                                                                              {"messageId", P::message_id},
                                                                              {"inReplyTo", P::in_reply_to},
                                                                              {"references", P::references},
                                                                              {"sender", P::sender},
                                                                              {"from", P::from},
                                                                              {"to", P::to},
                                                                              {"cc", P::cc},
                                                                              {"bcc", P::bcc},
                                                                              {"replyTo", P::reply_to},
                                                                              {"subject", P::subject},
                                                                              {"sentAt", P::sent_at},
                                                                              {"hasAttachment", P::has_attachment},
                                                                              {"preview", P::preview},
                                                                              {"headers", P::headers},
                                                                              {"bodyStructure", P::body_structure},
                                                                              {"bodyValues", P::body_values},
                                                                              {"textBody", P::text_body},
                                                                              {"htmlBody", P::html_body},
                                                                              {"attachments", P::attachments}}};

json::value of_store(P property, const EmailSource& source, const store::Keywords& keywords) {
  if (property == P::blob_id) return json::string(source.blob_id);
  if (property == P::size) return source.size;
  if (!source.shown) return nullptr;
  const auto& email = source.shown->email;
  switch (property) {
    case P::id: return json::string(store::object_id(email.id));
    case P::thread_id: return json::string(store::object_id(email.thread));
    case P::mailbox_ids: {
      json::object out;
      for (const auto id : source.shown->mailboxes) out[store::object_id(id)] = true;
      return out;
    }
    case P::keywords: return keywords_json(source.shown->keywords, keywords);
    case P::snoozed:
      if (!source.snoozed) return nullptr;
      return json::object{{"until", utc_date(*source.snoozed->until)}, {"moveToMailboxId", store::object_id(source.snoozed->to)}};
    default: return json::string(utc_date(email.received));
  }
}

json::value ids_or_null(const std::optional<std::string>& value) {
  if (!value) return nullptr;
  return message_ids_json(*value);
}

json::value addresses_or_null(const std::vector<mail::HeaderAddress>& list) {
  if (list.empty()) return nullptr;
  return addresses_json(list);
}

json::value of_summary(P property, const mail::Summary& summary) {
  const auto& envelope = summary.envelope;
  switch (property) {
    case P::message_id: return ids_or_null(envelope.message_id);
    case P::in_reply_to: return ids_or_null(envelope.in_reply_to);
    case P::sender: return addresses_or_null(envelope.sender);
    case P::from: return addresses_or_null(envelope.from);
    case P::to: return addresses_or_null(envelope.to);
    case P::cc: return addresses_or_null(envelope.cc);
    case P::bcc: return addresses_or_null(envelope.bcc);
    case P::reply_to: return addresses_or_null(envelope.reply_to);
    case P::subject: return envelope.subject ? json::value(text_form(*envelope.subject)) : json::value(nullptr);
    case P::sent_at: return summary.sent ? json::value(date_json(*summary.sent, summary.sent_zone_minutes)) : json::value(nullptr);
    case P::has_attachment: return summary.has_attachment;
    default: return json::string(clean_utf8(summary.preview));
  }
}

json::value of_message(const EmailSelection::Wanted& wanted, const mail::Message& message, const BodyView& body, const BodyRequest& request) {
  const auto& fields = message.root().fields;
  switch (wanted.property) {
    case P::references: return header_value(fields, HeaderProperty{"References", HeaderForm::message_ids, false});
    case P::headers: return headers_json(fields);
    case P::body_structure: return body.structure(request);
    case P::body_values: return body.values(request);
    case P::text_body: return body.list(body.lists().text, request);
    case P::html_body: return body.list(body.lists().html, request);
    case P::attachments: return body.list(body.lists().attachments, request);
    default: return header_value(fields, wanted.header);
  }
}

// rfc:8621#4.1.1
bool is_keyword_char(char c) {
  constexpr std::string_view forbidden = "(){]%*\"\\";
  return c > 0x20 && c < 0x7f && !forbidden.contains(c);
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> system_keywords = {{{"\\Seen", "$seen"}, {"\\Answered", "$answered"}, {"\\Flagged", "$flagged"}, {"\\Draft", "$draft"}}};

}  // namespace

std::string jmap_keyword(std::string_view imap) {
  for (const auto& [flag, keyword] : system_keywords)
    if (equal_icase(flag, imap)) return std::string(keyword);
  return to_lower(imap);
}

Result<std::string> imap_keyword(std::string_view jmap) {
  if (jmap.empty() || jmap.size() > 255 || !std::ranges::all_of(jmap, is_keyword_char))
    return fail(Errc::invalid, "a keyword has 1 to 255 characters of ASCII without ( ) { ] % * \" \\ and space");
  for (const auto& [flag, keyword] : system_keywords)
    if (equal_icase(keyword, jmap)) return std::string(flag);
  return to_lower(jmap);
}

json::object keywords_json(store::Flags flags, const store::Keywords& keywords) {
  json::object out;
  for (const auto& name : keywords.text(flags))
    if (!equal_icase(name, "\\Deleted")) out[jmap_keyword(name)] = true;
  return out;
}

std::string utc_date(WallTime time) { return date_json(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(), 0); }

std::optional<Moment> parse_moment(std::string_view text) {
  const auto number = [&text](std::size_t at, std::size_t count) -> int {
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const auto is = [&text](std::size_t at, char c) { return at < text.size() && text[at] == c; };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  if (!is(4, '-') || !is(7, '-') || !is(10, 'T') || !is(13, ':') || !is(16, ':') || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto date = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) / std::chrono::day(static_cast<unsigned>(day));
  if (!date.ok()) return std::nullopt;
  std::size_t at = 19;
  if (is(at, '.')) {
    // rfc:8620#1.4 a fraction must not be of zeros only; we read whatever is there and forget it.
    ++at;
    const auto begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == begin) return std::nullopt;
  }
  Moment out;
  if (text.substr(at) != "Z") {
    const int zone_hour = number(at + 1, 2), zone_minute = number(at + 4, 2);
    if (text.size() != at + 6 || (!is(at, '+') && !is(at, '-')) || !is(at + 3, ':') || zone_hour < 0 || zone_hour > 23 || zone_minute < 0 || zone_minute > 59) return std::nullopt;
    out.zone_minutes = (zone_hour * 60 + zone_minute) * (is(at, '-') ? -1 : 1);
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  out.seconds = std::int64_t{days} * 86'400 + hour * 3600 + minute * 60 + second - std::int64_t{out.zone_minutes} * 60;
  return out;
}

std::optional<WallTime> parse_utc_date(std::string_view text) {
  if (!text.ends_with('Z')) return std::nullopt;
  const auto moment = parse_moment(text);
  if (!moment) return std::nullopt;
  return WallTime(std::chrono::seconds(moment->seconds));
}

const std::vector<std::string>& default_email_properties() {
  static const std::vector<std::string> names = {"id",      "blobId", "threadId", "mailboxIds", "keywords", "size",   "receivedAt", "messageId",     "inReplyTo", "references", "sender",   "from",
                                                 "to",      "cc",     "bcc",      "replyTo",    "subject",  "sentAt", "hasAttachment", "preview", "bodyValues", "textBody",   "htmlBody", "attachments"};
  return names;
}

const std::vector<std::string>& default_parsed_email_properties() {
  static const std::vector<std::string> names(default_email_properties().begin() + 7, default_email_properties().end());
  return names;
}

Result<EmailSelection> select_email(const std::vector<std::string>& properties, BodyRequest body) {
  EmailSelection out;
  out.body = std::move(body);
  for (const auto& name : properties) {
    EmailSelection::Wanted one;
    one.as_asked = name;
    const auto known = std::ranges::find(email_properties, std::string_view(name), &std::pair<std::string_view, P>::first);
    if (known != email_properties.end()) {
      one.property = known->second;
    } else {
      one.property = P::header;
      TRY_ASSIGN(one.header, parse_header_property(name));
    }
    out.needs_snooze = out.needs_snooze || one.property == P::snoozed;
    if (one.property >= P::references) out.needs_message = true;
    else if (one.property >= P::message_id) out.needs_summary = true;
    out.properties.push_back(std::move(one));
  }
  return out;
}

json::object email_json(const EmailSelection& selection, const EmailSource& source, const store::Keywords& keywords) {
  json::object out;
  std::optional<mail::Message> message;
  std::optional<BodyView> body;
  if (selection.needs_message && source.message) {
    message = mail::parse(*source.message);
    body.emplace(*message, [&source](std::size_t part) { return source.blob_id + "-" + std::to_string(part); });
  }
  for (const auto& wanted : selection.properties) {
    json::value value;
    if (wanted.property < P::message_id) value = of_store(wanted.property, source, keywords);
    else if (wanted.property < P::references) value = source.summary ? of_summary(wanted.property, *source.summary) : json::value(nullptr);
    else if (body) value = of_message(wanted, *message, *body, selection.body);
    out[wanted.as_asked] = std::move(value);
  }
  return out;
}

}  // namespace posthorn::jmap
