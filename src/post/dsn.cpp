#include "post/dsn.h"

#include <algorithm>

#include "base/text.h"
#include "mail/build.h"

namespace posthorn::post {
namespace {

constexpr std::size_t full_limit = 65'536;

std::string_view word(DsnAction action) {
  switch (action) {
    case DsnAction::failed: return "failed";
    case DsnAction::delayed: return "delayed";
    case DsnAction::delivered: return "delivered";
    case DsnAction::relayed: return "relayed";
  }
  return "failed";
}

// One line of text that came from a stranger's server: no line may be injected (attacks.md A8).
std::string one_line(std::string_view text, std::size_t limit = 900) {
  std::string out;
  for (const char c : text.substr(0, limit)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return is_utf8(out) ? out : printable(out, limit);
}

// As one_line(), for the status part of a report that is not RFC 6533's: that is ASCII (RFC 3464 2.1).
std::string status_text(std::string_view text, bool global, std::size_t limit = 900) {
  auto out = one_line(text, limit);
  if (!global)
    for (auto& c : out)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return out;
}

// rfc:3463#2 class "." subject "." detail, and nothing else, whatever the record says.
bool is_status(std::string_view code) {
  const auto parts = split(code, '.');
  if (parts.size() != 3 || parts[0].size() != 1) return false;
  return std::ranges::all_of(parts, [](std::string_view p) {
    return !p.empty() && p.size() <= 3 && std::ranges::all_of(p, [](char c) { return c >= '0' && c <= '9'; });
  });
}
std::string status_before_text(const std::string& enhanced) { return is_status(enhanced) ? " " + enhanced : ""; }

// Whether the report must be able to hold UTF-8 (RFC 6533).
bool is_global(const DsnInput& in) {
  return in.entry->from.smtputf8 || std::ranges::any_of(in.recipients, [](const DsnRecipient& r) {
           return !is_ascii(r.recipient->to.recipient.text()) || !is_ascii(r.recipient->to.orcpt);
         });
}

std::string status_of(const DsnRecipient& r) {
  if (r.action == DsnAction::delivered) return "2.1.5";
  if (r.action == DsnAction::relayed) return "2.1.9";
  const auto& enhanced = r.recipient->enhanced;
  const char wanted = r.action == DsnAction::delayed ? '4' : '5';
  if (is_status(enhanced) && enhanced[0] == wanted) return enhanced;
  if (is_status(enhanced) && wanted == '5') return "5" + enhanced.substr(1);  // a temporary trouble that lasted too long
  return wanted == '4' ? "4.4.1" : "5.0.0";
}

std::string subject_of(DsnAction action) {
  switch (action) {
    case DsnAction::failed: return "Your message could not be delivered";
    case DsnAction::delayed: return "Your message is delayed, we keep trying";
    case DsnAction::delivered: return "Your message was delivered";
    case DsnAction::relayed: return "Your message was handed on";
  }
  return {};
}

std::string opening(DsnAction action, std::string_view host) {
  const std::string who = "This is the mail server " + std::string(host) + ".\r\n\r\n";
  switch (action) {
    case DsnAction::failed:
      return who + "Your message did not reach the people named below, and we have given up trying.\r\n"
                   "Nothing more will happen unless you send it again.\r\n";
    case DsnAction::delayed:
      return who + "Your message has not reached the people named below yet.\r\n"
                   "You need not do anything: we keep trying and will tell you if we have to give up.\r\n";
    case DsnAction::delivered: return who + "Your message is in the mailbox of the people named below.\r\n";
    case DsnAction::relayed:
      return who + "Your message was handed on to the next mail server, which does not confirm deliveries.\r\n";
  }
  return {};
}

std::string explain(const DsnRecipient& r) {
  const auto& q = *r.recipient;
  std::string out = "  " + q.to.recipient.text() + "\r\n";
  if (!q.to.orcpt.empty() && !equal_icase(q.to.orcpt, q.to.recipient.text())) out += "    (you wrote to " + one_line(q.to.orcpt, 300) + ")\r\n";
  if (r.action == DsnAction::delivered || r.action == DsnAction::relayed) return out;
  // Without a remote the code is ours: what DNS amounts to.
  if (q.code != 0 && !q.remote.empty()) {
    out += "    The server " + one_line(q.remote, 300) + " answered:\r\n    \"" + std::to_string(q.code) + status_before_text(q.enhanced) + " " + one_line(q.text) + "\"\r\n";
  } else if (!q.text.empty()) {
    out += "    What went wrong: " + one_line(q.text) + "\r\n";
  }
  const std::string status = status_of(r).substr(1);
  if (status == ".1.1") out += "    In short: there is no such mailbox. Please check the address for typing errors.\r\n";
  if (status == ".2.2") out += "    In short: the recipient's mailbox is full. They must make room, or be told another way.\r\n";
  if (status == ".1.2") out += "    In short: the domain after the @ does not exist. Please check it for typing errors.\r\n";
  if (status == ".1.10") out += "    In short: this domain takes no mail at all.\r\n";
  if (status == ".3.4") out += "    In short: your message is larger than that server takes.\r\n";
  if (status == ".4.1" || status == ".4.2" || status == ".4.7") out += "    In short: their server could not be reached or gave no answer in time.\r\n";
  return out;
}

std::string address_type(const mail::Address& a) { return is_ascii(a.text()) ? "rfc822; " : "utf-8; "; }

std::string per_recipient(const DsnRecipient& r, const Entry& entry, bool global) {
  const auto& q = *r.recipient;
  std::string out = "\r\n";
  if (!q.to.orcpt.empty()) out += "Original-Recipient: " + status_text(q.to.orcpt_type, global, 60) + "; " + status_text(q.to.orcpt, global, 500) + "\r\n";
  out += "Final-Recipient: " + address_type(q.to.recipient) + q.to.recipient.text() + "\r\n";
  out += "Action: " + std::string(word(r.action)) + "\r\nStatus: " + status_of(r) + "\r\n";
  if (!q.remote.empty()) out += "Remote-MTA: dns; " + status_text(q.remote.substr(0, q.remote.find(' ')), global, 255) + "\r\n";
  const auto text = status_text(q.text, global);
  if (q.code != 0 && !q.remote.empty()) out += "Diagnostic-Code: smtp; " + std::to_string(q.code) + status_before_text(q.enhanced) + " " + text + "\r\n";
  else if (!text.empty()) out += "Diagnostic-Code: x-posthorn; " + text + "\r\n";
  if (r.action == DsnAction::delayed) {
    const auto until = std::chrono::duration_cast<std::chrono::seconds>(entry.expires.time_since_epoch()).count();
    out += "Will-Retry-Until: " + mail::format_date(mail::Date{until, 0}) + "\r\n";
  }
  return out;
}

// What comes back of the message: all of it, or its header block (RFC 3461 4.3).
std::string returned(const DsnInput& in, DsnAction action, bool global) {
  const auto end = in.message.find("\r\n\r\n");
  const bool headers_only = in.entry->from.ret == smtp::Ret::headers || in.message.size() > full_limit || action != DsnAction::failed;
  if (headers_only)
    return std::string("Content-Type: ") + (global ? "message/global-headers" : "text/rfc822-headers") +
           "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + std::string(in.message.substr(0, end == std::string_view::npos ? end : end + 2));
  return std::string("Content-Type: ") + (global ? "message/global" : "message/rfc822") + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
         std::string(in.message);
}

}  // namespace

std::string write_dsn(const DsnInput& in) {
  const auto action = in.recipients.front().action;
  const auto& entry = *in.entry;
  const std::string boundary = "posthorn-report-" + std::string(in.unique);
  const bool global = is_global(in);
  const auto arrived = std::chrono::duration_cast<std::chrono::seconds>(entry.arrived.time_since_epoch()).count();

  std::string out = "From: \"Mail Delivery\" <MAILER-DAEMON@" + std::string(in.host_name) + ">\r\n";
  out += "To: <" + entry.from.reverse_path.text() + ">\r\n";
  out += "Subject: " + subject_of(action) + "\r\n";
  out += "Date: " + mail::format_date(in.now) + "\r\n";
  out += "Message-ID: <" + std::string(in.unique) + "@" + std::string(in.host_name) + ">\r\n";
  out += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" + boundary + "\"\r\n\r\n";

  out += "--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
  out += opening(action, in.host_name) + "\r\n";
  for (const auto& r : in.recipients) out += explain(r);
  out += "\r\nYour message reached us on " + mail::format_date(mail::Date{arrived, 0}) + " and had the id " + text_of(entry.id) + " here.\r\n";

  out += "\r\n--" + boundary + "\r\nContent-Type: " + (global ? "message/global-delivery-status" : "message/delivery-status") + "\r\n";
  if (global) out += "Content-Transfer-Encoding: 8bit\r\n";
  out += "\r\nReporting-MTA: dns; " + std::string(in.host_name) + "\r\n";
  if (!entry.from.envid.empty()) out += "Original-Envelope-Id: " + status_text(entry.from.envid, global, 100) + "\r\n";
  out += "Arrival-Date: " + mail::format_date(mail::Date{arrived, 0}) + "\r\n";
  for (const auto& r : in.recipients) out += per_recipient(r, entry, global);

  out += "\r\n--" + boundary + "\r\n" + returned(in, action, global);
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out + "\r\n--" + boundary + "--\r\n";
}

std::vector<DsnRecipient> owed(const Entry& entry, Duration warn_after) {
  std::vector<DsnRecipient> out;
  if (entry.from.reverse_path.empty() || entry.login.empty()) return out;
  for (const auto& r : entry.recipients) {
    const auto& n = r.to.notify;
    if (n.never) continue;
    // rfc:3461#5.2.1 without NOTIFY: failures, and delays as we see fit.
    const bool failure = n.given ? n.failure : true;
    const bool delay = n.given ? n.delay : true;
    if (r.state == RecipientState::failed && failure && !r.reported) out.push_back({&r, DsnAction::failed});
    if (r.state == RecipientState::relayed && n.success && !r.reported) out.push_back({&r, DsnAction::relayed});
    if (r.state == RecipientState::waiting && delay && !r.warned && r.attempts > 0 && entry.waited >= warn_after)
      out.push_back({&r, DsnAction::delayed});
  }
  return out;
}

std::optional<Letter> dsn_letter(const Entry& entry, const std::vector<DsnRecipient>& recipients, std::string_view message,
                                 std::string_view host_name, WallTime now) {
  if (recipients.empty() || entry.from.reverse_path.empty()) return std::nullopt;
  Letter letter;
  letter.id = new_queue_id();
  const std::string unique = text_of(letter.id);
  DsnInput input;
  input.entry = &entry;
  input.recipients = recipients;
  input.message = message;
  input.host_name = host_name;
  input.unique = unique;
  input.now = mail::Date{std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count(), 0};
  letter.message = write_dsn(input);
  letter.from.smtputf8 = entry.from.smtputf8;
  letter.from.body = smtp::Body::eight_bit_mime;
  smtp::RcptTo to;
  to.recipient = entry.from.reverse_path;
  to.notify.given = to.notify.never = true;  // rfc:3464#2 a notification about a notification is never sent
  letter.recipients.push_back(std::move(to));
  return letter;
}

}  // namespace posthorn::post
