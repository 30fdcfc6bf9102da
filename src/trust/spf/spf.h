// trust/spf/spf.h - SPF (RFC 7208): may this address send for that domain? Pure; called by trust::judge and `posthorn check`.
// Security: records and macros come from strangers: 10 lookups, 2 void lookups, 10 names of an MX or PTR, 253 octets of a macro,
// also inside includes and as the last term (attacks.md C8). Iterative.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "trust/answers.h"

namespace posthorn::trust::spf {

enum class Result : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };  // RFC 7208 2.6
std::string_view name_of(Result result);
enum class Identity : std::uint8_t { mail_from, helo };
std::string_view name_of(Identity identity);  // "mailfrom", "helo" (RFC 8601)

struct Limits {
  unsigned lookups = 10, void_lookups = 2, names = 10;  // RFC 7208 4.6.4
  std::size_t record = 8192, steps = 500;
};

struct Request {
  std::string ip;             // of the client, IPv4 or IPv6; an IPv4-mapped address counts as IPv4
  std::string helo;
  std::string mail_from;      // "" is <>, judged as postmaster@HELO (2.4)
  Identity identity = Identity::mail_from;
  std::string receiver;       // our host name, for %{r}
  WallTime now{};
};

// One term looked at, in the order of evaluation; the depth tells the tree.
struct Step {
  unsigned depth = 0;         // 0: the domain's own record
  std::string domain;         // whose record
  std::string term;           // "include:_spf.example.com" as written; empty: the record itself
  std::string outcome;        // "matches", "does not match", "no record", "pass", ... for people
  unsigned lookups = 0;       // spent by this term, with what is below it
  std::string record;         // of a step without term: the text found
};

struct Verdict {
  Result result = Result::none;
  Identity identity = Identity::mail_from;
  std::string domain;         // that was checked
  std::string sender;         // that was checked
  std::string mechanism;      // the term that matched, "default" if none did
  std::string explanation;    // of the sender's domain (exp=), ASCII; only of a fail
  std::string reason;         // for people: what decided, or what is wrong with the record
  unsigned lookups = 0, void_lookups = 0;
  bool names_unknown = false; // a failing lookup for "ptr" or %{p} was passed over (5.5): with the answer the result might be another
  std::vector<Step> steps;
};

// Nothing: ask what answers.take_missing() gives and call again.
std::optional<Verdict> check(const Request& request, Answers& answers, const Limits& limits = {});

// The record of a domain as a tree with what each term costs, without a client: `posthorn check domain`. Same convention.
struct Tree {
  Verdict verdict;            // result: none, temperror, permerror or neutral (could be evaluated); steps: all terms
};
std::optional<Tree> explain(std::string_view domain, Answers& answers, const Limits& limits = {});

// "Received-SPF: pass (...) client-ip=...;" with CRLF, folded (RFC 7208 9.1). Values from the network are quoted or dropped.
std::string received_spf(const Verdict& verdict, const Request& request);

}  // namespace posthorn::trust::spf
