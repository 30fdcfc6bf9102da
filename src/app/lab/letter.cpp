#include "app/lab/letter.h"

#include "mail/text.h"

namespace posthorn::app::lab {

Letter lab_letter(const std::string& from, const std::string& to, const std::string& unique, WallTime now) {
  Letter out;
  const mail::Date date{std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count(), 0};
  out.message_id = "<" + unique + "@lab.test>";
  out.text = "From: " + from + "\r\nTo: " + to + "\r\nSubject: Hello from the lab\r\nDate: " + mail::format_date(date) + "\r\nMessage-ID: " + out.message_id +
             "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
             "This letter was sent by `posthorn lab send`.\r\nIt never left this machine.\r\n";
  return out;
}

}  // namespace posthorn::app::lab
