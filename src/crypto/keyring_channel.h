// crypto/keyring_channel.h - one conversation with the keyring's process: requests by many threads at once, answers in any order.
// Every operation gives the same answer when it is asked twice, so what a keyring did not answer before it died is asked again.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "crypto/keyring.h"
#include "crypto/keyring_wire.h"

namespace posthorn::crypto {

class KeyringChannel {
 public:
  KeyringChannel(int socket, std::chrono::milliseconds patience, std::function<void()> gone);
  ~KeyringChannel();
  KeyringChannel(const KeyringChannel&) = delete;
  KeyringChannel& operator=(const KeyringChannel&) = delete;

  // Blocks until it is answered. Unavailable: no answer in time, or there is no keyring any more.
  Result<wire::Response> call(wire::Request request);
  // Blocks until the first hello.
  Result<SharedKeys> wait_for_hello();

 private:
  struct Waiting {
    std::string bytes;      // to ask again
    unsigned tries = 1;
    std::condition_variable wake;
    std::optional<Result<wire::Response>> answer;
  };
  void listen();
  void take(wire::Response response);
  void ask_again();
  void end(std::string why);
  bool send(const std::string& bytes, int flags) const;

  int socket_;
  std::chrono::milliseconds patience_;
  std::function<void()> gone_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable greeted_;
  std::map<std::uint64_t, Waiting*> waiting_;
  std::uint64_t last_ = 0;
  std::optional<Result<SharedKeys>> hello_;
  std::string ended_;  // why
  bool closing_ = false;
  std::thread listener_;
};

}  // namespace posthorn::crypto
