// faultline PID - stands between a process (all its threads, and what it forks) and the kernel, by ptrace. Commands on standard input:
//   kill N                          SIGKILL to all of it before its N-th system call from now
//   fail ERRNO N[,M...] PATH CALLS  the N-th (and M-th...) of CALLS (write,fsync,openat...) on files whose path holds PATH do nothing
//                                   and return ERRNO
//   off                             nothing of the kind; answers "seen K": calls that counted since the last command
// It says "ready" once it is attached, "hit CALL" for each fault, and ends with "gone" when the process has.
// The campaigns use it instead of strace, whose counters are one a thread and call: here N counts over the whole process.
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

enum class Subject { descriptor, path, path_at };  // where the call says which file it is about
struct Call {
  const char* name;
  long number;
  Subject subject;
};
constexpr std::array calls{
    Call{"write", SYS_write, Subject::descriptor},         Call{"pwrite64", SYS_pwrite64, Subject::descriptor},
    Call{"writev", SYS_writev, Subject::descriptor},       Call{"pwritev", SYS_pwritev, Subject::descriptor},
    Call{"pwritev2", SYS_pwritev2, Subject::descriptor},   Call{"fsync", SYS_fsync, Subject::descriptor},
    Call{"fdatasync", SYS_fdatasync, Subject::descriptor}, Call{"sync_file_range", SYS_sync_file_range, Subject::descriptor},
    Call{"ftruncate", SYS_ftruncate, Subject::descriptor}, Call{"fallocate", SYS_fallocate, Subject::descriptor},
    Call{"rename", SYS_rename, Subject::path},             Call{"renameat", SYS_renameat, Subject::path_at},
    Call{"renameat2", SYS_renameat2, Subject::path_at},    Call{"open", SYS_open, Subject::path},
    Call{"openat", SYS_openat, Subject::path_at},
};

struct Plan {
  enum class Kind { nothing, kill, fail } kind = Kind::nothing;
  long seen = 0;
  std::vector<long> at;
  int error = 0;
  std::string path;
  std::vector<long> numbers;
};

std::mutex mutex;  // the plan is set by the thread that reads commands
Plan plan;

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream all(list);
  for (std::string one; std::getline(all, one, ',');) out.push_back(one);
  return out;
}

std::string name_of(long number) {
  const auto found = std::ranges::find(calls, number, &Call::number);
  return found == calls.end() ? std::to_string(number) : found->name;
}

void obey(const std::string& line) {
  std::istringstream words(line);
  std::string verb, positions, names;
  words >> verb >> positions;
  const std::lock_guard lock(mutex);
  if (verb == "off") say("seen " + std::to_string(plan.seen));
  plan = Plan{};
  if (verb == "fail") {
    plan.error = std::atoi(positions.c_str());
    words >> positions >> plan.path >> names;
  }
  for (const auto& one : parts_of(positions)) plan.at.push_back(std::atol(one.c_str()));
  for (const auto& name : parts_of(names)) {
    const auto found = std::ranges::find(calls, name, [](const Call& c) { return std::string(c.name); });
    if (found == calls.end()) say("unknown " + name);
    else plan.numbers.push_back(found->number);
  }
  plan.kind = verb == "kill" ? Plan::Kind::kill : verb == "fail" ? Plan::Kind::fail : Plan::Kind::nothing;
}

void read_commands() {
  for (std::string line; std::getline(std::cin, line);) obey(line);
}

std::string text_at(pid_t task, std::uint64_t address) {
  std::string out(256, '\0');
  const iovec here{out.data(), out.size()}, there{std::bit_cast<void*>(address), out.size()};
  const auto got = process_vm_readv(task, &here, 1, &there, 1, 0);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out.substr(0, out.find('\0'));
}

std::string file_of(pid_t task, const Call& call, const __ptrace_syscall_info& info) {
  if (call.subject == Subject::path) return text_at(task, info.entry.args[0]);
  if (call.subject == Subject::path_at) return text_at(task, info.entry.args[1]);
  std::error_code none;
  return std::filesystem::read_symlink("/proc/" + std::to_string(task) + "/fd/" + std::to_string(static_cast<int>(info.entry.args[0])), none).string();
}

class Tracer {
 public:
  bool attach(pid_t process) {
    // Threads may be born while we look: until a look finds no new one.
    for (bool fresh = true; fresh;) {
      fresh = false;
      std::error_code error;
      for (const auto& one : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", error)) {
        const auto task = static_cast<pid_t>(std::stol(one.path().filename().string()));
        if (tasks_.contains(task)) continue;
        constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
        if (ptrace(PTRACE_SEIZE, task, 0, options) != 0) continue;
        ptrace(PTRACE_INTERRUPT, task, 0, 0);
        tasks_[task] = 0;
        fresh = true;
      }
      if (error) return false;
    }
    return !tasks_.empty();
  }

  void run() {
    while (!tasks_.empty()) {
      int status = 0;
      const auto task = waitpid(-1, &status, __WALL);
      if (task < 0) return;
      if (WIFSTOPPED(status)) stopped(task, status);
      else tasks_.erase(task);
    }
  }

 private:
  void stopped(pid_t task, int status) {
    tasks_.try_emplace(task, 0);
    const int event = status >> 16, signal = WSTOPSIG(status);
    if (event == 0 && signal == (SIGTRAP | 0x80)) return at_call(task);
    if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
      ptrace(PTRACE_LISTEN, task, 0, 0);  // a group stop stays one
      return;
    }
    go_on(task, event == 0 ? signal : 0);
  }

  static void go_on(pid_t task, int signal = 0) { ptrace(PTRACE_SYSCALL, task, 0, static_cast<long>(signal)); }

  void at_call(pid_t task) {
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof info, &info) > 0) {
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY) before_call(task, info);
      if (info.op == PTRACE_SYSCALL_INFO_EXIT) after_call(task);
    }
    go_on(task);
  }

  static bool is_next() { return std::ranges::find(plan.at, ++plan.seen) != plan.at.end(); }

  void before_call(pid_t task, const __ptrace_syscall_info& info) {
    const std::lock_guard lock(mutex);
    const auto number = static_cast<long>(info.entry.nr);
    if (plan.kind == Plan::Kind::nothing) return;
    if (plan.kind == Plan::Kind::kill) {
      if (!is_next()) return;
      for (const auto& [one, error] : tasks_) ::kill(one, SIGKILL);
      say("hit " + name_of(number));
      return;
    }
    if (std::ranges::find(plan.numbers, number) == plan.numbers.end()) return;
    if (number == SYS_sync_file_range && info.entry.args[3] == 0) return;  // no flags: RocksDB asks whether there is such a call
    const auto& call = *std::ranges::find(calls, number, &Call::number);
    const auto file = file_of(task, call, info);
    if (file.find(plan.path) == std::string::npos) return;
    if (!is_next()) return;
    tasks_[task] = plan.error;
    set_registers(task, [](user_regs_struct& r) { r.orig_rax = static_cast<unsigned long long>(-1); });  // no such call: it does nothing
    say("hit " + name_of(number) + " " + file);
  }

  void after_call(pid_t task) {
    auto& error = tasks_[task];
    if (error == 0) return;
    set_registers(task, [error](user_regs_struct& r) { r.rax = static_cast<unsigned long long>(-static_cast<long long>(error)); });
    error = 0;
  }

  template <class Change>
  static void set_registers(pid_t task, Change change) {
    user_regs_struct registers{};
    if (ptrace(PTRACE_GETREGS, task, 0, &registers) != 0) return;
    change(registers);
    ptrace(PTRACE_SETREGS, task, 0, &registers);
  }

  std::map<pid_t, int> tasks_;  // and the error that the call under way is to return
};

}  // namespace

int main(int count, char** arguments) {
  const auto process = count == 2 ? std::strtol(arguments[1], nullptr, 10) : 0;
  if (process <= 0) {
    std::fputs("usage: faultline PID (commands on standard input; see the head of faultline.cpp)\n", stderr);
    return 2;
  }
  Tracer tracer;
  if (!tracer.attach(static_cast<pid_t>(process))) {
    std::perror("faultline: cannot attach");
    return 1;
  }
  std::thread(read_commands).detach();
  say("ready");
  tracer.run();
  say("gone");
  std::_Exit(0);  // the other thread waits for input
}
