// dns/resolver.h - the Resolver door: DNS questions and typed answers with their DNSSEC state.
// Real: unbound_resolver (libunbound, validating). Tests and `check --dns`: zone_resolver (an RFC 1035 master file).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace posthorn::dns {

enum class Type : std::uint16_t { a = 1, ns = 2, cname = 5, soa = 6, ptr = 12, mx = 15, txt = 16, aaaa = 28, tlsa = 52 };

// Names are lower case, without the final dot, in presentation form; the root is "".
struct A { std::string address; };
struct Aaaa { std::string address; };
struct Mx { std::uint16_t preference = 0; std::string exchange; };  // exchange "" is the null MX (RFC 7505)
struct Txt { std::string text; };                                     // the strings joined (RFC 7208 3.3)
struct Name { std::string name; };                                    // CNAME, NS, PTR
struct Tlsa { std::uint8_t usage = 0, selector = 0, matching = 0; std::string data; };
struct Other { std::string rdata; };
using Record = std::variant<A, Aaaa, Mx, Txt, Name, Tlsa, Other>;

enum class Outcome : std::uint8_t { found, no_data, no_such_name, failed };  // failed: SERVFAIL, timeout, bogus: could not check
enum class Security : std::uint8_t { insecure, secure, bogus };

struct Answer {
  Outcome outcome = Outcome::failed;
  Security security = Security::insecure;
  std::vector<Record> records;
  std::string canonical_name;  // after CNAMEs; the asked name without any
  std::uint32_t ttl = 0;
  std::string why;             // of failed and bogus: the reason, for people
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  // May be awaited on any executor; resumes there. A name that is_askable_name() refuses is not asked: no_such_name.
  virtual Task<Answer> resolve(std::string name, Type type) = 0;
  // The answer if it is at hand now, without asking anybody.
  virtual std::optional<Answer> known(std::string_view /*name*/, Type /*type*/) { return std::nullopt; }
};

// RFC 1035 syntax limits and printable ASCII: what may be asked at all. SPF's macros make such names from a sender's local-part.
bool is_askable_name(std::string_view name);
// The same with labels of letters, digits, '-' and '_' only: what a host, a domain or a selector may be called (attacks.md a3).
bool is_valid_name(std::string_view name);
// "4.3.2.1.in-addr.arpa" or the ip6.arpa nibbles; empty if not an address.
std::string reverse_name(std::string_view address);

}  // namespace posthorn::dns
