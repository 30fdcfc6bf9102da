// Filters of Email/query and creations of Email/set, as a client may send them: nothing crashes, limits hold, and a message that is made
// of a creation has no header line that its client did not give as a field.
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "base/text.h"
#include "jmap/mail/compose.h"
#include "jmap/mail/email_filter.h"
#include "mail/message.h"

namespace {

using namespace posthorn;

void filter(const boost::json::value& value) {
  auto filter = jmap::EmailFilter::parse(value);
  if (!filter) {
    if (filter.error().what.empty()) std::abort();
    return;
  }
  filter->bind({});
  const store::Catalog catalog;
  const store::Catalog::Row row;
  mail::Summary summary;
  summary.subject = "A subject";
  const std::string message = "Subject: A subject\r\n\r\nA body\r\n";
  const boost::json::object evidence{{"tls", nullptr}};
  using Is = jmap::EmailFilter::Is;
  const auto all = filter->evaluate({catalog, row, &summary, &message, &evidence});
  if (all != Is::yes && all != Is::no) std::abort();
  // What was known with less is what is known with all.
  const auto least = filter->evaluate({catalog, row});
  if ((least == Is::yes || least == Is::no) && least != all) std::abort();
}

void creation(const boost::json::object& email) {
  const auto draft = jmap::parse_draft(email);
  if (!draft) {
    if (draft.error().type.empty() || draft.error().description.empty()) std::abort();
    return;
  }
  std::map<std::string, jmap::BlobContent> blobs;
  for (const auto& id : draft->blob_ids()) blobs[id] = {"Subject: x\r\n\r\nblob\r\n", "text/plain"};
  const auto bytes = jmap::build_message(*draft, blobs, "id@host", 0);
  const auto message = mail::parse(bytes);
  // One From, one Subject, one Bcc at most: nothing came in through a value.
  for (const auto* name : {"from", "subject", "bcc", "mime-version", "date", "message-id"}) {
    std::size_t count = 0;
    for (const auto& field : message.root().fields) count += equal_icase(trim(field.name), name) ? 1 : 0;
    const bool many = email.contains(std::string("header:") + name + ":all") || draft->fields.size() > 60'000;
    if (count > 1 && !many) {
      // A client may ask for several by ":all" in any spelling; else it is a hole.
      bool asked = false;
      for (const auto& [key, value] : email) asked = asked || to_lower(std::string_view(key)).ends_with(":all");
      if (!asked) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error) return 0;
  if (data[0] % 2 == 0) filter(value);
  else if (value.is_object()) creation(value.get_object());
  return 0;
}
