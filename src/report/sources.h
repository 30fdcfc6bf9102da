// report/sources.h - who sent the mail of a report's record: one of our own hosts, a known service, a forwarder, nobody we know. Pure;
// the name behind the address (PTR) is looked up by who asks. It is a guess for people and decides nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/aggregate.h"

namespace posthorn::report {

enum class SourceKind : std::uint8_t { own, service, forwarder, unknown };
std::string_view name_of(SourceKind kind);

struct Source {
  SourceKind kind = SourceKind::unknown;
  std::string name;  // "Google", "mx.example.org", or the address
  std::string why;   // "its name is mail-it1-f201.google.com"
};

// `ptr`: the address's name in the DNS, may be empty. `own_addresses`: of this server.
Source source_of(const Row& row, std::string_view ptr, const std::vector<std::string>& own_addresses);

}  // namespace posthorn::report
