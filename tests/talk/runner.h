// tests/talk/runner.h - runs a conversation file against a server session in virtual time, over a pipe in memory.
// The same file is run once for each chunk size: a session must answer the same however its input is cut.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/stream.h"
#include "base/task.h"
#include "net/pipe_stream.h"

namespace posthorn::talk {

using Settings = std::map<std::string, std::string>;
// Starts the session under test; what it needs must live until the coroutine ends. `settings` are the file's `set` lines.
using StartSession = std::function<Task<void>(std::unique_ptr<Stream> stream, Clock& clock, Settings settings)>;

// Each returns nothing if all went as written, else what differed, with the file's line.
std::string run_text(std::string_view text, const StartSession& start);
std::string run_file(const std::string& path, const StartSession& start);
// Paths of tests/talk/FOLDER/*.talk, sorted.
std::vector<std::string> files(std::string_view folder);

}  // namespace posthorn::talk
