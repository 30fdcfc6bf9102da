// tests/imap/client.h - several clients of one World in virtual time, each with a session of its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/virtual_clock.h"
#include "imap/world.h"
#include "net/pipe_stream.h"

namespace posthorn::imap::test {

class House;

class Client {
 public:
  Client(House& house, net::PipeOptions options);
  ~Client() { stream_->close(); }
  // Sends as it is.
  void send(std::string bytes);
  // Everything said since the last look.
  std::string take();
  // Sends a line, and takes the answer.
  std::string say(const std::string& line) {
    send(line + "\r\n");
    return take();
  }
  // Reads nothing until the next take(): a slow reader.
  bool closed() const { return reading_->ended; }

 private:
  struct Reading {
    std::string bytes;
    bool pending = false, ended = false;
  };
  static Task<void> read_once(std::shared_ptr<Stream> stream, std::shared_ptr<Reading> reading);
  static Task<void> write_all(std::shared_ptr<Stream> stream, std::string bytes);

  House& house_;
  std::shared_ptr<Stream> stream_;
  std::shared_ptr<Reading> reading_ = std::make_shared<Reading>();
};

class House {
 public:
  explicit House(std::size_t chunk = 0, talk::Settings settings = {}) : world(clock, settings), chunk_(chunk) {}
  ~House() {
    clients_.clear();
    clock.settle();
  }
  House(const House&) = delete;

  // A client that is logged in as alice and has selected INBOX.
  Client& selected() {
    auto& client = connected();
    client.say("x LOGIN alice secret");
    client.say("x SELECT INBOX");
    return client;
  }
  Client& connected(std::size_t window = 0) {
    net::PipeOptions options;
    options.chunk = chunk_;
    options.window = window;
    clients_.push_back(std::make_unique<Client>(*this, options));
    clients_.back()->take();
    return *clients_.back();
  }

  boost::asio::io_context context{1};
  VirtualClock clock{context};
  World world;

 private:
  std::size_t chunk_;
  std::vector<std::unique_ptr<Client>> clients_;
};

inline Client::Client(House& house, net::PipeOptions options) : house_(house) {
  auto [client, server] = net::make_pipe(house.context.get_executor(), house.clock, options);
  stream_ = std::move(client);
  auto& world = house.world;
  boost::asio::co_spawn(house.context,
                        serve(std::move(server), world.options, world.store, world.accounts, house.clock, *world.log, world.stopping),
                        boost::asio::detached);
}

inline void Client::send(std::string bytes) {
  boost::asio::co_spawn(house_.context, write_all(stream_, std::move(bytes)), boost::asio::detached);
  house_.clock.settle();
}

inline std::string Client::take() {
  house_.clock.settle();
  while (!reading_->ended) {
    if (!reading_->pending) {
      reading_->pending = true;
      boost::asio::co_spawn(house_.context, read_once(stream_, reading_), boost::asio::detached);
    }
    house_.clock.settle();
    if (reading_->pending) break;
  }
  std::string out;
  out.swap(reading_->bytes);
  return out;
}

inline Task<void> Client::read_once(std::shared_ptr<Stream> stream, std::shared_ptr<Reading> reading) {
  auto count = co_await stream->read_append(reading->bytes);
  reading->pending = false;
  if (!count || *count == 0) reading->ended = true;
}

inline Task<void> Client::write_all(std::shared_ptr<Stream> stream, std::string bytes) { co_await stream->write(bytes); }

}  // namespace posthorn::imap::test
