// app/lab/host_config.h - posthorn.toml of a lab's host. Pure; called by `lab up` when the file is not there or its address moved.
#pragma once

#include <string>

#include "app/lab/plan.h"

namespace posthorn::app::lab {

// Paths in it are relative to its folder, so DIR may hold any characters.
std::string host_config(const Lab& lab, const Host& host);

}  // namespace posthorn::app::lab
