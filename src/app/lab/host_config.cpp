#include "app/lab/host_config.h"

namespace posthorn::app::lab {

std::string host_config(const Lab& lab, const Host& host) {
  std::string out = "# Posthorn of " + host.domain + " in the lab. Edit it freely; then: posthorn lab stop " + host.name + ", posthorn lab start " + host.name + "\n";
  out += "[server]\nname = \"" + host.mx() + "\"\ndata = \"data\"\nthreads = 1\ncache = \"8MiB\"\nlog_level = \"debug\"\n";
  out += "\n[[tls]]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n";
  for (const auto& [service, port] : ports()) {
    out += "\n[[listen]]\nservice = \"" + std::string(service) + "\"\naddress = \"" + host.ip + "\"\nport = " + std::to_string(port) + "\n";
  }
  out += "\n[dns]\nforward = [\"" + lab.dns_ip() + "@" + std::to_string(dns_port) + "\"]\ntrust_anchor = \"../dns/trust-anchor\"\n";
  out += "test_domain = true\nask_localhost = true\n";
  // Who plays with the lab owns its files: the server stays that person, walled in all the same.
  out += "\n[confine]\nuser = \"\"\n";
  // Everything in a lab comes from very few addresses.
  out += "\n[limits]\nconnections_per_address = 0\nconnections_per_network = 0\nconnections_per_wide_network = 0\n";
  out += "\n[submission]\nany_sender = [\"gateway@" + host.domain + "\"]\n";
  out += "\n[queue]\nretry_first = \"5s\"\nretry_most = \"60s\"\nexpire_after = \"5d\"\nwarn_after = \"4h\"\n";
  out += "port = " + std::to_string(port_of("smtp")) + "\nsource_address = \"" + host.ip + "\"\nallow_private_routes = true\n";
  // It plays the forwarder who does not know of SPF, to show what becomes of such mail.
  if (host.name == "forward") out += "srs = false\n";
  // Without a smarthost this only says whose certificates count as verified in what is told about deliveries.
  out += "\n[smarthost]\nca_file = \"../ca.pem\"\n";
  return out;
}

}  // namespace posthorn::app::lab
