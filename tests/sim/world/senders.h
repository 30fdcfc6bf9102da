// sim/world/senders.h - those who send letters: people with mail programs, who submit and may append to a mailbox, and mail servers of
// strangers. What they are told is written into the books; they never send a letter again that may have arrived.
#pragma once

#include "world/network.h"

namespace posthorn::sim {

class Senders {
 public:
  Senders(boost::asio::io_context& context, VirtualClock& clock, Trace& trace, Network& network, Ledger& ledger, std::uint64_t seed)
      : context_(context), clock_(clock), trace_(trace), network_(network), ledger_(ledger), dice_(seed, "senders") {}

  // Some letters over one connection to the submission port of `server`.
  Task<void> submit(std::string server, std::string login, std::size_t letters);
  // All to the same recipients; none: to some of all there are, other ones for each letter.
  Task<void> submit_to(std::string server, std::string login, std::vector<std::string> recipients, std::size_t letters);
  // A letter of x@red.test for people of `domain`; tried again as servers do while the answer is clear.
  Task<void> stranger(std::string server, std::string domain);
  // A mail program that keeps a copy: LOGIN, APPEND, and what an IMAP session looks like.
  Task<void> append(std::string server, std::string login);
  std::size_t busy() const { return busy_; }

 private:
  Letter& new_letter(const std::string& sender, std::vector<std::string> recipients);
  std::string text_of(const Letter& letter);
  std::vector<std::string> pick_recipients(const std::string& login);

  boost::asio::io_context& context_;
  VirtualClock& clock_;
  Trace& trace_;
  Network& network_;
  Ledger& ledger_;
  Dice dice_;
  std::size_t busy_ = 0, number_ = 0;
};

}  // namespace posthorn::sim
