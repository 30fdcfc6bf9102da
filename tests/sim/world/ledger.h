// sim/world/ledger.h - the books of a simulation: every letter that somebody sent, what was promised about it, and what was seen on the
// wires. At the end audit() compares them with what lies in the mailboxes: each acknowledged letter reached each recipient once, or
// came back; more than once only as often as the final reply to its text was lost (RFC 5321 4.5.3.2.6's window), or a disk failed under it and kept
// all the same what it was said to have lost.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "world/trace.h"

namespace posthorn::sim {

struct Letter {
  std::string id;                       // "L17": stands in X-Letter
  std::string sender;
  std::vector<std::string> recipients;  // after aliases
  bool acknowledged = false;            // its sender was told 250 or OK
  SteadyTime sent{};                    // the first try
};

// One recipient of one letter.
using Fate = std::pair<std::string, std::string>;  // letter, address

class Ledger {
 public:
  explicit Ledger(Trace& trace) : trace_(trace) {}

  std::map<std::string, Letter> letters;

  // The sender of that letter was told 250 or OK.
  void acknowledge(Letter& letter) {
    letter.acknowledged = true;
    if (on_promise) on_promise("promised " + letter.id);
  }
  // Told of each promise at the moment it is made, and of what other hosts took; for those who must remember it elsewhere.
  std::function<void(const std::string&)> on_promise;

  // Seen on the wires.
  void taken(const std::string& letter, const std::string& address) {  // by a host that is no Posthorn
    ++taken_[{letter, address}];
    if (on_promise) on_promise("taken " + letter + " " + address);
  }
  void doubted(const std::string& letter, const std::string& address) { ++doubts_[{letter, address}]; }  // the reply to the text was lost
  void refused(const std::string& letter, const std::string& address) { refused_.insert({letter, address}); }  // letter "": at any
  void ruled_out(const std::string& domain) { ruled_out_.insert(domain); }  // by a lie of the DNS, or by its host at MAIL

  // Found in a mailbox at the end: a copy, or a notice that `address` could not be reached, made `after` its acceptance.
  void found(const std::string& letter, const std::string& address) { ++found_[{letter, address}]; }
  void returned(const std::string& letter, const std::string& address, Duration after);

  std::uint64_t doubts(const Fate& fate) const;
  // What is wrong, one sentence each; `expire_after` is the patience of the queues.
  std::vector<std::string> audit(Duration expire_after) const;

 private:
  struct Return {
    std::size_t count = 0;
    Duration after{};  // the earliest
  };
  std::string audit_one(const Letter& letter, const std::string& address, Duration expire_after) const;
  bool may_return_early(const Fate& fate) const;

  Trace& trace_;
  std::map<Fate, std::size_t> taken_, doubts_, found_;
  std::map<Fate, Return> returned_;
  std::set<Fate> refused_;
  std::set<std::string> ruled_out_;
};

}  // namespace posthorn::sim
