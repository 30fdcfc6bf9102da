#include "app/config/config.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
// toml++ 3.3 asserts what some wrong texts break ("[[,"), which would end the program, on a reload too. Without that it says what is wrong.
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "app/config/plain_form.h"
#include "app/config/units.h"
#include "base/text.h"
#include "mail/address.h"

namespace posthorn::app {
namespace {

constexpr std::pair<std::string_view, ServiceKind> services[] = {
    {"smtp", ServiceKind::smtp},   {"submission", ServiceKind::submission}, {"submissions", ServiceKind::submissions},
    {"imap", ServiceKind::imap},   {"imaps", ServiceKind::imaps},           {"pop3", ServiceKind::pop3},
    {"pop3s", ServiceKind::pop3s},
    {"https", ServiceKind::https},
};

// How one value is read: an error text, or empty when it was good.
using Read = std::function<std::string(const toml::node&)>;
struct Key {
  std::string_view name;
  Read read;
};

Read text_into(std::string& to) {
  return [&to](const toml::node& n) -> std::string {
    const auto v = n.value_exact<std::string>();
    if (!v) return "must be a text in quotes";
    to = *v;
    return {};
  };
}

Read host_into(std::string& to) {
  return [&to](const toml::node& n) -> std::string {
    const auto v = n.value_exact<std::string>();
    if (!v) return "must be a host name in quotes, such as \"mail.example.org\"";
    const auto host = mail::parse_domain(*v);
    if (!host) return "is no host name: " + host.error().what;
    to = *host;
    return {};
  };
}

Read flag_into(bool& to) {
  return [&to](const toml::node& n) -> std::string {
    const auto v = n.value_exact<bool>();
    if (!v) return "must be true or false";
    to = *v;
    return {};
  };
}

template <class Number>
Read number_into(Number& to, std::int64_t least, std::int64_t most) {
  return [&to, least, most](const toml::node& n) -> std::string {
    const auto v = n.value_exact<std::int64_t>();
    if (!v || *v < least || *v > most) return "must be a number from " + std::to_string(least) + " to " + std::to_string(most);
    to = static_cast<Number>(*v);
    return {};
  };
}

Read size_into(std::uint64_t& to) {
  return [&to](const toml::node& n) -> std::string {
    const auto v = n.value_exact<std::string>();
    const auto size = v ? parse_size(*v) : fail(Errc::invalid, "");
    if (!size) return "must be a size such as \"50MiB\" or \"64KiB\"";
    to = *size;
    return {};
  };
}

Read duration_into(Duration& to) {
  return [&to](const toml::node& n) -> std::string {
    const auto v = n.value_exact<std::string>();
    const auto time = v ? parse_duration(*v) : fail(Errc::invalid, "");
    if (!time) return "must be a time such as \"90s\", \"5m\", \"4h\" or \"5d\"";
    to = *time;
    return {};
  };
}

Read texts_into(std::vector<std::string>& to) {
  return [&to](const toml::node& n) -> std::string {
    const auto* list = n.as_array();
    std::vector<std::string> all;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const auto v = list->get(i)->value_exact<std::string>();
      if (!v) return "must be a list of texts, such as [\"a\", \"b\"]";
      all.push_back(*v);
    }
    if (list == nullptr) return "must be a list of texts, such as [\"a\", \"b\"]";
    to = std::move(all);
    return {};
  };
}

Read level_into(Level& to) {
  return [&to](const toml::node& n) -> std::string {
    static constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
    const auto v = n.value_exact<std::string>();
    for (unsigned char i = 0; v && i < 4; ++i)
      if (names[i] == *v) {
        to = static_cast<Level>(i);
        return {};
      }
    return "must be \"debug\", \"info\", \"warn\" or \"error\"";
  };
}

Read ambiguous_into(post::AmbiguousMime& to) {
  return [&to](const toml::node& n) -> std::string {
    static constexpr std::string_view names[] = {"mark", "junk", "reject"};
    const auto v = n.value_exact<std::string>();
    for (unsigned char i = 0; v && i < 3; ++i)
      if (names[i] == *v) {
        to = static_cast<post::AmbiguousMime>(i);
        return {};
      }
    return "must be \"mark\", \"junk\" or \"reject\"";
  };
}

Read service_into(ServiceKind& to) {
  return [&to](const toml::node& n) -> std::string {
    const auto v = n.value_exact<std::string>();
    for (const auto& [name, kind] : services)
      if (v && *v == name) {
        to = kind;
        return {};
      }
    return "must be one of smtp, submission, submissions, imap, imaps, pop3, pop3s, https";
  };
}

struct Draft {
  Config config;
  post::Smarthost smarthost;
};

// The map of the file: section, keys, where each value goes.
struct Section {
  std::string_view name;
  std::vector<Key> keys;
};

std::vector<Section> sections(Draft& d) {
  auto& c = d.config;
  auto& p = c.post;
  constexpr std::int64_t many = 1'000'000;
  return {
      {"server", {{"name", host_into(c.name)}, {"data", text_into(c.data)}, {"threads", number_into(c.threads, 0, 256)}, {"cache", size_into(c.cache)},
                  {"log_level", level_into(c.log_level)}, {"cleanup_every", duration_into(c.cleanup_every)}, {"insecure_auth", flag_into(c.insecure_auth)}}},
      {"dns", {{"forward", texts_into(c.dns.forward)}, {"trust_anchor", text_into(c.dns.trust_anchor)}, {"test_domain", flag_into(c.dns.test_domain)},
               {"ask_localhost", flag_into(c.dns.ask_localhost)}}},
      {"limits", {{"message_size", size_into(c.limits.message_size)}, {"receive_budget", size_into(c.limits.receive_budget)}, {"reserve", size_into(c.limits.reserve)},
                  {"recipients", number_into(c.limits.recipients, 100, 100'000)},
                  {"failed_logins_per_account", number_into(c.limits.logins.per_account, 0, many)},
                  {"failed_logins_before_waits", number_into(c.limits.logins.per_network, 0, many)},
                  {"failed_logins_per_address", number_into(c.limits.logins.per_address, 0, many)},
                  {"connections", number_into(c.limits.connections, 0, many)}, {"memory", size_into(c.limits.memory)},
                  {"connections_per_account", number_into(c.limits.connections_per_account, 0, many)},
                  {"connections_per_account_and_address", number_into(c.limits.connections_per_account_and_address, 0, many)},
                  {"search_time", duration_into(c.limits.search_time)},
                  {"connections_per_address", number_into(c.limits.connections_per_address, 0, many)},
                  {"connections_per_network", number_into(c.limits.connections_per_network, 0, many)},
                  {"connections_per_wide_network", number_into(c.limits.connections_per_wide_network, 0, many)},
                  {"tokens", number_into(c.limits.tokens.burst, 0, many)}, {"tokens_per_hour", number_into(c.limits.tokens.per_hour, 1, 100 * many)}}},
      {"confine", {{"user", text_into(c.confine.user)}, {"required", flag_into(c.confine.required)}, {"read", texts_into(c.confine.read)},
                   {"write", texts_into(c.confine.write)}}},
      {"push", {{"ca_file", text_into(c.push.ca_file)}, {"allow_private", flag_into(c.push.allow_private)}}},
      {"oidc", {{"issuer", text_into(c.oidc.provider.issuer)}, {"client_id", text_into(c.oidc.provider.client)}, {"client_secret", text_into(c.oidc.provider.secret)},
                {"claim", text_into(c.oidc.provider.claim)}, {"scope", text_into(c.oidc.provider.scope)}, {"domains", texts_into(c.oidc.provider.domains)},
                {"label", text_into(c.oidc.provider.label)}, {"url", text_into(c.oidc.provider.redirect)}, {"ca_file", text_into(c.oidc.ca_file)},
                {"allow_private", flag_into(c.oidc.allow_private)}}},
      {"submission", {{"any_sender", texts_into(p.senders_for_any)}}},
      {"trust", {{"check_incoming", flag_into(p.check_incoming)}, {"ambiguous_mime", ambiguous_into(p.ambiguous_mime)}, {"reject_on_policy_alone", flag_into(p.trust.reject_on_policy_alone)},
                 {"trusted_forwarders", texts_into(p.trust.trusted_forwarders)}, {"trusted_sealers", texts_into(p.trust.trusted_sealers)}, {"countries", text_into(c.countries)},
                 {"replayed_recipients", number_into(p.replayed_recipients, 0, many)}}},
      {"reports", {{"send", flag_into(c.reports.send)}, {"send_failures", flag_into(c.reports.send_failures)}, {"organization", text_into(c.reports.organization)},
                   {"from", text_into(c.reports.from)}, {"contact", text_into(c.reports.contact)}, {"intake", texts_into(c.reports.intake)}}},
      {"queue", {{"retry_first", duration_into(p.retry_first)}, {"retry_most", duration_into(p.retry_most)}, {"expire_after", duration_into(p.expire_after)},
                 {"warn_after", duration_into(p.warn_after)}, {"connect_timeout", duration_into(p.connect_timeout)},
                 {"connections", number_into(p.connections, 1, 10'000)}, {"connections_per_destination", number_into(p.most_concurrency, 1, 1000)},
                 {"port", number_into(p.port, 1, 65535)}, {"source_address", text_into(p.source_address)}, {"dane", flag_into(p.dane)}, {"mta_sts", flag_into(p.mta_sts)},
                 {"mta_sts_port", number_into(p.sts_port, 1, 65535)}, {"ca_file", text_into(p.ca_file)},
                 {"allow_private_routes", flag_into(p.allow_private_routes)}, {"srs", flag_into(p.srs)}}},
      {"smarthost", {{"host", host_into(d.smarthost.host)}, {"port", number_into(d.smarthost.port, 1, 65535)}, {"implicit_tls", flag_into(d.smarthost.implicit_tls)},
                     {"verify", flag_into(d.smarthost.verify)}, {"user", text_into(d.smarthost.user)}, {"password", text_into(d.smarthost.password)},
                     {"ca_file", text_into(p.ca_file)}}},
  };
}

std::vector<Key> certificate_keys(net::CertificateFiles& files) {
  return {{"certificate", text_into(files.certificate)}, {"key", text_into(files.key)}};
}
std::vector<Key> listen_keys(ListenConfig& listen) {
  return {{"service", service_into(listen.service)}, {"address", text_into(listen.address)}, {"port", number_into(listen.port, 0, 65535)}};
}

std::string names_of(const std::vector<Key>& keys) {
  std::string out;
  for (const auto& key : keys) out += (out.empty() ? "" : ", ") + std::string(key.name);
  return out;
}

std::unexpected<Error> at_line(const std::string& file, std::size_t line, const std::string& what) {
  return fail(Errc::invalid, file + ":" + std::to_string(line) + ": " + what, "Every key is explained in packaging/posthorn.toml");
}

std::unexpected<Error> at_line(const std::string& file, const toml::source_region& where, const std::string& what) { return at_line(file, where.begin.line, what); }

Status read_table(const std::string& file, const std::string& name, const toml::table& table, const std::vector<Key>& keys) {
  for (const auto& [raw_key, node] : table) {
    const std::string_view key = raw_key.str();
    const auto known = std::ranges::find(keys, key, &Key::name);
    if (known == keys.end())
      return at_line(file, raw_key.source(), "[" + name + "] has no key \"" + std::string(key) + "\"; it has: " + names_of(keys));
    if (auto wrong = known->read(node); !wrong.empty()) return at_line(file, node.source(), name + "." + std::string(key) + " " + wrong);
  }
  return {};
}

template <class Item>
Status read_list(const std::string& file, const std::string& name, const toml::node& node, std::vector<Item>& to,
                 std::vector<Key> (*keys_of)(Item&)) {
  const auto* list = node.as_array();
  if (list == nullptr) return at_line(file, node.source(), name + " is written as [[" + name + "]], once for each");
  for (const auto& element : *list) {
    const auto* table = element.as_table();
    if (table == nullptr) return at_line(file, element.source(), name + " is written as [[" + name + "]], once for each");
    Item item;
    TRY(read_table(file, name, *table, keys_of(item)));
    to.push_back(std::move(item));
  }
  return {};
}

Status check(const Config& c) {
  const auto missing = [&c](const std::string& what) { return fail(Errc::invalid, c.file + ": " + what, "Every key is explained in packaging/posthorn.toml"); };
  if (c.name.empty()) return missing("server.name is missing: this machine's host name, such as \"mail.example.org\"");
  if (c.data.empty()) return missing("server.data is missing: the folder that holds all mail, such as \"/var/lib/posthorn\"");
  for (const auto& files : c.certificates)
    if (files.certificate.empty() || files.key.empty()) return missing("[[tls]] needs both certificate and key");
  for (const auto& listen : c.listen) {
    if (listen.address.empty()) return missing("[[listen]] needs an address, such as \"0.0.0.0\" or \"::\"");
    const bool implicit = has_implicit_tls(listen.service);
    if (implicit && c.certificates.empty()) return missing("the service " + std::string(name_of(listen.service)) + " needs a certificate: add [[tls]]");
  }
  return {};
}

// The provider compares what we send with what it has, octet by octet: better said here than by its error page.
Status finish(OidcConfig& oidc, const Config& c) {
  auto& p = oidc.provider;
  const auto wrong = [&c](const std::string& what) { return fail(Errc::invalid, c.file + ": " + what, "Every key is explained in packaging/posthorn.toml"); };
  const auto is_base = [](const std::string& url) { return url.starts_with("https://") && url.size() > 8 && url.find_first_of("?# ") == std::string::npos; };
  if (p.issuer.empty()) return {};
  if (!is_base(p.issuer)) return wrong("oidc.issuer must be an https URL without '?' and '#', as the provider writes it, such as \"https://login.example.org\"");
  if (p.client.empty()) return wrong("oidc.client_id is missing: the name that the provider gave this server");
  if (p.claim.empty()) return wrong("oidc.claim is empty: name the claim that holds the account's address, such as \"email\"");
  if (std::ranges::count(split(p.scope, ' '), std::string_view("openid")) == 0) return wrong("oidc.scope must hold the word openid, such as \"openid email\"");
  if (p.redirect.empty()) p.redirect = "https://" + c.name;
  if (!is_base(p.redirect) || p.redirect.ends_with('/')) return wrong("oidc.url must be the webmail's own https URL without a path, such as \"https://mail.example.org\"");
  p.redirect += "/auth/oidc/callback";
  for (auto& domain : p.domains) {
    const auto parsed = mail::parse_domain(domain);
    if (!parsed) return wrong("oidc.domains: " + parsed.error().what);
    domain = *parsed;
  }
  return {};
}

Status normalise(const std::string& file, std::string& address) {
  const auto parsed = mail::parse_address(address);
  if (!parsed) return fail(Errc::invalid, file + ": " + parsed.error().what, "Write it as user@example.org");
  address = parsed->text();
  return {};
}

}  // namespace

bool has_implicit_tls(ServiceKind kind) {
  return kind == ServiceKind::submissions || kind == ServiceKind::imaps || kind == ServiceKind::pop3s || kind == ServiceKind::https;
}

std::string_view name_of(ServiceKind kind) {
  for (const auto& [name, one] : services)
    if (one == kind) return name;
  return "?";
}

Result<Config> parse_config(std::string_view text, std::string file) {
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    if (!has_plain_form(line)) return at_line(file, number, "this cannot be read: a text stands in quotes, on one line, and characters beyond ASCII only there and in comments");
  }
  auto parsed = toml::parse(text, file);
  if (!parsed) return at_line(file, parsed.error().source(), std::string(parsed.error().description()));
  Draft draft;
  auto& config = draft.config;
  config.file = file;
  const auto all = sections(draft);
  for (const auto& [raw_name, node] : parsed.table()) {
    const std::string name(raw_name.str());
    if (name == "listen") {
      TRY(read_list<ListenConfig>(file, name, node, config.listen, listen_keys));
      continue;
    }
    if (name == "tls") {
      TRY(read_list<net::CertificateFiles>(file, name, node, config.certificates, certificate_keys));
      continue;
    }
    const auto section = std::ranges::find(all, std::string_view(name), &Section::name);
    if (section == all.end() || node.as_table() == nullptr) {
      std::string known = "tls, listen";
      for (const auto& one : all) known += ", " + std::string(one.name);
      return at_line(file, raw_name.source(), "there is no section [" + name + "]; there are " + known);
    }
    TRY(read_table(file, name, *node.as_table(), section->keys));
  }
  TRY(check(config));
  TRY(finish(config.oidc, config));
  config.post.host_name = config.name;
  config.post.receive_budget = config.limits.receive_budget;
  if (!draft.smarthost.host.empty()) config.post.smarthost = draft.smarthost;
  for (auto* addresses : {&config.post.senders_for_any, &config.reports.intake})
    for (auto& one : *addresses) TRY(normalise(file, one));
  if (!config.reports.from.empty()) TRY(normalise(file, config.reports.from));
  return config;
}

Result<Config> load_config(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Errc::not_found, "cannot read the configuration " + file, "Name it with --config FILE; an example is packaging/posthorn.toml");
  std::stringstream text;
  text << in.rdbuf();
  TRY_ASSIGN(auto config, parse_config(text.str(), file));
  config.file = std::filesystem::absolute(file).string();
  // Paths in the file are relative to it, so that a whole installation can be moved.
  const auto folder = std::filesystem::absolute(file).parent_path();
  const auto anchor = [&folder](std::string& path) {
    if (!path.empty()) path = (folder / path).lexically_normal().string();
  };
  anchor(config.data);
  anchor(config.dns.trust_anchor);
  anchor(config.post.ca_file);
  anchor(config.push.ca_file);
  anchor(config.oidc.ca_file);
  anchor(config.countries);
  for (auto* paths : {&config.confine.read, &config.confine.write})
    for (auto& path : *paths) anchor(path);
  for (auto& files : config.certificates) {
    anchor(files.certificate);
    anchor(files.key);
  }
  return config;
}

std::vector<std::string> known_keys() {
  Draft draft;
  net::CertificateFiles files;
  ListenConfig listen;
  std::vector<std::string> out;
  auto add = [&out](std::string_view section, const std::vector<Key>& keys) {
    for (const auto& key : keys) out.push_back(std::string(section) + "." + std::string(key.name));
  };
  for (const auto& section : sections(draft)) add(section.name, section.keys);
  add("tls", certificate_keys(files));
  add("listen", listen_keys(listen));
  return out;
}

}  // namespace posthorn::app
