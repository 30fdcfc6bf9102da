// dns/zone.h - an RFC 1035 master file as a value, and the answers it gives. Pure; behind zone_resolver.
// Used by tests, the lab and `posthorn check --dns FILE`. Types that mail does not ask for are read over, but their names exist.
// Security: a zone file is the operator's, yet its parser is bounded (ZoneLimits), iterative and fuzzed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dns/resolver.h"

namespace posthorn::dns {

struct ZoneLimits {
  std::size_t file = 16 << 20;      // octets
  std::size_t entry_tokens = 1024;  // words of one entry
  std::size_t txt = 16384;          // octets of one TXT record
};

class Zone {
 public:
  Answer answer(std::string_view name, Type type) const;

  // For the parser: false if a CNAME would stand beside other data (rfc:1034#3.6.2).
  bool add(const std::string& name, Type type, std::uint32_t ttl, Record record);
  void add_name(const std::string& name);

 private:
  struct Set {
    std::uint32_t ttl = 0;
    std::vector<Record> records;
  };
  using Node = std::map<Type, Set>;
  const Node* find(std::string_view name) const;

  std::map<std::string, Node, std::less<>> nodes_;  // with the names between, which exist without data (rfc:8020)
};

// Errors say the line. $ORIGIN, $TTL, parentheses, quotes, comments, relative names, wildcards; not $INCLUDE.
Result<Zone> parse_zone(std::string_view text, const ZoneLimits& limits = {});

}  // namespace posthorn::dns
