// app/lab/plan.h - what a lab consists of, as a value: hosts, addresses, ports, users, files; and its JSON in DIR/lab.json.
// Pure. Called by everything in app/lab. read_lab() fails with what is wrong with the JSON.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace posthorn::app::lab {

struct User {
  std::string address, password;
};

struct Alias {
  std::string address;
  std::vector<std::string> targets;
};

// One domain and its Posthorn.
struct Host {
  std::string name;    // "blue"
  std::string domain;  // "blue.test"
  std::string ip;
  std::vector<User> users;
  std::vector<Alias> aliases;
  int pid = 0;  // 0: not started
  std::string mx() const { return "mx." + domain; }
};

struct Lab {
  std::string dir;         // absolute
  unsigned index = 1;      // third octet of all its addresses, so that labs do not meet
  int dns_pid = 0;
  std::vector<Host> hosts;

  std::string dns_ip() const;
  std::string dns() const;  // "127.0.1.53:5353"
  std::string impostor_ip() const;  // "127.0.1.66": nobody's server, only where bad letters come from
  std::string ca() const { return dir + "/ca.pem"; }
  std::string ca_key() const { return dir + "/ca.key"; }
  std::string file() const { return dir + "/lab.json"; }
  std::string knot_folder() const { return dir + "/dns"; }
  std::string knot_config() const { return dir + "/dns/knot.conf"; }
  std::string knot_log() const { return dir + "/dns/log"; }
  std::string trust_anchor() const { return dir + "/dns/trust-anchor"; }
  std::string folder(const Host& host) const { return dir + "/" + host.name; }
  std::string data(const Host& host) const { return folder(host) + "/data"; }
  std::string config(const Host& host) const { return folder(host) + "/posthorn.toml"; }
  std::string log(const Host& host) const { return folder(host) + "/log"; }
  std::string dkim_key(const Host& host) const { return data(host) + "/dkim-lab.pem"; }

  // By "green", "green.test" or an address at it; nothing if it is none of ours.
  const Host* find_host(std::string_view name) const;
  Host* find_host(std::string_view name);
  const User* find_user(std::string_view address) const;
  // The accounts of ours where mail to `address` ends up, aliases followed.
  std::vector<const User*> readers(std::string_view address) const;
};

// Service and port, the same on every host. "https" is reserved and not served yet.
const std::vector<std::pair<std::string_view, std::uint16_t>>& ports();
std::uint16_t port_of(std::string_view service);
inline constexpr std::uint16_t dns_port = 5353;

// Sets index and all addresses.
void move_to(Lab& lab, unsigned index);
// blue.test and green.test, whose people write to each other, and forward.test and list.test between them; users have no password yet.
Lab new_lab(std::string dir);
std::vector<Alias> all_aliases(const Lab& lab);

// "amber-otter-maple-42", from random bytes.
std::string readable_password(std::string_view random);

boost::json::object to_json(const Lab& lab);
Result<Lab> read_lab(std::string_view text);

}  // namespace posthorn::app::lab
