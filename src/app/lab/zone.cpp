#include "app/lab/zone.h"

namespace posthorn::app::lab {
namespace {

// A minute: long enough to be cached within a demo, short enough to change one's mind.
constexpr std::string_view ttl = "$TTL 60\n";

std::string start_of_authority(std::string_view zone, std::uint32_t serial) {
  return std::string(zone) + " SOA ns.test. postmaster.blue.test. " + std::to_string(serial) + " 3600 600 86400 60\n" + std::string(zone) + " NS ns.test.\n";
}

std::string glue(const Lab& lab) { return "ns.test. A " + lab.dns_ip() + "\n"; }

}  // namespace

std::string txt_strings(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size() || at == 0; at += 255) {
    out += out.empty() ? "\"" : " \"";
    for (const char c : text.substr(at, 255)) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}

std::string root_zone(const Lab& lab, std::uint32_t serial) {
  return std::string(ttl) + start_of_authority(".", serial) + "test. NS ns.test.\n" + glue(lab);
}

std::string test_zone(const Lab& lab, std::uint32_t serial, const std::vector<std::string>& ds) {
  std::string out = std::string(ttl) + start_of_authority("test.", serial) + glue(lab);
  for (const auto& host : lab.hosts) out += host.domain + ". NS ns.test.\n";
  for (const auto& line : ds) out += line + "\n";
  return out;
}

std::string mail_zone(const Host& host, std::uint32_t serial, const std::string& dkim_public) {
  const std::string zone = host.domain + ".";
  std::string out = std::string(ttl) + start_of_authority(zone, serial);
  out += zone + " MX 10 " + host.mx() + ".\n";
  out += host.mx() + ". A " + host.ip + "\n";
  out += zone + " TXT " + txt_strings("v=spf1 mx -all") + "\n";                                            // rfc:7208#3
  out += host.mx() + ". TXT " + txt_strings("v=spf1 a -all") + "\n";                                       // rfc:7208#2.4: DSNs, HELO
  out += std::string(dkim_selector) + "._domainkey." + zone + " TXT " + txt_strings("v=DKIM1; k=rsa; p=" + dkim_public) + "\n";  // rfc:6376#3.6.1
  out += "_dmarc." + zone + " TXT " + txt_strings("v=DMARC1; p=reject; rua=mailto:postmaster@" + host.domain) + "\n";            // rfc:7489#6.3
  // rfc:6186#3.4 so that mail programs that look find the services.
  for (const auto& [label, service] : {std::pair{"_submission", "submission"}, {"_submissions", "submissions"}, {"_imaps", "imaps"}, {"_imap", "imap"}, {"_pop3s", "pop3s"}})
    out += std::string(label) + "._tcp." + zone + " SRV 0 1 " + std::to_string(port_of(service)) + " " + host.mx() + ".\n";
  return out;
}

std::vector<std::string> signed_zones(const Lab& lab) {
  std::vector<std::string> out;
  for (const auto& host : lab.hosts) out.push_back(host.domain + ".");
  out.emplace_back("test.");
  return out;
}

std::string knot_config(const Lab& lab) {
  const auto quoted = [&lab](const std::string& below) { return "\"" + lab.knot_folder() + below + "\"\n"; };
  std::string out = "# Knot of the Posthorn lab: the whole DNS of a small internet. It asks nobody.\nserver:\n";
  out += "  listen: \"" + lab.dns_ip() + "@" + std::to_string(dns_port) + "\"\n  rundir: " + quoted("/run");
  out += "  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n";
  out += "log:\n  - target: stderr\n    any: info\n";
  out += "control:\n  listen: " + quoted("/run/knot.sock");
  out += "database:\n  storage: " + quoted("/state") + "  kasp-db: " + quoted("/keys");
  out += "policy:\n  - id: lab\n    manual: on\n    single-type-signing: on\n    algorithm: ecdsap256sha256\n";
  out += "template:\n  - id: default\n    storage: " + quoted("/zones");
  out += "    zonefile-sync: -1\n    zonefile-load: whole\n    journal-content: none\n";
  out += "zone:\n  - domain: \".\"\n    file: \"root.zone\"\n";
  for (const auto& zone : signed_zones(lab)) out += "  - domain: \"" + zone + "\"\n    file: \"" + zone + "zone\"\n    dnssec-signing: on\n    dnssec-policy: lab\n";
  return out;
}

}  // namespace posthorn::app::lab
