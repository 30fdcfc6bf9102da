#include "app/lab/plan.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/json.h"
#include "base/text.h"

namespace posthorn::app::lab {
namespace {

namespace json = boost::json;

constexpr std::size_t most_users = 1000;

int number_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* number = value != nullptr ? value->if_int64() : nullptr;
  return number != nullptr && *number >= 0 && *number <= 1 << 30 ? static_cast<int>(*number) : 0;
}

const json::array* list_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr ? value->if_array() : nullptr;
}

Result<Host> read_host(const json::object& object) {
  Host host;
  host.name = string_at(object, "name");
  host.domain = string_at(object, "domain");
  host.ip = string_at(object, "ip");
  host.pid = number_member(object, "pid");
  if (host.name.empty() || host.domain.empty()) return fail(Errc::corrupt, "a host of lab.json has no name or domain");
  const auto* users = list_member(object, "users");
  const auto* aliases = list_member(object, "aliases");
  if (users == nullptr || aliases == nullptr || users->size() > most_users) return fail(Errc::corrupt, "a host of lab.json has no users or aliases");
  for (const auto& one : *users)
    if (const auto* user = one.if_object()) host.users.push_back(User{string_at(*user, "address"), string_at(*user, "password")});
  for (const auto& one : *aliases) {
    const auto* alias = one.if_object();
    const auto* targets = alias != nullptr ? list_member(*alias, "targets") : nullptr;
    if (targets == nullptr) continue;
    Alias out{string_at(*alias, "address"), {}};
    for (const auto& target : *targets)
      if (target.is_string()) out.targets.emplace_back(target.get_string());
    host.aliases.push_back(std::move(out));
  }
  return host;
}

json::object host_json(const Lab& lab, const Host& host) {
  json::object numbers;
  for (const auto& [service, port] : ports()) numbers[service] = port;
  json::array users;
  for (const auto& user : host.users) users.push_back(json::object{{"address", user.address}, {"password", user.password}});
  json::array aliases;
  for (const auto& alias : host.aliases) {
    json::array targets;
    for (const auto& target : alias.targets) targets.push_back(json::string(target));
    aliases.push_back(json::object{{"address", alias.address}, {"targets", std::move(targets)}});
  }
  json::object out;
  out["domain"] = host.domain;
  out["ip"] = host.ip;
  out["ports"] = std::move(numbers);
  out["users"] = std::move(users);
  out["data"] = lab.data(host);
  out["name"] = host.name;
  out["host"] = host.mx();
  out["aliases"] = std::move(aliases);
  out["config"] = lab.config(host);
  out["log"] = lab.log(host);
  out["pid"] = host.pid;
  return out;
}

}  // namespace

std::string Lab::dns_ip() const { return "127.0." + std::to_string(index) + ".53"; }
std::string Lab::impostor_ip() const { return "127.0." + std::to_string(index) + ".66"; }
std::string Lab::dns() const { return dns_ip() + ":" + std::to_string(dns_port); }

const Host* Lab::find_host(std::string_view name) const {
  if (const auto at = name.rfind('@'); at != name.npos) name.remove_prefix(at + 1);
  const auto found = std::ranges::find_if(hosts, [&](const Host& h) { return equal_icase(h.name, name) || equal_icase(h.domain, name); });
  return found == hosts.end() ? nullptr : &*found;
}

Host* Lab::find_host(std::string_view name) {
  const auto* found = std::as_const(*this).find_host(name);
  return found == nullptr ? nullptr : &hosts[static_cast<std::size_t>(found - hosts.data())];
}

const User* Lab::find_user(std::string_view address) const {
  for (const auto& host : hosts)
    for (const auto& user : host.users)
      if (equal_icase(user.address, address)) return &user;
  return nullptr;
}

std::vector<const User*> Lab::readers(std::string_view address) const {
  std::vector<const User*> out;
  if (const auto* user = find_user(address)) return {user};
  // One step: the lab's own aliases lead to accounts.
  for (const auto& host : hosts)
    for (const auto& alias : host.aliases) {
      if (!equal_icase(alias.address, address)) continue;
      for (const auto& target : alias.targets)
        if (const auto* user = find_user(target)) out.push_back(user);
    }
  return out;
}

const std::vector<std::pair<std::string_view, std::uint16_t>>& ports() {
  static const std::vector<std::pair<std::string_view, std::uint16_t>> all = {{"smtp", 2525}, {"submission", 2587}, {"submissions", 2465}, {"imap", 2143},
                                                                               {"imaps", 2993}, {"pop3", 2110},      {"pop3s", 2995},       {"https", 2443}};
  return all;
}

std::uint16_t port_of(std::string_view service) {
  for (const auto& [name, port] : ports())
    if (name == service) return port;
  return 0;
}

void move_to(Lab& lab, unsigned index) {
  lab.index = index;
  for (std::size_t i = 0; i < lab.hosts.size(); ++i) lab.hosts[i].ip = "127.0." + std::to_string(index) + "." + std::to_string(i + 1);
}

Lab new_lab(std::string dir) {
  Lab lab;
  lab.dir = std::move(dir);
  const auto user = [](std::string address) { return User{std::move(address), {}}; };
  Host blue;
  blue.name = "blue";
  blue.domain = "blue.test";
  blue.users = {user("alice@blue.test"), user("carol@blue.test"), user("gateway@blue.test")};
  blue.aliases = {Alias{"postmaster@blue.test", {"alice@blue.test"}}};
  Host green;
  green.name = "green";
  green.domain = "green.test";
  green.users = {user("bob@green.test"), user("dave@green.test"), user("gateway@green.test")};
  green.aliases = {Alias{"postmaster@green.test", {"bob@green.test"}}, Alias{"team@green.test", {"bob@green.test", "dave@green.test"}}};
  Host forward;
  forward.name = "forward";
  forward.domain = "forward.test";
  forward.users = {user("postmaster@forward.test"), user("gateway@forward.test")};
  for (const auto* name : {"alice", "carol"}) forward.aliases.push_back(Alias{std::string(name) + "@forward.test", {std::string(name) + "@blue.test"}});
  for (const auto* name : {"bob", "dave"}) forward.aliases.push_back(Alias{std::string(name) + "@forward.test", {std::string(name) + "@green.test"}});
  Host list;
  list.name = "list";
  list.domain = "list.test";
  list.users = {user("crew@list.test"), user("gateway@list.test")};
  list.aliases = {Alias{"postmaster@list.test", {"crew@list.test"}}, Alias{"crew-bounces@list.test", {"crew@list.test"}}};
  lab.hosts = {std::move(blue), std::move(green), std::move(forward), std::move(list)};
  move_to(lab, 1);
  return lab;
}

std::vector<Alias> all_aliases(const Lab& lab) {
  std::vector<Alias> out;
  for (const auto& host : lab.hosts) out.insert(out.end(), host.aliases.begin(), host.aliases.end());
  return out;
}

std::string readable_password(std::string_view random) {
  static constexpr std::array<std::string_view, 64> words = {
      "amber", "apple",  "arrow",  "aspen",  "badger", "basil",  "beacon", "birch",  "bridge", "canyon", "cedar",  "cherry", "cloud",  "clover", "comet",  "copper",
      "coral", "cotton", "daisy",  "delta",  "ember",  "falcon", "fern",   "finch",  "forest", "garnet", "ginger", "glacier", "hazel",  "heron",  "honey",  "island",
      "ivory", "jasper", "juniper", "lantern", "lemon", "lilac",  "linen",  "lotus",  "maple",  "marble", "meadow", "mint",   "nutmeg", "olive",  "orchid", "otter",
      "pebble", "pepper", "pine",  "plum",   "poppy",  "quartz", "raven",  "river",  "robin",  "saffron", "silver", "spruce", "tulip",  "velvet", "walnut", "willow"};
  std::string out;
  for (std::size_t i = 0; i + 1 < random.size(); ++i) out += std::string(words[static_cast<unsigned char>(random[i]) % words.size()]) + "-";
  if (!random.empty()) out += std::to_string(10 + static_cast<unsigned char>(random.back()) % 90);
  return out;
}

json::object to_json(const Lab& lab) {
  json::array hosts;
  for (const auto& host : lab.hosts) hosts.push_back(host_json(lab, host));
  json::object out;
  out["dns"] = lab.dns();
  out["ca"] = lab.ca();
  out["hosts"] = std::move(hosts);
  out["dir"] = lab.dir;
  out["index"] = lab.index;
  out["dns_pid"] = lab.dns_pid;
  out["trust_anchor"] = lab.trust_anchor();
  return out;
}

Result<Lab> read_lab(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return fail(Errc::corrupt, "lab.json is no JSON object");
  Lab lab;
  lab.dir = string_at(*object, "dir");
  lab.dns_pid = number_member(*object, "dns_pid");
  const int index = number_member(*object, "index");
  const auto* hosts = list_member(*object, "hosts");
  if (lab.dir.empty() || hosts == nullptr || hosts->empty() || index < 1 || index > 254) return fail(Errc::corrupt, "lab.json lacks dir, index or hosts");
  lab.index = static_cast<unsigned>(index);
  for (const auto& one : *hosts) {
    const auto* host = one.if_object();
    if (host == nullptr) return fail(Errc::corrupt, "a host of lab.json is no object");
    TRY_ASSIGN(auto read, read_host(*host));
    lab.hosts.push_back(std::move(read));
  }
  return lab;
}

}  // namespace posthorn::app::lab
