// flood.cpp - offers mail at a given rate, whether or not the server keeps up (open loop): so many new connections a second, each brings
// one message and goes. Many loopback addresses, one thread, epoll. Says on standard output, as JSON, what became of them; writes the
// number of each message that was acknowledged with 250 to a file.
//
//   flood ADDRESS PORT RATE SECONDS FIRST RECIPIENT ACKS [MOST]
//
// RATE 0: closed loop with MOST sessions at once, which is how the sustainable rate is found. FIRST: number of the first message.
// With a rate, who was not greeted within PATIENCE seconds gives up, so that connections which the kernel dropped at a full queue of the
// listener do not hold the sessions that the rate needs.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Count {
  std::uint64_t begun = 0, acknowledged = 0, refused_4 = 0, refused_5 = 0, broken = 0, gave_up = 0, not_offered = 0;
};

constexpr std::chrono::seconds PATIENCE{3};

struct Session {
  int fd = -1;
  std::uint64_t number = 0;
  int step = 0;  // 0: greeting, 1: EHLO, 2: envelope (3 replies), 3: text, 4: done
  int replies = 0;
  std::string in;
  Clock::time_point begun{};
};

struct Flood {
  sockaddr_in to{};
  std::string recipient;
  std::FILE* acks = nullptr;
  int poll = -1;
  std::uint64_t next = 0;
  unsigned source = 0;
  Count count;
  std::unordered_map<int, std::unique_ptr<Session>> open;
  std::deque<std::pair<int, std::uint64_t>> begun;  // in order: descriptor and message, for who loses patience
  std::vector<double> times;
  Clock::time_point last_acknowledged{};

  void begin() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      ++count.not_offered;
      return;
    }
    // 64 networks /21 of 32 addresses each.
    sockaddr_in from{};
    from.sin_family = AF_INET;
    const unsigned n = source++ % 2048;
    from.sin_addr.s_addr = htonl(0x7f400000U + (n % 64) * 2048 + 1 + n / 64 * 60);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
      ::close(fd);
      ++count.broken;
      return;
    }
    auto session = std::make_unique<Session>();
    session->fd = fd;
    session->number = next++;
    session->begun = Clock::now();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    begun.emplace_back(fd, session->number);
    open.emplace(fd, std::move(session));
    ++count.begun;
  }

  void give_up() {
    for (const auto now = Clock::now(); !begun.empty(); begun.pop_front()) {
      const auto found = open.find(begun.front().first);
      if (found == open.end() || found->second->number != begun.front().second || found->second->step > 0) continue;
      if (now - found->second->begun < PATIENCE) return;
      ++count.gave_up;
      end(*found->second);
    }
  }

  void end(Session& session) {
    const int fd = session.fd;
    ::close(fd);
    open.erase(fd);
  }
  bool say(Session& session, const std::string& text) {
    return ::send(session.fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  // One reply line (the last of its reply). False: the session is over.
  bool reply(Session& session, std::string_view line) {
    const char kind = line.empty() ? '0' : line[0];
    if (kind == '4' || kind == '5') {
      ++(kind == '4' ? count.refused_4 : count.refused_5);
      return false;
    }
    const auto n = std::to_string(session.number);
    switch (session.step) {
      case 0: session.step = 1; return say(session, "EHLO flood.test\r\n");
      case 1:
        session.step = 2;
        return say(session, "MAIL FROM:<s@flood.test>\r\nRCPT TO:<" + recipient + ">\r\nDATA\r\n");
      case 2:
        if (++session.replies < 3) return true;
        session.step = 3;
        return say(session, "From: s@flood.test\r\nTo: " + recipient + "\r\nSubject: flood " + n + "\r\nMessage-ID: <flood-" + n + "@flood.test>\r\n\r\n" +
                                std::string(2000, 'x').insert(1000, "\r\n").insert(500, "\r\n").insert(1500, "\r\n") + "\r\n.\r\n");
      case 3:
        ++count.acknowledged;
        last_acknowledged = Clock::now();
        std::fprintf(acks, "%s\n", n.c_str());
        times.push_back(std::chrono::duration<double>(Clock::now() - session.begun).count());
        say(session, "QUIT\r\n");
        session.step = 4;
        return false;
      default: return false;
    }
  }

  void readable(int fd) {
    const auto found = open.find(fd);
    if (found == open.end()) return;
    auto& session = *found->second;
    char buffer[4096];
    const auto got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) {
      if (got < 0 && errno == EAGAIN) return;
      ++count.broken;
      return end(session);
    }
    session.in.append(buffer, static_cast<std::size_t>(got));
    for (std::size_t at; (at = session.in.find("\r\n")) != std::string::npos;) {
      const std::string line = session.in.substr(0, at);
      session.in.erase(0, at + 2);
      if (line.size() > 3 && line[3] == '-') continue;
      if (!reply(session, line)) return end(session);
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    std::fprintf(stderr, "flood ADDRESS PORT RATE SECONDS FIRST RECIPIENT ACKS [MOST]\n");
    return 2;
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  Flood flood;
  flood.to.sin_family = AF_INET;
  inet_pton(AF_INET, argv[1], &flood.to.sin_addr);
  flood.to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
  const double rate = std::atof(argv[3]), seconds = std::atof(argv[4]);
  flood.next = std::strtoull(argv[5], nullptr, 10);
  flood.recipient = argv[6];
  flood.acks = std::fopen(argv[7], "a");
  const std::size_t most = argc > 8 ? std::strtoull(argv[8], nullptr, 10) : 15'000;
  flood.poll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto started = Clock::now();
  double offered = 0;
  std::vector<epoll_event> events(1024);
  for (;;) {
    const double passed = std::chrono::duration<double>(Clock::now() - started).count();
    if (passed < seconds) {
      if (rate == 0) {
        while (flood.open.size() < most) flood.begin();
      } else {
        // At most a burst of 20 ms at once, so that answers are read too.
        for (int burst = 0; offered < passed * rate && burst < 200; ++offered, ++burst) {
          if (flood.open.size() < most) flood.begin();
          else ++flood.count.not_offered;
        }
      }
    } else if (flood.open.empty() || passed > seconds + 30) {
      break;
    }
    const int ready = ::epoll_wait(flood.poll, events.data(), static_cast<int>(events.size()), 2);
    for (int i = 0; i < ready; ++i) flood.readable(events[static_cast<std::size_t>(i)].data.fd);
    if (rate > 0) flood.give_up();
  }
  std::fclose(flood.acks);
  auto& t = flood.times;
  std::sort(t.begin(), t.end());
  const auto& c = flood.count;
  std::printf("{\"begun\": %lu, \"acknowledged\": %lu, \"refused_4\": %lu, \"refused_5\": %lu, \"broken\": %lu, \"gave_up\": %lu, \"not_offered\": %lu, \"unanswered\": %zu, \"busy\": %.2f, \"median\": %.4f, \"p99\": %.4f, \"next\": %lu}\n",
              c.begun, c.acknowledged, c.refused_4, c.refused_5, c.broken, c.gave_up, c.not_offered, flood.open.size(), t.empty() ? 0 : std::chrono::duration<double>(flood.last_acknowledged - started).count(), t.empty() ? 0 : t[t.size() / 2], t.empty() ? 0 : t[t.size() * 99 / 100], flood.next);
  return 0;
}
