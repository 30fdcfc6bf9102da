// tests/smtp/fakes.h - a post office and accounts for conversations with the server session.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/log.h"
#include "sasl/accounts.h"
#include "smtp/server.h"
#include "talk/runner.h"

namespace posthorn::smtp {

// Local domains are blue.test and green.test; unknown*@ is unknown, later@ is not now, closing@ is 421; others are fine.
class FakePost final : public Handler {
 public:
  Task<Reply> connected(const Peer& peer) override;
  Task<Reply> mail(const Peer& peer, const MailFrom& from) override;
  Task<Reply> rcpt(const Peer& peer, const MailFrom& from, const RcptTo& to) override;
  Task<Reply> message(const Peer& peer, Transaction transaction) override;
  bool reserve(std::uint64_t bytes) override;
  void release(std::uint64_t bytes) override { reserved -= bytes; }

  std::vector<Transaction> messages;
  std::vector<Peer> peers;  // of each message
  std::uint64_t budget = 1u << 30, reserved = 0, most_reserved = 0;
};

// alice@blue.test has the password "secret"; the user "busy" cannot be checked now.
class FakeAccounts final : public sasl::Accounts {
 public:
  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string service, std::string address) override;
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string service, std::string address) override;
  Task<Result<sasl::Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string service, std::string address) override;
  std::size_t checks = 0;
};

// All that a session needs, made from the settings of a conversation file.
struct Office {
  explicit Office(talk::Settings settings = {});
  FakePost post;
  FakeAccounts accounts;
  ServerOptions options;
  std::unique_ptr<Log> log = null_log();
  std::atomic<bool> stopping = false;
};

}  // namespace posthorn::smtp
