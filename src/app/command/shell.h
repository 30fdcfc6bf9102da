// app/command/shell.h - what shells and readers get from the definition of the command line itself, so that it is always true.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace posthorn::app {

int completion_command(const CLI::App& app, const std::string& shell);
int man_command(const CLI::App& app);

}  // namespace posthorn::app
