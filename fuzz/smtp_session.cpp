// A whole server session over a pipe: the replies and the messages accepted are the same however the bytes are cut (the
// lines come one at a time, so that no cut changes what is pipelined where it may not be), nothing leaks, and no
// accepted message holds a bare CR or LF or a NUL.
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/virtual_clock.h"
#include "net/pipe_stream.h"
#include "smtp/grammar/dot_stuffing.h"
#include "smtp/grammar/parsed.h"
#include "smtp/server.h"

namespace {

using namespace posthorn;
using namespace posthorn::smtp;

struct Post final : Handler {
  Task<Reply> connected(const Peer&) override { co_return make_reply(220, "", ""); }
  Task<Reply> mail(const Peer&, const MailFrom&) override { co_return make_reply(250, "2.1.0", "Ok"); }
  Task<Reply> rcpt(const Peer&, const MailFrom&, const RcptTo& to) override {
    if (to.recipient.local == "u") co_return make_reply(550, "5.1.1", "Unknown");
    co_return make_reply(250, "2.1.5", "Ok");
  }
  Task<Reply> message(const Peer&, Transaction transaction) override {
    if (!check_text(transaction.message) || transaction.recipients.empty()) std::abort();
    if (!transaction.message.empty() && !transaction.message.ends_with("\r\n")) std::abort();
    messages.push_back(std::move(transaction.message));
    co_return make_reply(250, "2.0.0", "Ok");
  }
  bool reserve(std::uint64_t bytes) override {
    reserved += bytes;
    return reserved < 100'000;
  }
  void release(std::uint64_t bytes) override { reserved -= bytes; }

  std::vector<std::string> messages;
  std::uint64_t reserved = 0;
};

struct Nobody final : sasl::Accounts {
  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string, std::string) override {
    if (password != "p") co_return fail(Errc::refused, "wrong");
    co_return sasl::Login{AccountId{1}, user};
  }
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string, std::string, std::string) override {
    co_return fail(Errc::unavailable, "none");
  }
  Task<Result<sasl::Login>> finish_scram(std::string, std::optional<crypto::ScramKeys>, std::string, std::string) override { co_return fail(Errc::refused, "no"); }
};

Task<void> collect(std::shared_ptr<Stream> stream, std::shared_ptr<std::string> said) {
  while (true) {
    auto count = co_await stream->read_append(*said);
    if (!count || *count == 0) break;
  }
}
Task<void> put(std::shared_ptr<Stream> stream, std::string bytes) { co_await stream->write(bytes); }

struct Talked {
  std::string said;
  std::vector<std::string> messages;
};

// Lines are sent one at a time, so that no cut makes a difference to what is pipelined where it may not be.
Talked talk(std::string_view bytes, Service service, std::size_t chunk) {
  Post post;
  Nobody accounts;
  ServerOptions options;
  options.host_name = "mx.test";
  options.service = service;
  options.insecure_auth = true;
  options.message_limit = 2000;
  options.line_limit = 200;
  options.recipient_limit = 3;
  const std::atomic<bool> stopping = false;
  auto log = null_log();
  auto said = std::make_shared<std::string>();
  {
    boost::asio::io_context context;
    VirtualClock clock(context);
    net::PipeOptions pipe;
    pipe.chunk = chunk;
    auto [client, server] = net::make_pipe(context.get_executor(), clock, pipe);
    std::shared_ptr<Stream> ours(std::move(client));
    boost::asio::co_spawn(context, serve(std::move(server), options, post, accounts, clock, *log, stopping), boost::asio::detached);
    boost::asio::co_spawn(context, collect(ours, said), boost::asio::detached);
    clock.settle();
    while (!bytes.empty()) {
      const auto end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
      boost::asio::co_spawn(context, put(ours, std::string(bytes.substr(0, end))), boost::asio::detached);
      bytes.remove_prefix(end);
      clock.settle();
    }
    net::finish_writing(*ours);
    clock.settle();
    const Duration long_time = std::chrono::hours(3);
    while (clock.advance_to_next(long_time)) {
    }
  }
  if (post.reserved != 0) std::abort();
  return {*said, post.messages};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto service = (data[0] & 1) != 0 ? Service::relay : Service::submission;
  const auto whole = talk(bytes, service, 0);
  const auto cut = talk(bytes, service, (data[0] >> 1) % 8 + 1U);
  if (whole.messages != cut.messages) std::abort();
  if (whole.said != cut.said) std::abort();
  return 0;
}
