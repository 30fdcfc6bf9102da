// http/fetch.h - one HTTPS request of ours to a server that somebody else named: push services, pictures. Over
// libcurl, which blocks: it runs on the Workers given, which should be a pool of its own (a slow server must not hold up logins).
// Security: attacks.md F4. The URL is read by libcurl's own parser, once, and only https to port 443 without user is taken. Its host is looked
// up by our Resolver; if any of its addresses is not out on the internet nothing is asked. libcurl gets just these addresses and checks once
// more which one it is connected to; no redirects, no proxies, no cookies, no other protocols; the answer is cut off at a size and a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "base/workers.h"
#include "dns/resolver.h"

namespace posthorn::http {

struct FetchOptions {
  std::string ca_file = {};        // empty: the system's
  bool allow_private = false;      // loopback and private addresses, any port: for labs and tests
  bool clear_too = false;          // http to port 80 as well: pictures
  Duration timeout = std::chrono::seconds(30);
  std::size_t most = 64u << 10;    // octets of the answer's body
};

struct FetchRequest {
  std::string method = "GET";  // or POST
  std::string url;
  std::vector<std::pair<std::string, std::string>> fields = {};  // values without line ends
  std::string body = {};
};

struct FetchAnswer {
  unsigned status = 0;
  std::string body;
  std::string location = {};      // of a redirect: the whole URL, which nobody has looked at yet
  std::uint64_t retry_after = 0;  // seconds, if told so
};

// refused: the URL leads where we do not go; invalid: it is no URL we take; unavailable: name or connection failed; too_big; timeout.
Task<Result<FetchAnswer>> fetch(dns::Resolver& resolver, Workers& workers, FetchOptions options, FetchRequest request);

// What fetch() checks before it looks anything up.
struct Target {
  std::string url;   // as libcurl writes it
  std::string host;  // lower case, without brackets
  std::uint16_t port = 443;
  bool is_address = false;
};
Result<Target> check_url(const std::string& url, const FetchOptions& options);

}  // namespace posthorn::http
