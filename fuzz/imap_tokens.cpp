// Fuzzes the tokens of IMAP commands: no crash, a refusal does not move, what is written reads back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "imap/grammar/date.h"
#include "imap/grammar/mailbox_name.h"
#include "imap/grammar/pattern.h"
#include "imap/grammar/quote.h"
#include "imap/grammar/sequence_set.h"
#include "imap/grammar/tokens.h"

namespace {

using namespace posthorn::imap;
using posthorn::Cursor;

template <class Take>
void check(std::string_view text, Take take) {
  Cursor in(text);
  if (!take(in) && in.position() != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  const std::string_view text = bytes;
  check(text, take_atom);
  check(text, take_tag);
  check(text, take_quoted);
  check(text, take_astring);
  check(text, take_nstring);
  check(text, take_list_mailbox);
  check(text, take_number32);
  check(text, take_nz_number64);
  check(text, take_date);
  check(text, take_date_time);
  check(text, [](Cursor& in) { return take_literal(in, Literal8::allowed); });
  check(text, [](Cursor& in) { return take_flag_list(in); });
  check(text, [](Cursor& in) { return take_store_flags(in); });
  check(text, [](Cursor& in) { return skip_value(in); });
  Cursor in(text);
  if (const auto set = take_sequence_set(in)) {
    const auto resolved = set->resolved(1000);
    for (std::uint32_t n = 1; n < 20; ++n)
      if (set->ranges.size() < 100 && set->contains(n, 1000) != resolved.contains(n)) std::abort();
  }
  if (const auto name = decode_utf7(text); name && encode_utf7(*name) != text) std::abort();
  for (const auto form : {NameForm::modified_utf7, NameForm::utf8}) {
    const auto name = mailbox_from_wire(text, form);
    if (name && mailbox_from_wire(mailbox_to_wire(*name, form), form) != *name) std::abort();
  }
  const auto half = size / 2;
  if (size < 2'000) static_cast<void>(Pattern(text.substr(0, half)).matches(text.substr(half)));
  std::string wire;
  append_string(wire, text, QuotedText::utf8);
  Cursor back(wire);
  const auto read = take_string(back);
  if (!read || !back.done() || read->size() != size) std::abort();
  return 0;
}
