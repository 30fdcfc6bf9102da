// app/lab/running.h - what the commands that show a lab share.
#pragma once

#include <set>
#include <string>

#include "app/lab/plan.h"
#include "app/lab/stage.h"
#include "app/lab/tell.h"

namespace posthorn::app::lab {

inline std::set<std::string> running_hosts(const Lab& lab) {
  std::set<std::string> out;
  for (const auto& host : lab.hosts)
    if (is_running(lab, host)) out.insert(host.domain);
  return out;
}

}  // namespace posthorn::app::lab
