#include "smtp/client/plan.h"

#include <algorithm>

#include "base/text.h"
#include "smtp/grammar/dot_stuffing.h"
#include "smtp/grammar/parsed.h"
#include "smtp/grammar/xtext.h"

namespace posthorn::smtp {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

// rfc:5321#4.1.1.3 the postmaster needs no domain.
std::string path(const mail::Address& address) {
  if (address.empty()) return "<>";
  return "<" + (address.domain.empty() ? address.local : address.text()) + ">";
}

std::string_view header_of(std::string_view message) { return message.substr(0, message.find("\r\n\r\n")); }

// rfc:3461#4.1
std::string notify_words(const Notify& notify) {
  if (notify.never) return "NEVER";
  std::string words;
  const auto add = [&words](bool wanted, std::string_view word) {
    if (!wanted) return;
    if (!words.empty()) words += ',';
    words += word;
  };
  add(notify.success, "SUCCESS");
  add(notify.failure, "FAILURE");
  add(notify.delay, "DELAY");
  return words.empty() ? "NEVER" : words;
}

struct Needs {
  bool utf8 = false;       // SMTPUTF8 on MAIL
  bool eight_bit = false;  // BODY=8BITMIME
};

std::string mail_command(const Outgoing& outgoing, const Needs& needs, const Capabilities& server) {
  const auto& from = outgoing.from;
  std::string line = "MAIL FROM:" + path(from.reverse_path);
  if (server.has("SIZE")) line += " SIZE=" + std::to_string(outgoing.message.size());  // rfc:1870#3
  if (needs.eight_bit) line += " BODY=8BITMIME";
  if (needs.utf8) line += " SMTPUTF8";
  if (server.has("DSN")) {
    if (from.ret != Ret::unset) line += from.ret == Ret::full ? " RET=FULL" : " RET=HDRS";
    if (!from.envid.empty()) line += " ENVID=" + encode_xtext(from.envid);
  }
  return line;
}

std::string rcpt_command(const RcptTo& to, const Capabilities& server) {
  std::string line = "RCPT TO:" + path(to.recipient);
  if (!server.has("DSN")) return line;
  if (to.notify.given) line += " NOTIFY=" + notify_words(to.notify);
  // rfc:6533#3 an ORCPT that is not ASCII is not passed on: its form depends on what the next hop can.
  if (!to.orcpt.empty() && is_ascii(to.orcpt)) line += " ORCPT=" + to.orcpt_type + ";" + encode_xtext(to.orcpt);
  return line;
}

std::optional<Reply> refuse_recipient(const RcptTo& to, const std::string& command, const Capabilities& server) {
  if (has_control(command)) return make_reply(553, "5.1.3", "The address holds a control character");
  if (!is_ascii(to.recipient.local) && !server.has("SMTPUTF8"))
    return make_reply(553, "5.6.7", "The server does not take addresses that need SMTPUTF8");
  return std::nullopt;
}

std::optional<Reply> refuse_message(const Outgoing& outgoing, const Needs& needs, const Capabilities& server) {
  if (const auto good = check_text(outgoing.message); !good) return make_reply(554, "5.6.0", "Not sent: " + good.error().what);
  if (needs.utf8 && !server.has("SMTPUTF8"))
    return make_reply(553, "5.6.7", "The server does not offer SMTPUTF8, which this message needs");
  // rfc:6152#3 "it MUST NOT be sent": the queue may convert it first.
  if (needs.eight_bit && !server.has("8BITMIME"))
    return make_reply(554, "5.6.3", "The server does not offer 8BITMIME, which this message needs");
  if (server.size() > 0 && outgoing.message.size() > server.size())
    return make_reply(552, "5.3.4", "The server takes messages of at most " + std::to_string(server.size()) + " octets");
  return std::nullopt;
}

}  // namespace

Plan make_plan(const Outgoing& outgoing, const Capabilities& server) {
  Plan plan;
  const auto& to = outgoing.recipients;
  const bool can_utf8 = server.has("SMTPUTF8");
  Needs needs;
  needs.eight_bit = !is_ascii(outgoing.message);
  needs.utf8 = !is_ascii(outgoing.from.reverse_path.local) || (outgoing.from.smtputf8 && !is_ascii(header_of(outgoing.message)));
  plan.refusal = refuse_message(outgoing, needs, server);
  const auto foreign = [](const RcptTo& one) { return !is_ascii(one.recipient.local); };
  needs.utf8 = needs.utf8 || (can_utf8 && std::any_of(to.begin(), to.end(), foreign));
  plan.mail = mail_command(outgoing, needs, server);
  if (!plan.refusal && has_control(plan.mail)) plan.refusal = make_reply(553, "5.1.7", "The sender's address holds a control character");
  const auto most = server.limit("RCPTMAX").value_or(SIZE_MAX);
  std::size_t taken = 0;
  for (const auto& one : to) {
    Plan::Recipient recipient{rcpt_command(one, server), std::nullopt};
    recipient.refusal = refuse_recipient(one, recipient.rcpt, server);
    // rfc:9422#4.1.1 the others go in a later transaction.
    if (!recipient.refusal && taken++ >= most) recipient.refusal = make_reply(452, "4.5.3", "The server takes no more recipients a message");
    plan.recipients.push_back(std::move(recipient));
  }
  return plan;
}

}  // namespace posthorn::smtp
