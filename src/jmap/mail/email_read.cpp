#include "jmap/mail/email_read.h"

#include "jmap/core/blobs.h"
#include "store/snooze.h"

namespace posthorn::jmap {

Result<std::optional<EmailSource>> read_email(const store::View& view, EmailId id, const EmailSelection& selection) {
  EmailSource out;
  TRY_ASSIGN(out.shown, view.shown(id));
  if (!out.shown) return std::optional<EmailSource>();
  out.blob_id = blob_of_email(id);
  out.size = out.shown->email.size;
  if (selection.needs_snooze) {
    TRY_ASSIGN(const auto asleep, store::sleeping(view.reader(), view.account_id(), id));
    if (asleep) out.snoozed = store::Snooze{asleep->until, asleep->to};
  }
  if (selection.needs_summary) {
    TRY_ASSIGN(out.summary, view.summary(id));
  }
  if (selection.needs_message) {
    TRY_ASSIGN(out.message, view.message(id));
  }
  return std::optional(std::move(out));
}

EmailSource source_of_blob(std::string blob_id, std::string bytes) {
  EmailSource out;
  out.blob_id = std::move(blob_id);
  out.size = bytes.size();
  out.summary = mail::summarize(mail::parse(bytes));
  out.message = std::move(bytes);
  return out;
}

Expected<BodyRequest> read_body_request(Arguments& arguments) {
  BodyRequest out;
  JMAP_TRY(const auto properties, arguments.texts("bodyProperties"));
  JMAP_TRY(out.properties, parse_body_properties(properties.value_or(default_body_properties())));
  JMAP_TRY(const auto text, arguments.boolean("fetchTextBodyValues"));
  JMAP_TRY(const auto html, arguments.boolean("fetchHTMLBodyValues"));
  JMAP_TRY(const auto all, arguments.boolean("fetchAllBodyValues"));
  JMAP_TRY(const auto most, arguments.unsigned_integer("maxBodyValueBytes"));
  out.text_values = text.value_or(false);
  out.html_values = html.value_or(false);
  out.all_values = all.value_or(false);
  out.most_value_bytes = most.value_or(0);
  return out;
}

Expected<EmailSelection> selection_of(const std::vector<std::string>& properties, BodyRequest body) {
  JMAP_TRY(auto selection, select_email(properties, std::move(body)));
  return selection;
}

}  // namespace posthorn::jmap
