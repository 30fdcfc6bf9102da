#include "app/lab/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

#include "app/lab/files.h"
#include "app/spawn_setup.h"
#include "base/text.h"

namespace posthorn::app::lab {
namespace {

constexpr auto poll_step = std::chrono::milliseconds(20);

Result<int> spawn(const std::vector<std::string>& command, const std::string& output, const std::string& errors, int open_flags) {
  SpawnSetup setup;
  constexpr mode_t mode = S_IRUSR | S_IWUSR;
  posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&setup.actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | open_flags, mode);
  if (errors == output) posix_spawn_file_actions_adddup2(&setup.actions, STDOUT_FILENO, STDERR_FILENO);
  else posix_spawn_file_actions_addopen(&setup.actions, STDERR_FILENO, errors.c_str(), O_WRONLY, 0);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&setup.attributes, &none);
  posix_spawnattr_setsigdefault(&setup.attributes, &all);
  posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto words = command;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int wrong = posix_spawnp(&pid, arguments[0], &setup.actions, &setup.attributes, arguments.data(), environ);
  if (wrong != 0)
    return fail(Errc::unavailable, "cannot start " + command[0] + ": " + std::strerror(wrong),
                wrong == ENOENT ? "Install it (Debian: apt-get install knot)" : "");
  return pid;
}

}  // namespace

Result<int> start_process(const std::vector<std::string>& command, const std::string& log) { return spawn(command, log, log, O_APPEND); }

Result<std::string> run_process(const std::vector<std::string>& command, const std::string& scratch_file) {
  TRY_ASSIGN(const int pid, spawn(command, scratch_file, "/dev/null", O_TRUNC));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  TRY_ASSIGN(auto output, read_file(scratch_file));
  std::error_code ignored;
  std::filesystem::remove(scratch_file, ignored);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string line;
    for (const auto& word : command) line += (line.empty() ? "" : " ") + word;
    return fail(Errc::unavailable, "this did not work: " + line + (output.empty() ? "" : "\n" + output));
  }
  return output;
}

bool is_ours(int pid, const std::string& file) {
  if (pid <= 1) return false;
  const auto arguments = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  if (!arguments) return false;
  const auto words = split(*arguments, '\0');
  return std::ranges::find(words, std::string_view(file)) != words.end();
}

bool has_ended(int child) { return waitpid(child, nullptr, WNOHANG) != 0; }

void reap_children() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

void stop_processes(const std::vector<Process>& processes, std::chrono::milliseconds patience) {
  const auto any_left = [&processes] {
    reap_children();
    return std::ranges::any_of(processes, [](const Process& p) { return is_ours(p.pid, p.file); });
  };
  const auto signal_all = [&processes](int number) {
    for (const auto& p : processes)
      if (is_ours(p.pid, p.file)) ::kill(p.pid, number);
  };
  signal_all(SIGTERM);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (any_left() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(poll_step);
  signal_all(SIGKILL);
  const auto killed = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (any_left() && std::chrono::steady_clock::now() < killed) std::this_thread::sleep_for(poll_step);
}

std::string own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string("/proc/self/exe") : path.string();
}

std::string tail_of(const std::string& log, std::size_t lines) {
  const auto text = read_file(log);
  if (!text) return {};
  auto all = split(trim(*text), '\n');
  std::string out;
  for (std::size_t i = all.size() > lines ? all.size() - lines : 0; i < all.size(); ++i) out += "  " + printable(all[i], 400) + "\n";
  return out;
}

}  // namespace posthorn::app::lab
