#include "crypto/keyring_channel.h"

#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace posthorn::crypto {
namespace {

constexpr unsigned most_tries = 3;  // a request that ends every keyring is not asked for ever
constexpr auto first_patience = std::chrono::seconds(30);

std::unexpected<Error> unavailable(const std::string& what) { return fail(Errc::unavailable, what, "It is tried again with the next message; the log tells more"); }

}  // namespace

KeyringChannel::KeyringChannel(int socket, std::chrono::milliseconds patience, std::function<void()> gone)
    : socket_(socket), patience_(patience), gone_(std::move(gone)), listener_([this] { listen(); }) {}

KeyringChannel::~KeyringChannel() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  ::shutdown(socket_, SHUT_RDWR);
  listener_.join();
  ::close(socket_);
}

bool KeyringChannel::send(const std::string& bytes, int flags) const {
  for (;;) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
    if (sent == static_cast<ssize_t>(bytes.size())) return true;
    if (sent >= 0 || errno != EINTR) return false;
  }
}

Result<wire::Response> KeyringChannel::call(wire::Request request) {
  Waiting mine;
  std::unique_lock lock(mutex_);
  if (!ended_.empty()) return unavailable(ended_);
  request.id = ++last_;
  mine.bytes = wire::encode(request);
  if (mine.bytes.size() > wire::message_limit) return fail(Errc::too_big, "too much for the keyring");
  waiting_.emplace(request.id, &mine);
  lock.unlock();
  const bool sent = send(mine.bytes, 0);
  lock.lock();
  if (sent) mine.wake.wait_for(lock, patience_, [&mine] { return mine.answer.has_value(); });
  waiting_.erase(request.id);
  sodium_memzero(mine.bytes.data(), mine.bytes.size());
  if (!mine.answer) return unavailable(sent ? "the keyring did not answer in time" : "the keyring cannot be asked");
  if (!*mine.answer) return std::move(*mine.answer);
  if ((*mine.answer)->outcome == wire::Outcome::failed) return fail(wire::error_of(**mine.answer));
  return std::move(*mine.answer);
}

Result<SharedKeys> KeyringChannel::wait_for_hello() {
  std::unique_lock lock(mutex_);
  greeted_.wait_for(lock, first_patience, [this] { return hello_.has_value(); });
  if (!hello_) return unavailable("the keyring's process did not start in time");
  return *hello_;
}

void KeyringChannel::listen() {
  std::string bytes(wire::message_limit + 1, '\0');
  for (;;) {
    const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return end("the keyring's process is gone");
    auto response = wire::decode_response(std::string_view(bytes).substr(0, static_cast<std::size_t>(size)));
    sodium_memzero(bytes.data(), static_cast<std::size_t>(size));
    if (!response) return end("the keyring's process said what cannot be understood");
    take(std::move(*response));
  }
}

void KeyringChannel::take(wire::Response response) {
  const std::lock_guard lock(mutex_);
  if (response.outcome == wire::Outcome::hello) {
    if (hello_ && *hello_) ask_again();
    hello_ = SharedKeys{response.texts.at(0), response.texts.at(1)};
    greeted_.notify_all();
  } else if (response.id == 0) {
    if (!hello_) hello_ = fail(wire::error_of(response));
    greeted_.notify_all();
  } else if (const auto found = waiting_.find(response.id); found != waiting_.end()) {  // else it came too late
    found->second->answer = std::move(response);
    found->second->wake.notify_one();
  }
}

// Never blocks: the keyring may be waiting for us to listen.
void KeyringChannel::ask_again() {
  for (auto& [id, one] : waiting_) {
    if (one->answer) continue;
    if (++one->tries <= most_tries && send(one->bytes, MSG_DONTWAIT)) continue;
    one->answer = unavailable("the keyring ended while it was asked");
    one->wake.notify_one();
  }
}

void KeyringChannel::end(std::string why) {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    ended_ = why;
    tell = !closing_ && hello_ && *hello_;
    if (!hello_) hello_ = unavailable(why);
    greeted_.notify_all();
    for (auto& [id, one] : waiting_) {
      if (!one->answer) one->answer = unavailable(why);
      one->wake.notify_one();
    }
  }
  if (tell && gone_) gone_();
}

}  // namespace posthorn::crypto
