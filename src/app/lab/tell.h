// app/lab/tell.h - what the lab commands print for people and programs. Text in, text out; the commands print it.
#pragma once

#include <set>
#include <string>

#include "app/lab/plan.h"

namespace posthorn::app::lab {

// {"dns":...,"ca":...,"hosts":[...]} with a member "running" for each host; hosts named in `running` run.
boost::json::object status_json(const Lab& lab, const std::set<std::string>& running);
// Addresses, ports, users, passwords.
std::string summary(const Lab& lab, const std::set<std::string>& running);
// What to try next, as commands that can be pasted.
std::string what_to_try(const Lab& lab);

}  // namespace posthorn::app::lab
