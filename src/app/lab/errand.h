// app/lab/errand.h - one letter that `lab send` takes on its way: how it is submitted, followed through the servers' logs and looked
// for in its readers' mailboxes. Used by send.cpp, which sends a letter as its sender, and by roles.cpp, where others lay hands on it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/lab/desk.h"
#include "app/lab/follow.h"
#include "app/lab/inbox.h"
#include "app/lab/letter.h"
#include "app/lab/narrate.h"
#include "app/lab/narrator.h"
#include "app/lab/plan.h"
#include "smtp/client.h"

namespace posthorn::app::lab {

// Everything about this one letter.
struct Errand {
  const Lab& lab;
  const Host& host;  // the sender's
  const User& user;
  std::string to;
  Letter letter;
  Trail trail;
};

TlsClientOptions tls_to(const Lab& lab, const Host& host);

// What is said to one server on port 25 or 587, and its answer to the letter.
struct Handing {
  Endpoint at;
  std::string from_address;  // the local address to come from; empty: any
  std::string who;           // in the narration
  std::string reverse_path, to, message;
  smtp::ClientOptions options;
};
Task<Result<smtp::Reply>> hand_over(Desk& desk, Handing handing, Narrator& narrator);

// Through the sender's submission port. Gives the queue id.
Task<Result<std::string>> submit(Desk& desk, const Errand& errand, Narrator& narrator);

// Looks into one reader's mailboxes; keeps its connection.
class Reader {
 public:
  Reader(const Lab& lab, const User& user) : lab_(lab), user_(user), host_(*lab.find_host(user.address)) {}
  const std::optional<Found>& found() const { return found_; }
  const Host& host() const { return host_; }
  const User& user() const { return user_; }
  const std::string& mailbox() const { return mailbox_; }  // where it was found
  const std::string& trouble() const { return trouble_; }
  void look(Desk& desk, const Errand& errand, Narrator& narrator);
  // The whole letter that was found.
  Result<std::string> fetch(Desk& desk);
  void close(Desk& desk);

 private:
  const Lab& lab_;
  const User& user_;
  const Host& host_;
  std::unique_ptr<Inbox> inbox_;
  std::optional<Found> found_;
  std::string mailbox_, trouble_;
};

void tell_news(Follower& follower, Errand& errand, Narrator& narrator);
// Where the letter is, from the queues of all hosts that run; nothing if it is in none.
std::optional<std::string> where_it_waits(const Errand& errand);
// Until all readers have it, nobody will, or time is over.
bool watch(Desk& desk, Errand& errand, Follower& follower, std::vector<Reader>& readers, Narrator& narrator);

}  // namespace posthorn::app::lab
