// app/lab/narrate.h - tells a line of a server's log in plain words, if it is about the letter that is followed. Pure.
// Called by `lab send` for each new line of all hosts' logs, in order of their times.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace posthorn::app::lab {

// The letter and what is known of it so far.
struct Trail {
  std::string from, to;
  std::set<std::string> ids;       // queue ids, on any host
  bool accepted_there = false;     // a second server has taken it
  bool delivered = false;          // our server is done with it
  bool failed = false;             // ... for good, without success
  bool notified = false;           // its sender was told that it failed or is late
  std::string trouble;             // the last reason for waiting or failing
};

struct Step {
  std::string who;   // "blue"
  std::string text;  // "asked the DNS: MX green.test: ..."
};

struct LogLine {
  WallTime time{};
  std::string host, text;  // "blue", the JSON
};
// Nothing if it is no log line.
std::optional<WallTime> time_of_line(std::string_view json_line);

std::optional<Step> narrate(const LogLine& line, Trail& trail);

// The queue id in a reply such as "2.0.0 Accepted and safely stored as 0123456789abcdef"; empty if there is none.
std::string queue_id_in(std::string_view reply);

}  // namespace posthorn::app::lab
