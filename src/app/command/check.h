// app/command/check.h - posthorn check: the server's own judgement of messages and domains, for anyone, also offline.
// Exit status: 0 judged (whatever the verdict), 2 unusable input.
#pragma once

#include <string>
#include <vector>

#include "app/command/commands.h"

namespace posthorn::app {

struct CheckOptions {
  std::string file, domain;
  std::string ip, helo, mail_from;
  std::string resolver;    // "127.0.0.1@5353"; empty: ask the roots
  std::string zone_file;   // RFC 1035 master file: no network is touched
  std::string at;          // RFC 3339 or seconds since 1970; empty: now
  std::string receiver = "localhost";
  std::vector<std::string> selectors;
  std::string account, mailbox = "INBOX";  // of a stored message
  std::uint32_t uid = 0;
  std::string record, spf;           // candidates of check policy
  std::vector<std::string> reports;  // its history, instead of the server's
  unsigned days = 90;
  bool unproven = false;
};

int check_message(const Common& common, const CheckOptions& options);
int check_stored(const Common& common, const CheckOptions& options);  // what was judged and kept when it came
int check_spf(const Common& common, const CheckOptions& options);
int check_dkim(const Common& common, const CheckOptions& options);
int check_arc(const Common& common, const CheckOptions& options);
int check_dmarc(const Common& common, const CheckOptions& options);
int check_policy(const Common& common, const CheckOptions& options);  // what another record would have done
int check_domain(const Common& common, const CheckOptions& options);

}  // namespace posthorn::app
