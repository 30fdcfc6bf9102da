// bench/submit.cpp - submits mail for elsewhere over plain SMTP, as many sessions at once as told, and prints how many were accepted in
// how many seconds. The load of bench/path's row queue-sink: what is accepted leaves by the queue for a sink that counts.
// Usage: submit HOST:PORT FROM TO SESSIONS SIZE SECONDS [USER PASSWORD]     TO: %d becomes a number; USER: AUTH PLAIN, for loopback only
#include <fmt/core.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdlib>
#include <istream>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"

namespace {

using boost::asio::ip::tcp;
using Steady = std::chrono::steady_clock;

struct Plan {
  std::string host, port, from, to, user, password;
  std::size_t size = 4096;
  Steady::time_point end;
};

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "submit: {}\n", why);
  std::exit(1);
}

class Client {
 public:
  explicit Client(const Plan& plan) : socket_(context_) {
    tcp::resolver resolver(context_);
    boost::asio::connect(socket_, resolver.resolve(plan.host, plan.port));
    socket_.set_option(tcp::no_delay(true));
    expect("220");
    say("EHLO client.test", "250");
    if (!plan.user.empty()) say("AUTH PLAIN " + posthorn::base64_encode(std::string(1, '\0') + plan.user + std::string(1, '\0') + plan.password), "235");
  }
  void say(const std::string& line, const char* code) {
    boost::asio::write(socket_, boost::asio::buffer(line + "\r\n"));
    expect(code);
  }

 private:
  void expect(const char* code) {
    std::string line;
    do {
      boost::asio::read_until(socket_, input_, "\r\n");
      std::istream stream(&input_);
      std::getline(stream, line);
    } while (line.size() > 3 && line[3] == '-');
    if (!line.starts_with(code)) stop("wanted " + std::string(code) + ", got " + line);
  }
  boost::asio::io_context context_;
  tcp::socket socket_;
  boost::asio::streambuf input_;
};

std::string numbered(std::string text, std::uint64_t number) {
  const auto at = text.find("%d");
  return at == std::string::npos ? text : text.replace(at, 2, std::to_string(number));
}

std::string letter(const Plan& plan, const std::string& to, std::uint64_t number) {
  std::string out = "From: " + plan.from + "\r\nTo: " + to + "\r\nSubject: Load " + std::to_string(number) +
                    "\r\nDate: Sun, 29 Nov 2026 12:00:00 +0000\r\nMessage-ID: <" + std::to_string(number) + "@load.test>\r\n\r\n";
  while (out.size() + 72 < plan.size) out += "Lines of text, as letters have them, with a number: " + std::to_string(number * 7919 + out.size()) + " and on.\r\n";
  return out;
}

void session(const Plan& plan, std::atomic<std::uint64_t>& next, std::atomic<std::uint64_t>& accepted) {
  constexpr int per_connection = 50;
  while (Steady::now() < plan.end) {
    Client client(plan);
    for (int i = 0; i < per_connection && Steady::now() < plan.end; ++i) {
      const auto number = ++next;
      const auto to = numbered(plan.to, number % 1000);
      client.say("MAIL FROM:<" + plan.from + ">", "250");
      client.say("RCPT TO:<" + to + ">", "250");
      client.say("DATA", "354");
      client.say(letter(plan, to, number) + ".", "250");
      ++accepted;
    }
    client.say("QUIT", "221");
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> given(arguments + 1, arguments + count);
  if (given.size() != 6 && given.size() != 8) stop("usage: submit HOST:PORT FROM TO SESSIONS SIZE SECONDS [USER PASSWORD]");
  Plan plan;
  const auto colon = given[0].rfind(':');
  if (colon == std::string::npos) stop("HOST:PORT has no port");
  plan.host = given[0].substr(0, colon);
  plan.port = given[0].substr(colon + 1);
  plan.from = given[1];
  plan.to = given[2];
  plan.size = std::stoul(given[4]);
  if (given.size() == 8) {
    plan.user = given[6];
    plan.password = given[7];
  }
  std::atomic<std::uint64_t> next = 0, accepted = 0;
  const auto begin = Steady::now();
  plan.end = begin + std::chrono::seconds(std::stol(given[5]));
  try {
    std::vector<std::jthread> threads;
    for (auto left = std::stoul(given[3]); left > 0; --left)
      threads.emplace_back([&] {
        try {
          session(plan, next, accepted);
        } catch (const std::exception& error) {
          stop(error.what());
        }
      });
  } catch (const std::exception& error) {
    stop(error.what());
  }
  fmt::print("{} {:.3f}\n", accepted.load(), std::chrono::duration<double>(Steady::now() - begin).count());
}
