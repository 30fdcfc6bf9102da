// post/office.h - the post office's counter: answers the SMTP sessions. A 250 after the text means that the one commit that holds
// every mailbox copy and the queue entry is on disk.
// Security: decides who may send what to whom (attacks.md A11-A14); every refusal is made in the session, never as a later bounce.
#pragma once

#include <atomic>
#include <functional>

#include "base/log.h"
#include "crypto/keyring.h"
#include "post/inbound.h"
#include "post/options.h"
#include "post/sender.h"
#include "post/signing_keys.h"
#include "post/watcher.h"
#include "smtp/server.h"
#include "store/store.h"

namespace posthorn::post {

class Countries;

class Office final : public smtp::Handler {
 public:
  Office(store::Store& store, crypto::Keyring& keyring, Sender& sender, const Options& options, Log& log, dns::Resolver* resolver = nullptr)
      : store_(store), keyring_(keyring), sender_(sender), options_(options), log_(log), signing_keys_(store, keyring), resolver_(resolver), replays_(options.replayed_recipients) {}

  // Before the first session; it outlives them.
  void watch_with(Watcher& watcher) { watcher_ = &watcher; }
  // Likewise: where the addresses are that hand over mail.
  void know_countries(const Countries& countries) { countries_ = &countries; }
  // What one of our people hands in otherwise than by SMTP: the same checks, completion and signature, and no commit.
  struct Refusal {
    enum class Why : std::uint8_t { mail_from, recipient, author, message, later } why = Why::later;
    smtp::Reply reply;
    std::string recipient;
  };
  Task<std::expected<Letter, Refusal>> prepare_submission(const smtp::Peer& peer, smtp::Transaction transaction);
  // Octets of the disk that new mail may take, asked at each MAIL.
  void ask_for_room(std::function<std::uint64_t()> room) { room_ = std::move(room); }
  // Mail of the house itself, such as reports: signed for its author's domain and committed to mailboxes and queue.
  Task<Status> post_own(Letter letter);

  Task<smtp::Reply> connected(const smtp::Peer& peer) override;
  Task<smtp::Reply> mail(const smtp::Peer& peer, const smtp::MailFrom& from) override;
  Task<smtp::Reply> rcpt(const smtp::Peer& peer, const smtp::MailFrom& from, const smtp::RcptTo& to) override;
  Task<smtp::Reply> message(const smtp::Peer& peer, smtp::Transaction transaction) override;
  bool reserve(std::uint64_t bytes) override;
  void release(std::uint64_t bytes) override;

 private:
  smtp::Reply check_recipient(const smtp::Peer& peer, const smtp::MailFrom& from, const smtp::RcptTo& to) const;
  smtp::RcptTo addressed(smtp::RcptTo to) const;
  std::optional<smtp::Reply> refuse_authors(const smtp::Peer& peer, std::string_view message) const;
  bool has_room(std::uint64_t octets) const;
  bool may_send_as(const smtp::Peer& peer, const mail::Address& address) const;
  std::optional<smtp::Reply> refuse_to_forward(const smtp::Transaction& transaction, const Verdict& verdict) const;
  const mail::Address* forwarded_before(const smtp::Transaction& transaction) const;
  Arrival arrival_of(const smtp::Peer& peer, const smtp::Transaction& transaction, std::string id, WallTime now) const;
  Task<void> tell_watcher(const Verdict& verdict, const smtp::Transaction& transaction);
  Task<Verdict> judge(const smtp::Peer& peer, smtp::Transaction& transaction, std::string id, WallTime now);
  Result<std::string> sign(std::string_view message) const;
  Task<Result<std::vector<QueuedRecipient>>> commit(Letter letter);
  Task<void> confirm(const smtp::MailFrom& from, QueueId id, std::vector<QueuedRecipient> delivered, std::string_view message);

  store::Store& store_;
  crypto::Keyring& keyring_;
  Sender& sender_;
  const Options& options_;
  Log& log_;
  SigningKeys signing_keys_;
  Watcher* watcher_ = nullptr;
  const Countries* countries_ = nullptr;
  std::function<std::uint64_t()> room_;
  dns::Resolver* resolver_;  // nothing: mail is not judged
  ReplayWatch replays_;
  std::atomic<std::uint64_t> under_way_ = 0;
  mutable std::atomic<AccountId> decoy_{};  // an account that is there, to be looked at for those that are not
};

}  // namespace posthorn::post
