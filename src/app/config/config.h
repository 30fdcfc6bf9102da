// app/config/config.h - posthorn.toml: what a machine must know to start. Domains, accounts and rules live in the store instead.
// parse() is pure; an unknown key or a bad value is an error that names line, key and what would be right.
// Every key stands, with its default and a comment, in packaging/posthorn.toml, which the tests read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "jmap/oidc/options.h"
#include "net/costs.h"
#include "net/tls_context.h"
#include "post/options.h"
#include "report/desk.h"
#include "store/login_limits.h"

namespace posthorn::app {

enum class ServiceKind : std::uint8_t { smtp, submission, submissions, imap, imaps, pop3, pop3s, https };
std::string_view name_of(ServiceKind kind);
// TLS from the first byte.
bool has_implicit_tls(ServiceKind kind);

struct ListenConfig {
  ServiceKind service = ServiceKind::smtp;
  std::string address;
  std::uint16_t port = 0;
};

struct DnsConfig {
  std::vector<std::string> forward;  // "127.0.0.1@53"; empty: resolve from the root
  std::string trust_anchor = "/usr/share/dns/root.key";
  bool test_domain = false;    // look "test." up like any other name
  bool ask_localhost = false;  // resolvers on 127.0.0.0/8 may be asked
};

struct LimitsConfig {
  std::uint64_t message_size = 50u << 20;
  std::uint64_t receive_budget = 512u << 20;
  std::uint64_t recipients = 1000;
  std::uint64_t reserve = 64u << 20;  // of the disk, held back
  store::LoginLimitOptions logins;
  std::uint64_t connections = 0;                   // over all services; 0: what the descriptors allow
  std::uint64_t memory = 2048u << 20;
  std::uint64_t connections_per_account = 100, connections_per_account_and_address = 20;
  Duration search_time = std::chrono::seconds(2);
  std::uint64_t connections_per_address = 30, connections_per_network = 90, connections_per_wide_network = 270;
  net::Rate tokens = net::cost::trouble_tokens;  // net/tolls.h
};

// Messages of ours to the push services that clients name (RFC 8620 section 7.2).
struct PushConfig {
  std::string ca_file;
  bool allow_private = false;  // loopback and private addresses, any port
};

// The OpenID provider by which people may log in to the webmail (jmap/oidc).
struct OidcConfig {
  jmap::oidc::Options provider;
  std::string ca_file;
  bool allow_private = false;  // loopback and private addresses, any port
};

// The walls around the running server (app/confine).
struct ConfineConfig {
  std::string user = "posthorn";         // whom `serve` becomes when root starts it; empty: it stays who it is
  bool required = true;                  // refuse to start where the kernel cannot confine
  std::vector<std::string> read, write;  // beside what the rest of the configuration names
};

struct Config {
  std::string file;
  std::string name;    // host name
  std::string data;    // folder
  unsigned threads = 0;
  std::uint64_t cache = 64u << 20;
  Level log_level = Level::info;
  bool insecure_auth = false;
  Duration cleanup_every = std::chrono::hours(1);  // Store::collect_garbage
  std::vector<net::CertificateFiles> certificates;
  std::vector<ListenConfig> listen;
  DnsConfig dns;
  LimitsConfig limits;
  ConfineConfig confine;
  PushConfig push;
  OidcConfig oidc;
  std::string countries;  // a file of them; empty: none is known (post/countries.h)
  post::Options post;
  report::DeskOptions reports;

  std::string control_socket() const { return data + "/control.sock"; }
  std::string keyring_file() const { return data + "/keyring"; }
  std::string store_folder() const { return data + "/store"; }
  std::string reserve_folder() const { return data + "/reserve"; }
};

Result<Config> parse_config(std::string_view text, std::string file);
Result<Config> load_config(const std::string& file);

// All keys that parse_config() knows, as "section.key", for the tests and the shell completion.
std::vector<std::string> known_keys();

}  // namespace posthorn::app
