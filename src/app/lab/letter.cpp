#include "app/lab/letter.h"

#include "base/text.h"
#include "mail/message.h"
#include "mail/text.h"

namespace posthorn::app::lab {
namespace {

Letter letter(const std::string& from, const std::string& to, const std::string& unique, WallTime now, std::string_view subject, std::string_view body) {
  Letter out;
  const mail::Date date{std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count(), 0};
  out.message_id = "<" + unique + "@lab.test>";
  out.text = "From: " + from + "\r\nTo: " + to + "\r\nSubject: " + std::string(subject) + "\r\nDate: " + mail::format_date(date) + "\r\nMessage-ID: " + out.message_id +
             "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + std::string(body);
  return out;
}

}  // namespace

Letter lab_letter(const std::string& from, const std::string& to, const std::string& unique, WallTime now) {
  return letter(from, to, unique, now, "Hello from the lab", "This letter was sent by `posthorn lab send`.\r\nIt never left this machine.\r\n");
}

Letter impostor_letter(const std::string& from, const std::string& to, const std::string& unique, WallTime now) {
  return letter(from, to, unique, now, "Please pay this today", "I am in a meeting and cannot talk. Please pay the invoice at once.\r\n");
}

std::string list_copy(std::string_view message, std::string_view list) {
  const auto parsed = mail::parse(message);
  const auto at = list.find('@');
  const std::string name(list.substr(0, at)), domain(list.substr(at + 1));
  std::string out;
  for (const auto& field : parsed.root().fields) {
    if (equal_icase(field.name, "Return-Path")) continue;
    if (equal_icase(field.name, "Subject")) out += "Subject: [" + name + "] " + std::string(trim(field.value)) + "\r\n";
    else out += std::string(field.whole);
  }
  out += "List-Id: <" + name + "." + domain + ">\r\nList-Post: <mailto:" + std::string(list) + ">\r\nPrecedence: list\r\n\r\n";
  out += std::string(message.substr(message.find("\r\n\r\n") + 4));
  return out + "_______________________________________________\r\n" + name + " mailing list, " + std::string(list) + "\r\n";
}

std::string field_text(std::string_view message, std::string_view name) {
  const auto parsed = mail::parse(message);
  for (const auto& field : parsed.root().fields) {
    if (!equal_icase(field.name, name)) continue;
    std::string out;
    for (const char c : trim(field.value)) {
      if (c == '\r' || c == '\n') continue;
      out += c == '\t' ? ' ' : c;
    }
    return out;
  }
  return {};
}

}  // namespace posthorn::app::lab
