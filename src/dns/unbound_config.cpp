#include <arpa/inet.h>

#include <array>

#include "base/cursor.h"
#include "base/text.h"
#include "dns/unbound_resolver.h"

namespace posthorn::dns {
namespace {

// "address" or "address@port"; checked, because it becomes a line of a configuration file.
Status check_forwarder(const std::string& text) {
  const auto at = text.find('@');
  const std::string address = text.substr(0, at);
  std::array<unsigned char, 16> bytes{};
  const bool known = !address.contains('\0') && (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
                                                 inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1);
  bool port_good = true;
  if (at != text.npos) {
    Cursor port(std::string_view(text).substr(at + 1));
    const auto number = port.take_number(65535);
    port_good = number && *number > 0 && port.done();
  }
  if (known && port_good) return {};
  return fail(Errc::invalid, "\"" + printable(text, 80) + "\" is no DNS server", "Write it like 192.0.2.1 or 2001:db8::1@5353.");
}

Status check_path(const std::string& path) {
  for (const char c : path) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
      return fail(Errc::invalid, "the path of the trust anchor holds a quote, backslash or control character");
  }
  return {};
}

}  // namespace

// toolchain.md 3: one file through ub_ctx_config avoids the traps of the setter functions.
Result<std::string> unbound_config(const UnboundOptions& options) {
  TRY(check_path(options.trust_anchor_file));
  const auto half = std::to_string(options.cache_bytes / 2), quarter = std::to_string(options.cache_bytes / 4),
             eighth = std::to_string(options.cache_bytes / 8);
  std::string text = "server:\n  module-config: \"validator iterator\"\n  verbosity: 0\n  use-syslog: no\n";
  if (!options.trust_anchor_file.empty()) text += "  trust-anchor-file: \"" + options.trust_anchor_file + "\"\n";
  if (options.test_domain) text += "  local-zone: \"test.\" nodefault\n";
  if (options.ask_localhost) text += "  do-not-query-localhost: no\n";
  text += "  rrset-cache-size: " + half + "\n  msg-cache-size: " + quarter + "\n  key-cache-size: " + eighth +
          "\n  neg-cache-size: " + eighth + "\n";
  // Mail waits anyway: a server that was down is tried again soon, an absent name is believed for five minutes at most.
  text += "  infra-host-ttl: 120\n  infra-keep-probing: yes\n  cache-max-negative-ttl: 300\n  edns-buffer-size: 1232\n";
  if (options.forwarders.empty()) return text;
  text += "forward-zone:\n  name: \".\"\n";
  for (const auto& forwarder : options.forwarders) {
    TRY(check_forwarder(forwarder));
    text += "  forward-addr: " + forwarder + "\n";
  }
  return text;
}

}  // namespace posthorn::dns
