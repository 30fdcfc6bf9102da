#include "app/keyring/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "app/confine/privileges.h"
#include "app/confine/walls.h"
#include "app/spawn_setup.h"
#include "crypto/keyring_service.h"

namespace posthorn::app {
namespace {

constexpr int quick_end = 3, slow_end = 4;
constexpr unsigned quick_threads = 2;
constexpr auto first_wait = std::chrono::milliseconds(100), longest_wait = std::chrono::milliseconds(5'000), grown_up = std::chrono::milliseconds(10'000);

std::unexpected<Error> not_started(const std::string& what, int code) {
  return fail(Errc::unavailable, "the keyring's process cannot be started: " + what + ": " + std::strerror(code));
}

struct Pair {
  std::array<int, 2> ends{-1, -1};
  ~Pair() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  // Moved out of the way of descriptors 3 and 4, which the child's ends become.
  Status open() {
    std::array<int, 2> made{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, made.data()) != 0) return not_started("no socketpair", errno);
    for (std::size_t i = 0; i < 2; ++i) {
      ends[i] = ::fcntl(made[i], F_DUPFD_CLOEXEC, slow_end + 1);
      ::close(made[i]);
      if (ends[i] < 0) return not_started("no descriptors", errno);
    }
    return {};
  }
};

Status spawn(const Config& config, int quick, int slow) {
  SpawnSetup setup;
  posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&setup.actions, quick, quick_end);
  posix_spawn_file_actions_adddup2(&setup.actions, slow, slow_end);
  // A Ctrl-C on the server's terminal is for the server, which still needs its keys while it stops.
  posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETPGROUP);
  std::error_code error;
  auto program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  std::vector<std::string> words{program, "--config", config.file, "keyring"};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int wrong = posix_spawn(&pid, program.c_str(), &setup.actions, &setup.attributes, arguments.data(), environ);
  if (wrong != 0) return not_started(program, wrong);
  return {};
}

void say(const Error& error) {
  const auto message = crypto::wire::encode(crypto::wire::failure(0, error));
  if (::send(quick_end, message.data(), message.size(), MSG_NOSIGNAL) < 0) std::fprintf(stderr, "posthorn keyring: %s\n", error.text().c_str());
}

// Libraries read their files with the first use: that must be before there are no files.
void warm_up(crypto::LocalKeyring& keyring) {
  static_cast<void>(crypto::SigningKey::generate(crypto::KeyKind::ed25519));
  static_cast<void>(keyring.hash_password("warm", {}));
}

void answer_with_threads(crypto::LocalKeyring& keyring) {
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < quick_threads; ++i) threads.emplace_back([&keyring] { crypto::answer_all(quick_end, keyring); });
  // Hashing is what the machine's cores allow at once, and no more memory than that: a flood of logins waits in the socket.
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back([&keyring] { crypto::answer_all(slow_end, keyring); });
}

// The child: reads the key, closes everything, answers. Gives the exit status.
int hold_keys(const Config& config) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto keyring = crypto::local_keyring(config.keyring_file());
  if (!keyring) {
    say(keyring.error());
    return 1;
  }
  warm_up(**keyring);
  if (auto walls = confine::put_up({}, confine::Part::keys, config.confine.required); !walls) {
    say(walls.error());
    return 1;
  }
  if (!crypto::greet(quick_end, **keyring) || !crypto::greet(slow_end, **keyring)) return 0;
  answer_with_threads(**keyring);
  return 0;
}

// Nobody at the other end any more: the server has ended.
bool is_alone() {
  char byte = 0;
  const auto size = ::recv(quick_end, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

bool is_socket(int descriptor) {
  struct stat about{};
  return ::fstat(descriptor, &about) == 0 && S_ISSOCK(about.st_mode);
}

void supervise(const Config& config) {
  auto wait = first_wait;
  while (!is_alone()) {
    const auto began = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(hold_keys(config));
    int status = 0;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (is_alone()) return;
    std::fprintf(stderr, "{\"event\":\"keyring.died\",\"level\":\"error\",\"status\":%d}\n", status);
    wait = std::chrono::steady_clock::now() - began > grown_up ? first_wait : std::min(2 * wait, longest_wait);
    std::this_thread::sleep_for(wait);
  }
}

}  // namespace

Result<crypto::KeyringSockets> start_keyring(const Config& config) {
  TRY(confine::prepare_folder(config.data, config.confine.user));
  Pair quick, slow;
  TRY(quick.open());
  TRY(slow.open());
  TRY(spawn(config, quick.ends[1], slow.ends[1]));
  return crypto::KeyringSockets{std::exchange(quick.ends[0], -1), std::exchange(slow.ends[0], -1)};
}

Status run_keyring(const Config& config) {
  if (!is_socket(quick_end)) return fail(Errc::invalid, "posthorn keyring is started by posthorn serve, and by nobody else", "Run: posthorn serve");
  if (is_alone()) return {};  // the server has ended at once, and said why
  ::close_range(slow_end + 1, UINT_MAX, 0);
  std::signal(SIGPIPE, SIG_IGN);
  auto ready = confine::become(config.confine.user);
  // After the user changed, which undoes it. Who ended the server before this line is found by is_alone().
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (ready) ready = crypto::make_key_file(config.keyring_file());
  // It reads nothing that comes from outside: files and rights are enough of a wall, and the child needs a kernel that lets it be made.
  if (ready) {
    confine::Files files;
    for (const auto* path : {"/etc/ssl/openssl.cnf", "/usr/lib/ssl", "/dev/urandom", "/dev/null"}) files.read.emplace_back(path);
    files.read.push_back(config.keyring_file());
    if (auto walls = confine::put_up(files, confine::Part::keeper, config.confine.required); !walls) ready = fail(walls.error());
  }
  if (!ready) {
    say(ready.error());
    return fail(ready.error());
  }
  supervise(config);
  return {};
}

}  // namespace posthorn::app
