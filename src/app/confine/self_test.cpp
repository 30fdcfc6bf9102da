#include "app/confine/self_test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "app/confine/walls.h"

namespace posthorn::app::confine {
namespace {

// An act gives 0 when it was done, else what the kernel said.
using Act = int (*)(const Config&);
struct Row {
  const char* what;
  Act act;
  bool must_fail = true;
  int since_landlock = 0;  // what an older version cannot forbid is not asked of it
};

constexpr int walls_failed = 254;  // no errno of Linux is that large

int said(long result) { return result < 0 ? errno : 0; }
int opened(const std::string& path, int flags) { return said(::open(path.c_str(), flags | O_CLOEXEC, 0600)); }

int run_program(const Config&) {
  std::string name = "/bin/true";
  std::array<char*, 2> arguments{name.data(), nullptr};
  return said(::execv(name.c_str(), arguments.data()));
}
int run_from_memory(const Config&) {
  const int memory = ::memfd_create("program", 0);
  return said(::syscall(SYS_execveat, memory, "", nullptr, nullptr, AT_EMPTY_PATH));
}
int new_process(const Config&) { return said(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }
int new_code(const Config&) {
  void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? errno : 0;
}
int code_of_data(const Config&) {
  void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? 0 : said(::mprotect(at, 4096, PROT_READ | PROT_EXEC));
}
// Both even where a process is user 0 to begin with: asking for what one is asks for nothing.
int root_again(const Config&) { return said(::setresuid(0, 0, 0)); }
int capability(const Config&) { return said(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 10, 0, 0)); }
int read_passwords(const Config&) { return opened("/etc/shadow", O_RDONLY); }
int read_users(const Config&) { return opened("/etc/passwd", O_RDONLY); }
int read_other_process(const Config&) { return opened("/proc/1/environ", O_RDONLY); }
int list_root(const Config&) { return opened("/", O_RDONLY | O_DIRECTORY); }
int write_temporary(const Config&) {
  const int done = opened("/tmp/posthorn-self-test", O_WRONLY | O_CREAT);
  if (done == 0) ::unlink("/tmp/posthorn-self-test");
  return done;
}
int write_config(const Config& config) { return opened(config.file, O_WRONLY | O_APPEND); }
int cut_config(const Config& config) {
  struct stat info {};
  if (::stat(config.file.c_str(), &info) != 0) return errno;
  return said(::truncate(config.file.c_str(), info.st_size));  // to the size that it has
}
int make_device(const Config& config) { return said(::mknod((config.data + "/self-test").c_str(), S_IFCHR | 0600, 0)); }
int set_user_id(const Config& config) { return said(::chmod(config.data.c_str(), 04700)); }
int mount_something(const Config&) { return said(::mount("none", "/mnt", "tmpfs", 0, nullptr)); }
int own_namespace(const Config&) { return said(::unshare(CLONE_NEWUSER)); }
int other_root(const Config&) { return said(::chroot("/")); }
int trace(const Config&) { return said(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }
int look_into_process(const Config&) {
  std::array<char, 8> to{};
  const iovec here{to.data(), to.size()}, there{to.data(), to.size()};
  return said(::process_vm_readv(::getppid(), &here, 1, &there, 1, 0));
}
int signal_parent(const Config&) { return said(::kill(::getppid(), 0)); }
int io_ring(const Config&) { return said(::syscall(SYS_io_uring_setup, 1, nullptr)) == EFAULT ? 0 : errno; }
int kernel_program(const Config&) { return said(::syscall(SYS_bpf, 0, nullptr, 0)); }
int performance(const Config&) { return said(::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0)); }
int page_faults(const Config&) { return said(::syscall(SYS_userfaultfd, 0)); }
int kernel_keys(const Config&) { return said(::syscall(SYS_keyctl, 0, -2, 0, 0, 0)); }
int kernel_module(const Config&) { return said(::syscall(SYS_finit_module, -1, "", 0)); }
int new_kernel(const Config&) { return said(::syscall(SYS_kexec_load, 0, 0, nullptr, 0)); }
int reboot(const Config&) { return said(::syscall(SYS_reboot, 0, 0, 0, nullptr)); }
int set_clock(const Config&) { return said(::syscall(SYS_clock_settime, 0, nullptr)); }
int raw_packets(const Config&) { return said(::socket(AF_PACKET, SOCK_RAW, 0)); }
int kernel_talk(const Config&) { return said(::socket(AF_NETLINK, SOCK_RAW, 0)); }
int dump_memory(const Config&) {
  const rlimit some{4096, RLIM_INFINITY};
  return said(::setrlimit(RLIMIT_CORE, &some));
}
int be_dumpable(const Config&) { return said(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }

int bind_port(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return said(::bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at));
}
int take_port(const Config&) { return bind_port(18025); }

int any_port(const Config&) { return bind_port(0); }
int use_store(const Config& config) {
  const auto file = config.data + "/self-test", renamed = file + ".renamed";
  if (const int wrong = opened(file, O_RDWR | O_CREAT); wrong != 0) return wrong;
  if (const int wrong = said(::rename(file.c_str(), renamed.c_str())); wrong != 0) return wrong;
  return said(::unlink(renamed.c_str()));
}
int read_certificates(const Config& config) {
  for (const auto& files : config.certificates) {
    if (const int wrong = opened(files.certificate, O_RDONLY); wrong != 0) return wrong;
    if (const int wrong = opened(files.key, O_RDONLY); wrong != 0) return wrong;
  }
  return 0;
}
int start_thread(const Config&) {
  std::thread([] {}).join();  // an exception ends the child: that too is "not done"
  return 0;
}
// struct sched_attr of the kernel, all zero but its size: the ordinary policy, the ordinary slice.
int set_slice(const Config&) {
  std::array<std::uint32_t, 12> wanted{48};
  return said(::syscall(SYS_sched_setattr, 0, wanted.data(), 0));
}
int ask_dns(const Config&) { return said(::socket(AF_INET, SOCK_DGRAM, 0)); }

constexpr Row rows[] = {
    {"run a program", run_program},
    {"run a program from memory", run_from_memory},
    {"start another process", new_process},
    {"map memory as code", new_code},
    {"turn data into code", code_of_data},
    {"become root again", root_again},
    {"raise a capability", capability},
    {"read /etc/shadow", read_passwords},
    {"read /etc/passwd", read_users},
    {"read another process's environment", read_other_process},
    {"list the root folder", list_root},
    {"write to /tmp", write_temporary},
    {"change the configuration", write_config},
    {"truncate the configuration", cut_config, true, 3},
    {"make a device", make_device},
    {"make a file set-user-id", set_user_id},
    {"mount a file system", mount_something},
    {"make a namespace", own_namespace},
    {"change the root folder", other_root},
    {"be traced", trace},
    {"read another process's memory", look_into_process},
    {"signal another process", signal_parent},
    {"make an io_uring", io_ring},
    {"load a program into the kernel (bpf)", kernel_program},
    {"watch performance counters", performance},
    {"handle page faults", page_faults},
    {"use the kernel's keys", kernel_keys},
    {"load a kernel module", kernel_module},
    {"load another kernel", new_kernel},
    {"reboot", reboot},
    {"set the clock", set_clock},
    {"open a packet socket", raw_packets},
    {"open a netlink socket", kernel_talk},
    {"allow core dumps", dump_memory},
    {"make its memory readable", be_dumpable},
    {"listen on another TCP port", take_port, true, 4},
    {"bind a port that the kernel chooses", any_port, false},
    {"make, rename and remove files in the data folder", use_store, false},
    {"read the certificates and keys", read_certificates, false},
    {"start a thread", start_thread, false},
    {"open a UDP socket for DNS", ask_dns, false},
    {"set the time slice of its thread", set_slice, false},
};

// In the child: nothing here returns.
[[noreturn]] void attempt(const Row& row, const Config& config) {
  if (!wall_in(config)) ::_exit(walls_failed);
  const int answer = row.act(config);
  ::_exit(answer > 0 && answer < walls_failed ? answer : 0);
}

Result<Trial> try_one(const Row& row, const Config& config) {
  const pid_t child = ::fork();
  if (child == 0) attempt(row, config);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return fail(Errc::unavailable, std::string("cannot start a child: ") + std::strerror(errno));
  Trial trial;
  trial.act = row.what;
  trial.must_fail = row.must_fail;
  if (WIFEXITED(status) && WEXITSTATUS(status) == walls_failed)
    return fail(Errc::unavailable, "the walls could not be put up in a child though they could be before", "Try again");
  // An act that was killed did not happen either.
  const int answer = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
  trial.did_fail = answer != 0;
  trial.answer = WIFSIGNALED(status) ? "killed" : answer == 0 ? "" : std::strerror(answer);
  return trial;
}

// What wall_in() would say, from a child, because it holds for good.
Status try_walls(const Config& config) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::unavailable, std::string("cannot make a pipe: ") + std::strerror(errno));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto walls = wall_in(config);
    const std::string why = walls ? "" : walls.error().text();
    const auto written = ::write(ends[1], why.data(), why.size());
    ::_exit(written == static_cast<ssize_t>(why.size()) && walls ? 0 : 1);
  }
  ::close(ends[1]);
  std::string why(4096, '\0');
  const auto size = ::read(ends[0], why.data(), why.size());
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Errc::unavailable, "the walls cannot be put up: " + why.substr(0, size > 0 ? static_cast<std::size_t>(size) : 0));
}

}  // namespace

Result<std::vector<Trial>> try_confinement(const Config& config) {
  TRY(try_walls(config));
  std::vector<Trial> out;
  for (const auto& row : rows) {
    if (row.since_landlock > landlock_version()) continue;
    TRY_ASSIGN(auto trial, try_one(row, config));
    out.push_back(std::move(trial));
  }
  return out;
}

}  // namespace posthorn::app::confine
