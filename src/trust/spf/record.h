// trust/spf/record.h - the text of an SPF record as terms (RFC 7208 12), and macro strings expanded (7). Pure. Inside src/trust/spf.
// Security: records come from strangers; Limits::record bounds the text, a domain-spec expands to at most 253 octets, iterative.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::trust::spf {

enum class Kind : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };
enum class Qualifier : char { pass = '+', fail = '-', softfail = '~', neutral = '?' };

struct Mechanism {
  Qualifier qualifier = Qualifier::pass;
  Kind kind = Kind::all;
  std::string domain_spec;            // empty: the domain itself
  std::string network;                // of ip4 and ip6: the address
  unsigned bits4 = 32, bits6 = 128;
  std::string text;                   // as written
};

struct Record {
  std::vector<Mechanism> mechanisms;
  std::optional<std::string> redirect, exp;
};

// "v=spf1" alone or followed by a space, in any case (4.5).
bool is_spf_record(std::string_view text);
// Errors say which term cannot be read: the whole record is permerror then (4.6).
::posthorn::Result<Record> parse_record(std::string_view text);

// An address as octets: 4 or 16; an IPv4-mapped IPv6 address becomes IPv4. Empty: none.
std::string address_octets(std::string_view text);
bool in_network(std::string_view octets, std::string_view network_octets, unsigned bits);

// What macros stand for (7.2).
struct MacroValues {
  std::string local, sender_domain;   // of the sender
  std::string domain;                 // whose record is evaluated
  std::string ip;                     // octets
  std::string helo, receiver;
  std::int64_t now = 0;
  std::function<std::string()> validated_name;  // %{p}, asked only if it stands there
};
enum class MacroPlace : std::uint8_t { domain_spec, explanation };  // c, r, t only in the latter

// Syntax alone; called for every domain-spec when a record is parsed.
Status check_macros(std::string_view text, MacroPlace place);
std::string expand(std::string_view text, const MacroValues& values);
// expand(), cut from the left to at most 253 octets at a label (7.3), without a final dot.
std::string expand_domain(std::string_view text, const MacroValues& values);

}  // namespace posthorn::trust::spf
