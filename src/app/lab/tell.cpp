#include "app/lab/tell.h"

#include <algorithm>
#include <boost/json/array.hpp>

namespace posthorn::app::lab {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size() + 2, width), ' ');
  return text;
}

// For a shell: only quoted if it must be.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:,";
  if (!text.empty() && text.find_first_not_of(plain) == text.npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string dir_option(const Lab& lab) { return lab.dir == "/tmp/posthorn-lab" ? std::string() : " --dir " + shell_word(lab.dir); }

std::string host_text(const Host& host, bool running) {
  std::string out = host.domain + "  " + host.mx() + " on " + host.ip + (running ? "\n" : "  (stopped; posthorn lab start " + host.name + ")\n");
  std::string line = "  ports    ";
  for (const auto& [service, port] : ports())
    if (service != "https") line += std::string(service) + " " + std::to_string(port) + "  ";
  out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  for (const auto& user : host.users) out += "  user     " + padded(user.address, 22) + user.password + "\n";
  for (const auto& alias : host.aliases) {
    out += "  alias    " + padded(alias.address, 22);
    for (std::size_t i = 0; i < alias.targets.size(); ++i) out += (i == 0 ? "" : ", ") + alias.targets[i];
    out += "\n";
  }
  return out;
}

}  // namespace

boost::json::object status_json(const Lab& lab, const std::set<std::string>& running) {
  auto out = to_json(lab);
  for (const auto* name : {"dir", "index", "dns_pid", "trust_anchor"}) out.erase(name);
  auto& hosts = out["hosts"].as_array();
  for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i].as_object()["running"] = running.contains(lab.hosts[i].domain);
  return out;
}

std::string summary(const Lab& lab, const std::set<std::string>& running) {
  std::string out;
  for (const auto& host : lab.hosts) out += host_text(host, running.contains(host.domain)) + "\n";
  out += "DNS      " + lab.dns() + " (Knot, signed with DNSSEC; it asks nobody)\n";
  out += "CA       " + lab.ca() + "\n";
  out += "Files    " + lab.dir + "\n";
  return out;
}

std::string what_to_try(const Lab& lab) {
  const auto dir = dir_option(lab);
  const auto* alice = lab.find_user("alice@blue.test");
  const auto* bob = lab.find_user("bob@green.test");
  if (alice == nullptr || bob == nullptr) return {};
  const auto& blue = *lab.find_host(alice->address);
  const auto& green = *lab.find_host(bob->address);
  const auto port = [](std::string_view service) { return std::to_string(port_of(service)); };
  std::string out = "Try:\n";
  out += "  posthorn lab send alice@blue.test bob@green.test" + dir + "     watch a letter travel\n";
  for (const auto* role : {"impostor", "forwarder", "list"})
    out += "  posthorn lab send alice@blue.test bob@green.test --as " + std::string(role) + dir + "     who wrote it, and who only says so\n";
  out += "  posthorn lab stop green" + dir + "     then send again: it waits in the queue; then: posthorn lab start green" + dir + "\n";
  out += "  posthorn --config " + shell_word(lab.config(blue)) + " queue list\n";
  out += "  swaks --server " + blue.ip + ":" + port("submission") + " -tls --auth-user " + alice->address + " --auth-password " + alice->password + " --from " +
         alice->address + " --to " + bob->address + "\n";
  out += "  curl --cacert " + shell_word(lab.ca()) + " --resolve " + green.mx() + ":" + port("imaps") + ":" + green.ip + " --user " + bob->address + ":" +
         bob->password + " imaps://" + green.mx() + ":" + port("imaps") + "/INBOX\n";
  // mutt asks to make its folder otherwise.
  out += "  mutt -n -F /dev/null -e 'set ssl_ca_certificates_file=\"" + lab.ca() + "\" folder=/tmp' -f imaps://" + bob->address + ":" + bob->password + "@" +
         green.ip + ":" + port("imaps") + "/INBOX\n";
  out += "  kdig @" + lab.dns_ip() + " -p " + std::to_string(dns_port) + " +dnssec green.test MX\n";
  out += "  posthorn lab down" + dir + "\n";
  return out;
}

}  // namespace posthorn::app::lab
