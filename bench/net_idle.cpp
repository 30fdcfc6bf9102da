// Bytes of this process's memory an idle connection costs, plain and TLS, beside the budget of the design (4 KiB, 20 KiB).
// The clients live in a child process, so that only the server's side is counted. Usage: net_idle [connections]
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include "net/certificates.h"
#include "net/line_reader.h"
#include "net/listener.h"
#include "net/raw_client.h"

namespace {

using namespace posthorn;

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Task<void> idle_session(std::unique_ptr<Stream> stream) {
  net::LineReader reader(*stream);
  auto greeted = co_await stream->write("220 ready\r\n");
  while (greeted) {
    stream->deadline(std::chrono::minutes(5));
    auto line = co_await reader.line(512);
    if (!line) co_return;
    greeted = co_await stream->write("250 ok\r\n");
  }
}

// Opens all connections, has one round trip on each, says so through `ready`, and waits to be killed.
[[noreturn]] void run_clients(const Endpoint& at, int count, bool secure, int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<std::unique_ptr<net::test::RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<net::test::RawClient>(at));
    if (secure && !clients.back()->start_tls()) _exit(1);
    clients.back()->receive();
    clients.back()->send("NOOP\r\n");
    if (clients.back()->receive() != "250 ok\r\n") _exit(1);
  }
  [[maybe_unused]] const auto told = ::write(ready, "k", 1);
  ::pause();
  _exit(0);
}

void measure(net::TlsContext* tls, int count, const char* name, double budget_kib) {
  net::Runtime runtime(1, 1);
  const auto clock = net::system_clock();
  const auto log = null_log();
  net::ListenOptions options;
  options.at = {"127.0.0.1", 0};
  options.implicit_tls = tls != nullptr;
  options.per_address = options.per_network = options.per_wide_network = 0;
  auto listener = net::listen(runtime, *clock, *log, options, tls, idle_session);
  if (!listener) return void(std::printf("%s\n", listener.error().text().c_str()));
  std::thread server([&runtime] { runtime.run(); });
  net::test::RawClient warm((*listener)->at());
  const auto before = resident_bytes();
  int ends[2];
  if (::pipe(ends) != 0) return;
  const pid_t child = ::fork();
  if (child == 0) run_clients((*listener)->at(), count, tls != nullptr, ends[1]);
  char answer = 0;
  ::close(ends[1]);
  if (::read(ends[0], &answer, 1) == 1) {
    const auto each = static_cast<double>(resident_bytes() - before) / count;
    std::printf("%-6s %6d idle connections: %7.0f bytes each = %5.1f KiB, budget %4.1f KiB: %3.0f %%\n", name, count, each,
                each / 1024, budget_kib, 100 * each / 1024 / budget_kib);
  } else {
    std::printf("%s: the clients failed\n", name);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  listener->reset();
  runtime.stop();
  server.join();
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 2000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const net::test::Folder folder;
  auto tls =
      net::TlsContext::load({folder.write("a", net::test::issue({.common_name = "a", .alternative_names = "DNS:a.test"}))});
  if (!tls) return 1;
  measure(nullptr, count, "plain", 4);
  measure(tls->get(), count, "TLS", 20);
  return 0;
}
