// Records as one line of text, so that tables of expectations stay readable.
#pragma once

#include <string>

#include "base/text.h"
#include "dns/resolver.h"

namespace posthorn::dns::test {

inline std::string show(const Record& record) {
  if (const auto* a = std::get_if<A>(&record)) return "A " + a->address;
  if (const auto* aaaa = std::get_if<Aaaa>(&record)) return "AAAA " + aaaa->address;
  if (const auto* mx = std::get_if<Mx>(&record)) return "MX " + std::to_string(mx->preference) + " " + mx->exchange;
  if (const auto* txt = std::get_if<Txt>(&record)) return "TXT " + txt->text;
  if (const auto* name = std::get_if<Name>(&record)) return "NAME " + name->name;
  if (const auto* t = std::get_if<Tlsa>(&record))
    return "TLSA " + std::to_string(t->usage) + std::to_string(t->selector) + std::to_string(t->matching) + " " + hex(t->data);
  return "OTHER " + hex(std::get<Other>(record).rdata);
}

// "found secure|MX 10 mx.blue.test|... (canonical name)"
inline std::string show(const Answer& answer) {
  static constexpr const char* outcomes[] = {"found", "no_data", "no_such_name", "failed"};
  static constexpr const char* securities[] = {"insecure", "secure", "bogus"};
  std::string text =
      std::string(outcomes[static_cast<int>(answer.outcome)]) + " " + securities[static_cast<int>(answer.security)];
  for (const auto& record : answer.records) text += "|" + show(record);
  return text;
}

}  // namespace posthorn::dns::test
