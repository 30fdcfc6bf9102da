// app/lab/process.h - starts and stops the lab's processes by their recorded pids, and only if they still are ours.
// A pid may have been given to another program meanwhile, so the command line must name our file. Blocking.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace posthorn::app::lab {

// In a session of its own (a Ctrl-C on the terminal is not for it), input from /dev/null, output appended to `log`. Gives the pid.
Result<int> start_process(const std::vector<std::string>& command, const std::string& log);

// Runs `command` to its end and gives what it wrote to its standard output.
Result<std::string> run_process(const std::vector<std::string>& command, const std::string& scratch_file);

// Whether `pid` lives and has `file` among its arguments. A zombie does not live.
bool is_ours(int pid, const std::string& file);

// Whether a process that we started ourselves has ended. Right after its start is_ours() cannot tell yet: for an instant a new
// program has no command line.
bool has_ended(int child);

struct Process {
  int pid = 0;
  std::string file;  // its configuration
};
// SIGTERM to all, SIGKILL to those who are still there after `patience`. Pids that are not ours are left alone.
void stop_processes(const std::vector<Process>& processes, std::chrono::milliseconds patience = std::chrono::seconds(15));

// Takes the exit status of children that ended, so that none stays a zombie while `lab up` is in the foreground.
void reap_children();

std::string own_program();  // /proc/self/exe, resolved
// The last lines of a log, for error messages.
std::string tail_of(const std::string& log, std::size_t lines = 5);

}  // namespace posthorn::app::lab
