// app/lab/follow.h - reads what is new in the hosts' logs. Called by `lab send`, again and again. Missing files are simply silent.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/lab/narrate.h"
#include "app/lab/plan.h"

namespace posthorn::app::lab {

class Follower {
 public:
  // From the present end of each log.
  explicit Follower(const Lab& lab);
  // Whole lines that came since, of all hosts, by time.
  std::vector<LogLine> news();

 private:
  struct Tail {
    std::string host, file, rest;  // rest: a line that is not whole yet
    std::uint64_t at = 0;
  };
  std::vector<Tail> tails_;
};

}  // namespace posthorn::app::lab
