// report/desk.h - what the running server does about reports: counts every judged message for the domain that asked to be told, sends
// each such domain one aggregate report a day (RFC 9990) and, if switched on, failure reports (RFC 9991), and takes in the reports that
// come to the addresses which our own domains name in rua= and ruf=.
// The office tells it of mail; a fault here refuses none. Counts rest in memory for some seconds, then in the Shelf: a crash loses
// those seconds' counts, never mail.
// Security: reports from strangers (attacks.md C12) are unpacked on the worker pool within Limits; what no DMARC pass proves is kept
// apart and in bounded number.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "post/office.h"
#include "report/destination.h"
#include "report/failure.h"
#include "report/shelf.h"

namespace posthorn::report {

struct DeskOptions {
  bool send = true;                 // aggregate reports, to those who ask
  bool send_failures = false;
  std::string organization;         // empty: the host's name
  std::string from;                 // empty: postmaster at the first of our domains that signs
  std::string contact;              // a web page or anything people may use; may be empty
  std::vector<std::string> intake;  // addresses that take reports about any domain
  std::vector<std::string> own_addresses;
};

class Desk final : public post::Watcher {
 public:
  Desk(Executor executor, store::Store& store, crypto::Keyring& keyring, post::Office& office, dns::Resolver& resolver, Log& log, DeskOptions options,
       std::string host_name);

  void start();
  void stop();            // no timer fires after it; call finish() then
  Task<Status> flush();   // what is counted goes to the shelf

  Task<void> arrived(const post::Arrived& one) override;

  // The report of a finished or running day, now, whatever was sent before. not_found: nothing was counted; unavailable: the DNS failed.
  Task<Result<Sent>> send(std::string domain, Day day);
  // Everything that is due by now.
  Task<void> send_due();
  // Looks up which addresses our domains name for reports.
  Task<void> find_addresses();
  // Addresses of this server, to name sources by.
  const std::vector<std::string>& own_addresses() const { return options_.own_addresses; }

  Shelf& shelf() { return shelf_; }
  const std::set<std::string>& addresses_for_tests() const { return *addresses_; }

 private:
  void every(Timer& timer, Duration time, Task<void> (Desk::*what)());
  Task<void> flush_round();
  Task<void> send_round();
  Task<void> look_round();
  Task<void> take_in(const post::Arrived& one);
  Task<void> send_failure(std::string message, trust::Judgement judgement, trust::Facts facts);
  Task<Result<Destinations>> destinations(std::string domain, std::vector<std::string> uris, std::string tag);
  Task<Result<Sent>> settle(Sent note);
  Result<std::string> from_address() const;
  bool is_ours(std::string_view domain) const;
  std::optional<Refusal> refuse(const Aggregate& report, bool any_domain) const;

  Executor executor_;
  store::Store& store_;
  post::SigningKeys keys_;
  post::Office& office_;
  dns::Resolver& resolver_;
  Clock& clock_;
  Log& log_;
  DeskOptions options_;
  std::string host_name_;
  Shelf shelf_;
  std::unique_ptr<Timer> flush_timer_, send_timer_, look_timer_;
  std::atomic<bool> stopping_ = false;

  mutable std::mutex mutex_;  // the rest: sessions are on many threads
  Tally tally_;
  std::shared_ptr<const std::set<std::string>> addresses_;
  Day unproven_day_ = 0;
  std::size_t unproven_ = 0;
  std::map<std::string, std::size_t> failures_;  // told today, by domain
  Day failures_day_ = 0;
};

}  // namespace posthorn::report
