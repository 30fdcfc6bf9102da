// Command lines of SMTP: any line must parse or be refused with a reply, and what parses must hold nothing that could begin a
// line of its own in a spool, a log or a bounce (attacks.md A7, A8).
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "smtp/grammar/command.h"

namespace {

void must(bool held) {
  if (!held) std::abort();
}
bool clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}
template <class T>
void refused_well(const posthorn::smtp::Parsed<T>& parsed) {
  must(parsed.error().code >= 500 && parsed.error().code < 600 && parsed.error().enhanced.starts_with("5.") && !parsed.error().text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  using namespace posthorn::smtp;
  if (size < 2) return 0;
  const std::string_view line(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto words = split_command(line);
  must(words.verb.size() + words.arguments.size() <= line.size());
  const Dialect dialect{(data[0] & 1) != 0, (data[0] & 2) != 0};
  if (const auto mail = parse_mail(words.arguments, dialect); mail)
    must(clean(mail->reverse_path.local) && clean(mail->reverse_path.domain) && clean(mail->envid) && is_utf8(mail->reverse_path.local));
  else
    refused_well(mail);
  if (const auto rcpt = parse_rcpt(words.arguments, dialect); rcpt)
    must(clean(rcpt->recipient.local) && clean(rcpt->orcpt) && clean(rcpt->orcpt_type) && is_utf8(rcpt->orcpt) && !rcpt->recipient.empty());
  else
    refused_well(rcpt);
  if (const auto helo = parse_helo(words.arguments); helo) must(clean(*helo) && helo->size() <= 255);
  if (const auto bdat = parse_bdat(words.arguments); !bdat) refused_well(bdat);
  if (const auto auth = parse_auth(words.arguments); !auth) refused_well(auth);
  return 0;
}
