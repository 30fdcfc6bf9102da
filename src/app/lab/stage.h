// app/lab/stage.h - putting a lab on its feet and taking it off: files, processes, accounts. Called by the lab commands. Blocking.
#pragma once

#include <functional>

#include "app/lab/desk.h"
#include "app/lab/plan.h"

namespace posthorn::app::lab {

using Tell = std::function<void(const std::string&)>;  // what is being done, for people

// Writes what is missing, starts everything, waits until all answers, makes the accounts. On failure nothing keeps running.
Status bring_up(Lab& lab, const Tell& tell);
// Stops all processes; the files stay.
void take_down(Lab& lab);

// One host. `lab` is saved with the new pid.
Status start_host(Desk& desk, Lab& lab, Host& host);
Status stop_host(Lab& lab, Host& host);

bool is_running(const Lab& lab, const Host& host);
bool dns_is_running(const Lab& lab);
bool anything_runs(const Lab& lab);

}  // namespace posthorn::app::lab
