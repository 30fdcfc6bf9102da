// app/server.h - `posthorn serve`: wires everything from a configuration, runs until it is told to stop.
// SIGTERM and SIGINT stop it gracefully (no new connections, commands under way end, at most 10 s); SIGHUP reloads certificates.
#pragma once

#include "app/config/config.h"
#include "base/result.h"

namespace posthorn::app {

// Returns when the server has stopped. Prints nothing itself; the log goes to standard error.
Status serve(const Config& config);

}  // namespace posthorn::app
