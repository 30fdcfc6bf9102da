// posthorn dkim: the keys that sign our mail.
#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/backend_call.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;

json::object named(const std::string& domain) {
  json::object out;
  if (!domain.empty()) out["domain"] = domain;
  return out;
}

void print_records(const json::value& keys) {
  for (const auto& key : keys.as_array()) std::printf("\n%s. TXT\n  %s\n", text_of(key, "record_name").c_str(), text_of(key, "record").c_str());
}

int generated(const Common& common, const std::string& domain, const char* then) {
  return call_and_show(common, "dkim.generate", named(domain), [then](const json::value& keys) {
    std::puts("Put these TXT records into the DNS:");
    print_records(keys);
    std::printf("\n%s Look now with: posthorn dkim look\n", then);
  });
}

}  // namespace

int dkim_list(const Common& common, const std::string& domain) {
  return call_and_show(common, "dkim.list", named(domain), [](const json::value& keys) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& key : keys.as_array())
      rows.push_back({text_of(key, "domain"), text_of(key, "selector"), text_of(key, "kind") + " " + std::to_string(number_of(key, "bits")), text_of(key, "state"),
                      text_of(key, "since")});
    print_table({"DOMAIN", "SELECTOR", "KEY", "STATE", "SINCE"}, rows);
    print_records(keys);
  });
}

int dkim_generate(const Common& common, const std::string& domain) {
  return generated(common, domain, "Mail is signed with them as soon as the running server sees them there.");
}

int dkim_rotate(const Common& common, const std::string& domain) {
  return generated(common, domain, "They take over from the present keys as soon as the running server sees them there; leave the old records for another week.");
}

int dkim_import(const Common& common, const std::string& domain, const std::string& selector, const std::string& key_file) {
  auto key = file_or_input(key_file, "a file with a private key in PEM");
  if (!key) return report(key.error(), common.format());
  auto arguments = named(domain);
  arguments["selector"] = selector;
  auto answer = call_once(common, "dkim.import", std::move(arguments), std::move(*key));
  if (!answer) return report(answer.error(), common.format());
  if (common.json) print_json(answer->value);
  else std::printf("%s of %s is kept; mail is signed with it once the DNS shows\n  %s\n", selector.c_str(), domain.c_str(), text_of(answer->value, "record").c_str());
  return 0;
}

int dkim_retire(const Common& common, const std::string& domain, const std::string& selector) {
  auto arguments = named(domain);
  arguments["selector"] = selector;
  return call_and_show(common, "dkim.retire", std::move(arguments), [&](const json::value&) {
    std::printf("%s signs no more; leave its record in the DNS for another week\n", selector.c_str());
  });
}

int dkim_look(const Common& common, const std::string& domain) {
  return call_and_show(common, "dkim.look", named(domain), [](const json::value& keys) {
    if (keys.as_array().empty()) std::puts("no key waits to be seen in the DNS");
    for (const auto& key : keys.as_array())
      std::printf("%s %s: %s\n", text_of(key, "domain").c_str(), text_of(key, "selector").c_str(), flag_of(key, "seen") ? "seen, mail is signed with it now" : text_of(key, "why").c_str());
  });
}

}  // namespace posthorn::app
