#include "app/ports.h"

#include <sys/resource.h>

namespace posthorn::app {

// attacks.md A19, B7: another protocol must not be led to our ports by way of TLS. Who begins with TLS is a client that was told our
// name; with STARTTLS, and at port 25 above all, any certificate is better than clear text.
net::TlsTerms terms_of(ServiceKind kind) {
  using enum ServiceKind;
  net::TlsTerms terms;
  if (kind == imap || kind == imaps) terms.alpn = {"imap"};
  else if (kind == pop3 || kind == pop3s) terms.alpn = {"pop3"};
  else if (kind == https) terms.alpn = {"http/1.1"};
  else terms.alpn = {"smtp"};
  if (kind == submissions || kind == imaps || kind == pop3s) terms.unknown_name = net::UnknownName::refused;
  return terms;
}

std::string too_many_text(ServiceKind kind, const std::string& host) {
  switch (kind) {
    case ServiceKind::imap: return "* BYE too many connections from your network, please try again later\r\n";
    case ServiceKind::pop3: return "-ERR [SYS/TEMP] too many connections from your network, please try again later\r\n";
    case ServiceKind::smtp:
    case ServiceKind::submission: return "421 4.7.0 " + host + " too many connections from your network, please try again later\r\n";
    default: return {};
  }
}

std::string too_busy_text(ServiceKind kind, const std::string& host) {
  switch (kind) {
    case ServiceKind::imap: return "* BYE the server is busy, please try again later\r\n";
    case ServiceKind::pop3: return "-ERR [SYS/TEMP] the server is busy, please try again later\r\n";
    case ServiceKind::smtp:
    case ServiceKind::submission: return "421 4.3.2 " + host + " is busy, please try again later\r\n";
    default: return {};
  }
}

std::uint64_t connection_limit(const Config& config) {
  if (config.limits.connections > 0) return config.limits.connections;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
  return limit.rlim_cur > 2000 ? limit.rlim_cur - 1000 : limit.rlim_cur / 2;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace posthorn::app
