#include "post/vacation.h"

#include <algorithm>
#include <array>

#include "base/codec.h"
#include "base/text.h"
#include "mail/build.h"
#include "mail/message_ids.h"
#include "mail/summary.h"

namespace posthorn::post {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t addresses_looked_at = 100, longest_subject = 500;

void put(Encoder& out, const std::optional<WallTime>& time) { out.flag(time.has_value()).i64(time ? time->time_since_epoch().count() : 0); }
std::optional<WallTime> take_time(Decoder& in) {
  const bool there = in.flag();
  const auto ms = in.i64();
  return there ? std::optional(WallTime(std::chrono::milliseconds(ms))) : std::nullopt;
}
void put(Encoder& out, const std::optional<std::string>& text) { out.flag(text.has_value()).string(text.value_or("")); }
std::optional<std::string> take_text(Decoder& in) {
  const bool there = in.flag();
  auto text = in.string();
  return there ? std::optional(std::move(text)) : std::nullopt;
}

// rfc:5230#4.6 addresses of programs, and of lists. Postmasters are people.
constexpr auto robots = std::to_array<std::string_view>({"mailer-daemon", "listserv", "majordomo", "mailman", "noreply", "no-reply", "donotreply", "do-not-reply", "root", "nobody", "news", "uucp", "www-data", "daemon"});
constexpr auto robot_ends = std::to_array<std::string_view>({"-request", "-bounces", "-bounce", "-owner", "-errors", "-admin", "+bounces", "-noreply"});
constexpr auto robot_beginnings = std::to_array<std::string_view>({"owner-", "bounce-", "bounces-", "bounce+", "bounces+", "noreply-", "noreply+", "no-reply-", "msprvs1="});
// rfc:5230#4.6 with those of RFC 8058 and of what else lists and mailers put in.
constexpr auto list_fields = std::to_array<std::string_view>({"List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Post", "List-Owner", "List-Archive", "List-Unsubscribe-Post",
                                                               "Mailing-List", "X-Mailing-List", "X-Loop", "Feedback-ID", "X-Auto-Response-Suppress"});

bool is_robot(std::string_view local_part) {
  const auto local = to_lower(local_part);
  const auto whole = std::string_view(local).substr(0, local.find('+'));
  return std::ranges::find(robots, whole) != robots.end() || std::ranges::any_of(robot_ends, [&](std::string_view end) { return whole.ends_with(end) || local.ends_with(end); }) ||
         std::ranges::any_of(robot_beginnings, [&local](std::string_view beginning) { return local.starts_with(beginning); });
}

std::string value_of(const mail::Message& message, std::string_view name) {
  const auto* field = mail::find(message.root().fields, name);
  return field == nullptr ? std::string() : mail::unfolded(field->value);
}

// A field that cannot be written is left out: the text is what counts.
std::string field(std::string_view name, std::string_view value) { return mail::header_field(name, value).value_or(""); }

std::string quoted_name(std::string_view name) {
  if (name.empty()) return {};
  const auto words = mail::encode_words(name);
  if (words != name) return words + " ";
  std::string out = "\"";
  for (const char c : name) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "\" ";
}

// rfc:3834#3.1.5 "Auto: " before the subject that is answered.
std::string subject_of(const VacationReply& reply) {
  if (reply.vacation.subject && !trim(*reply.vacation.subject).empty()) return *reply.vacation.subject;
  auto subject = mail::decode_words(value_of(reply.message, "Subject"), longest_subject);
  if (subject.size() > longest_subject) subject = printable(subject, longest_subject);
  return "Auto: " + subject;
}

std::string part(std::string_view type, std::string_view content) {
  return "Content-Type: text/" + std::string(type) + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + mail::encode_quoted_printable(mail::to_crlf(content));
}

std::string body_of(const VacationReply& reply) {
  const auto& [enabled, from, to, subject, text, html] = reply.vacation;
  if (!html || html->empty()) return part("plain", text && !text->empty() ? *text : "I am away and will read your message when I am back.\n");
  const std::string boundary = "posthorn-away-" + std::string(reply.unique);
  const auto plain = text && !text->empty() ? *text : mail::html_to_text(*html, 100'000);
  return "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n" + part("plain", plain) + "\r\n--" + boundary + "\r\n" + part("html", *html) +
         "\r\n--" + boundary + "--\r\n";
}

}  // namespace

std::string encode(const VacationRecord& record) {
  Encoder out;
  out.u8(version).flag(record.enabled);
  put(out, record.from);
  put(out, record.to);
  put(out, record.subject);
  put(out, record.text);
  put(out, record.html);
  return out.take();
}

Result<VacationRecord> decode_vacation(std::string_view bytes) {
  Decoder in(bytes);
  const bool known = in.u8() == version;
  VacationRecord out;
  out.enabled = in.flag();
  out.from = take_time(in);
  out.to = take_time(in);
  out.subject = take_text(in);
  out.text = take_text(in);
  out.html = take_text(in);
  if (!known || !in.finished()) return fail(Errc::corrupt, "a stored vacation response does not check", "Set it anew");
  return out;
}

bool is_away(const VacationRecord& record, WallTime now) { return record.enabled && (!record.from || *record.from <= now) && (!record.to || now < *record.to); }

std::string_view not_to_be_answered(const mail::Message& message, const mail::Address& reverse_path) {
  if (reverse_path.empty()) return "it has no reverse-path";  // rfc:3834#2
  if (is_robot(reverse_path.local)) return "its sender is a program";
  const auto& fields = message.root().fields;
  // rfc:3834#5 every value but "no"; what follows a semicolon are parameters, parentheses a comment.
  for (const auto& one : fields) {
    if (!equal_icase(one.name, "Auto-Submitted")) continue;
    const auto value = mail::unfolded(one.value);
    if (!equal_icase(trim(std::string_view(value).substr(0, value.find_first_of(";("))), "no")) return "it was sent by a program";
  }
  for (const auto name : list_fields)
    if (mail::find(fields, name) != nullptr) return "it came by a list, or asks for no answers";
  const auto precedence = value_of(message, "Precedence");
  for (const auto word : {"bulk", "list", "junk"})
    if (equal_icase(trim(precedence), word)) return "it is bulk mail";
  // Reports of deliveries and of reading.
  if (message.root().type == "multipart" && message.root().subtype == "report") return "it is a report";
  return {};
}

std::vector<mail::Address> openly_to(const mail::Message& message) {
  std::vector<mail::Address> out;
  for (const auto& one : message.root().fields) {
    const bool counts = std::ranges::any_of(std::to_array<std::string_view>({"To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"}), [&one](std::string_view name) { return equal_icase(one.name, name); });
    if (!counts) continue;
    for (const auto& listed : mail::parse_address_list(mail::unfolded(one.value), addresses_looked_at)) {
      if (listed.kind != mail::HeaderAddress::Kind::mailbox || !listed.valid) continue;
      if (auto address = mail::parse_address(mail::Address{listed.local, listed.domain}.text())) out.push_back(std::move(*address));
      if (out.size() == addresses_looked_at) return out;
    }
  }
  return out;
}

std::string write_vacation(const VacationReply& reply) {
  std::string out = field("From", quoted_name(reply.from_name) + "<" + reply.from.text() + ">");
  out += field("To", "<" + reply.to.text() + ">");
  out += field("Subject", mail::encode_words(subject_of(reply)));
  out += "Date: " + mail::format_date(reply.now) + "\r\n";
  out += "Message-ID: <" + std::string(reply.unique) + "@" + std::string(reply.host_name) + ">\r\n";
  // rfc:3834#3.1.6 it belongs into the thread.
  const auto id = mail::message_id_of(value_of(reply.message, "Message-ID"));
  if (!id.empty() && is_ascii(id)) {
    out += field("In-Reply-To", "<" + id + ">");
    std::string references;
    for (const auto& one : mail::thread_references(value_of(reply.message, "References"), {}))
      if (is_ascii(one) && one != id) references += "<" + one + "> ";
    out += field("References", references + "<" + id + ">");
  }
  out += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";  // rfc:3834#3.1.7
  return out + body_of(reply);
}

}  // namespace posthorn::post
