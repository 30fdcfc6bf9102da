#include "app/confine/seccomp.h"

#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string>

namespace posthorn::app::confine {
namespace {

struct Free {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Free>;

// What any program of ours does all day.
constexpr const char* always[] = {
    "read", "write", "readv", "writev", "close", "lseek", "fcntl", "fstat", "dup", "dup2", "dup3",
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "eventfd", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime", "pipe", "pipe2",
    "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "getsockopt", "getsockname", "getpeername",
    "brk", "munmap", "mremap", "madvise", "msync", "mincore", "mlock", "mlock2", "munlock", "membarrier",
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "exit", "exit_group", "restart_syscall",
    "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_setattr", "getcpu",
    "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups",
    "getrusage", "getpriority", "times", "sysinfo", "uname", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getrandom", "getrlimit",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigpending", "sigaltstack", "arch_prctl"};

// The store's files (Landlock says which), and the network.
constexpr const char* of_server[] = {
    "open", "openat", "creat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd",
    "statfs", "fstatfs", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "umask",
    "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "fsync", "fdatasync", "sync_file_range", "ftruncate", "truncate", "fallocate", "fadvise64",
    "readahead", "flock", "copy_file_range", "memfd_create", "utimensat", "close_range",
    "socketpair", "connect", "accept", "accept4", "bind", "listen", "setsockopt", "wait4", "waitid"};

constexpr unsigned long terminal_inject = 0x5412;  // TIOCSTI: typing on somebody's terminal
constexpr unsigned long ioctls[] = {FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ, FS_IOC_GETVERSION, FS_IOC_GETFLAGS};
static_assert(terminal_inject != TIOCGWINSZ);
constexpr int families[] = {AF_INET, AF_INET6, AF_UNIX};
constexpr int own_settings[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, 0x53564d41 /* PR_SET_VMA: jemalloc names its memory */};

scmp_arg_cmp equal(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) { return {argument, SCMP_CMP_MASKED_EQ, mask, value}; }

// Collects rules; the first that fails is what is told.
class Rules {
 public:
  explicit Rules(void* filter) : filter_(filter) {}

  // A name that this machine has no call for needs no rule.
  void allow(const char* name, std::span<const scmp_arg_cmp> conditions = {}) { add(SCMP_ACT_ALLOW, name, conditions); }
  void refuse(const char* name, std::uint32_t number) { add(SCMP_ACT_ERRNO(number), name, {}); }
  void allow_if(const char* name, scmp_arg_cmp condition) { allow(name, std::array{condition}); }
  Status status() const { return status_; }

 private:
  void add(std::uint32_t action, const char* name, std::span<const scmp_arg_cmp> conditions) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR || call < 0 || !status_) return;
    const int wrong = seccomp_rule_add_array(filter_, action, call, static_cast<unsigned>(conditions.size()), conditions.data());
    if (wrong < 0) status_ = fail(Errc::refused, std::string("no seccomp rule for ") + name + ": " + std::strerror(-wrong));
  }
  void* filter_;
  Status status_;
};

void add_common(Rules& rules) {
  for (const auto* name : always) rules.allow(name);
  // Memory is for data: nothing becomes code after the start.
  for (const auto* name : {"mmap", "mprotect"}) rules.allow_if(name, masked(2, PROT_EXEC, 0));
  // Threads, no processes. clone3 keeps its flags in memory, where no filter sees them: libraries then go back to clone.
  rules.allow_if("clone", masked(0, CLONE_THREAD, CLONE_THREAD));
  rules.refuse("clone3", ENOSYS);
  // abort() and friends signal this process itself.
  rules.allow_if("tgkill", equal(0, static_cast<scmp_datum_t>(::getpid())));
  rules.allow_if("prlimit64", equal(2, 0));  // read a limit, set none
  rules.allow_if("sched_setattr", equal(0, 0));  // of the calling thread: short slices (base/short_slices); real time needs a capability
  for (const int one : own_settings) rules.allow_if("prctl", equal(0, static_cast<scmp_datum_t>(one)));
#if defined(POSTHORN_SANITIZED)
  for (const auto* name : {"mmap", "mprotect", "clone", "ptrace", "prctl", "prlimit64", "kill", "wait4", "sched_setaffinity", "personality", "open", "openat", "readlink", "setrlimit"}) rules.allow(name);
#endif
}

void add_server(Rules& rules) {
  for (const auto* name : of_server) rules.allow(name);
  for (const auto one : ioctls) rules.allow_if("ioctl", equal(1, one));
  for (const int family : families) rules.allow_if("socket", equal(0, static_cast<scmp_datum_t>(family)));
  // No file of ours is ever set-user-id.
  for (const auto* name : {"chmod", "fchmod"}) rules.allow_if(name, masked(1, 07000, 0));
  rules.allow_if("fchmodat", masked(2, 07000, 0));
  rules.refuse("openat2", ENOSYS);
  rules.refuse("io_uring_setup", ENOSYS);
}

}  // namespace

Status close_kernel(Part part) {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return fail(Errc::unavailable, "libseccomp gave no filter");
  Rules rules(filter.get());
  add_common(rules);
  if (part == Part::server) add_server(rules);
  TRY(rules.status());
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, 1);
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  const int wrong = seccomp_load(filter.get());
  if (wrong == 0) return {};
  return fail(Errc::unavailable, std::string("this kernel takes no seccomp filter: ") + std::strerror(-wrong),
              "Use a kernel with CONFIG_SECCOMP_FILTER, as every Debian has; or set confine.required = false");
}

}  // namespace posthorn::app::confine
