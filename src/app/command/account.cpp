// posthorn account, posthorn domain, posthorn alias.
#include <termios.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "app/command/backend_call.h"
#include "app/config/units.h"
#include "app/transfer/csv.h"
#include "base/text.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;

// One line from the terminal without showing it.
Result<std::string> ask(const char* prompt) {
  std::fputs(prompt, stderr);
  termios before{};
  if (tcgetattr(STDIN_FILENO, &before) != 0) return fail(Errc::io, "the terminal cannot hide a password", "Use --password-file FILE, or - for standard input");
  termios quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  std::string line;
  std::getline(std::cin, line);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::fputs("\n", stderr);
  return line;
}

// Never from the command line itself, where every user of the machine could read it.
Result<std::string> password_from(const std::string& file) {
  std::string password;
  if (file == "-") {
    std::getline(std::cin, password);
  } else if (!file.empty()) {
    std::ifstream in(file);
    if (!in) return fail(Errc::not_found, "cannot read the password file " + file);
    std::getline(in, password);
  } else if (isatty(STDIN_FILENO) == 1) {
    TRY_ASSIGN(password, ask("Password: "));
    TRY_ASSIGN(const auto again, ask("Again: "));
    if (again != password) return fail(Errc::invalid, "the two passwords differ", "Try again");
  } else {
    return fail(Errc::invalid, "there is no password", "Use --password-file FILE, or --password-file - to give it on standard input");
  }
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) return fail(Errc::invalid, "the password is empty");
  return password;
}

Result<json::object> account_arguments(const AccountOptions& options) {
  json::object out{{"address", options.address}};
  if (!options.display_name.empty()) out["display_name"] = options.display_name;
  if (options.enabled) out["enabled"] = *options.enabled;
  if (!options.quota.empty()) {
    TRY_ASSIGN(const auto size, parse_size(options.quota));
    out["quota_bytes"] = size;
  }
  return out;
}

std::string quota_text(const json::value& account) {
  const auto quota = number_of(account, "quota_bytes");
  return quota == 0 ? "none" : human_size(quota);
}

int set_with_password(const Common& common, const AccountOptions& options, const char* operation, const char* done) {
  auto arguments = account_arguments(options);
  if (!arguments) return report(arguments.error(), common.format());
  auto password = password_from(options.password_file);
  if (!password) return report(password.error(), common.format());
  (*arguments)["password"] = *password;
  return call_and_show(common, operation, std::move(*arguments), [&](const json::value&) { std::printf("%s %s\n", options.address.c_str(), done); });
}

void done(const std::string& what) { std::puts(what.c_str()); }

}  // namespace

int domain_add(const Common& common, const std::string& domain) {
  return call_and_show(common, "domain.add", {{"domain", domain}}, [&](const json::value&) { done(domain + " is ours now. Next: posthorn account add NAME@" + domain); });
}

int domain_remove(const Common& common, const std::string& domain) {
  return call_and_show(common, "domain.remove", {{"domain", domain}}, [&](const json::value&) { done(domain + " is gone"); });
}

int domain_list(const Common& common) {
  return call_and_show(common, "domain.list", {}, [](const json::value& all) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : all.as_array()) rows.push_back({text_of(one, "shown")});
    print_table({"DOMAIN"}, rows);
  });
}

int account_add(const Common& common, const AccountOptions& options) { return set_with_password(common, options, "account.add", "has a mailbox now"); }
int account_password(const Common& common, const AccountOptions& options) { return set_with_password(common, options, "account.password", "has a new password"); }

int account_remove(const Common& common, const AccountOptions& options) {
  return call_and_show(common, "account.remove", {{"address", options.address}},
                       [&](const json::value&) { done(options.address + " and all its mail are gone for good"); });
}

int account_reindex(const Common& common, const AccountOptions& options) {
  return call_and_show(common, "account.reindex", {{"address", options.address}}, [&](const json::value& a) {
    std::printf("The words of %llu of %llu emails are indexed, in %s\n", static_cast<unsigned long long>(number_of(a, "indexed")), static_cast<unsigned long long>(number_of(a, "emails")),
                human_size(number_of(a, "bytes")).c_str());
  });
}

int account_list(const Common& common) {
  return call_and_show(common, "account.list", {}, [](const json::value& all) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : all.as_array())
      rows.push_back({text_of(one, "address"), std::to_string(number_of(one, "emails")), human_size(number_of(one, "used_bytes")), quota_text(one),
                      flag_of(one, "enabled") ? "yes" : "no"});
    print_table({"ACCOUNT", "EMAILS", "USED", "QUOTA", "ENABLED"}, rows);
  });
}

int account_show(const Common& common, const AccountOptions& options) {
  return call_and_show(common, "account.show", {{"address", options.address}}, [](const json::value& a) {
    std::printf("%s  %s\nemails %llu, used %s, quota %s, %s\n\n", text_of(a, "address").c_str(), text_of(a, "display_name").c_str(),
                static_cast<unsigned long long>(number_of(a, "emails")), human_size(number_of(a, "used_bytes")).c_str(), quota_text(a).c_str(),
                flag_of(a, "enabled") ? "enabled" : "disabled");
    std::vector<std::vector<std::string>> rows;
    for (const auto& m : a.at("mailboxes").as_array())
      rows.push_back({text_of(m, "name"), std::to_string(number_of(m, "total")), std::to_string(number_of(m, "unseen")), human_size(number_of(m, "bytes"))});
    print_table({"MAILBOX", "MESSAGES", "UNSEEN", "SIZE"}, rows);
  });
}

int account_set(const Common& common, const AccountOptions& options) {
  auto arguments = account_arguments(options);
  if (!arguments) return report(arguments.error(), common.format());
  if (arguments->size() == 1) return report(Error{Errc::invalid, "there is nothing to change", "Give --quota, --enable or --disable"}, common.format());
  return call_and_show(common, "account.set", std::move(*arguments), [&](const json::value&) { done(options.address + " is changed"); });
}

// CSV with a header line: address,password and, if wanted, display_name,quota. Accounts that are there already are left as they are
// and counted, so the same file can be given again.
int account_import(const Common& common, const AccountOptions& options) {
  auto rows = read_csv(options.csv);
  if (!rows) return report(rows.error(), common.format());
  auto config = load_config(common.config);
  if (!config) return report(config.error(), common.format());
  auto backend = open_backend(*config);
  if (!backend) return report(backend.error(), common.format());
  Progress progress("accounts");
  std::uint64_t added = 0, there = 0, at = 0;
  json::array failures;
  for (const auto& row : *rows) {
    AccountOptions one;
    one.address = row.get("address");
    one.display_name = row.get("display_name");
    one.quota = row.get("quota");
    progress.at(++at, rows->size(), one.address);
    auto arguments = account_arguments(one);
    Result<admin::Response> answer = arguments ? Result<admin::Response>() : fail(arguments.error());
    if (arguments) {
      (*arguments)["password"] = row.get("password");
      answer = (*backend)->call(admin::Request{"account.add", std::move(*arguments), {}});
    }
    if (answer) ++added;
    else if (answer.error().code == Errc::exists) ++there;
    else failures.push_back(json::object{{"line", row.line}, {"address", one.address}, {"why", answer.error().text()}});
  }
  progress.finish();
  const bool good = failures.empty();
  if (common.json) {
    print_json(json::object{{"added", added}, {"there_already", there}, {"failed", std::move(failures)}});
  } else {
    for (const auto& f : failures)
      std::fprintf(stderr, "%s:%llu: %s: %s\n", options.csv.c_str(), static_cast<unsigned long long>(number_of(f, "line")), text_of(f, "address").c_str(), text_of(f, "why").c_str());
    std::printf("%llu accounts added, %llu were there already, %zu failed\n", static_cast<unsigned long long>(added), static_cast<unsigned long long>(there), failures.size());
  }
  return good ? 0 : 1;
}

int app_password_add(const Common& common, const AccountOptions& options) {
  return call_and_show(common, "app-password.add", {{"address", options.address}, {"label", options.label}}, [](const json::value& a) {
    std::printf("%s\n", text_of(a, "password").c_str());
    std::fputs("This is shown only now. Type it into the app; take it back with: posthorn account app-password remove\n", stderr);
  });
}

int app_password_remove(const Common& common, const AccountOptions& options) {
  return call_and_show(common, "app-password.remove", {{"address", options.address}, {"label", options.label}},
                       [&](const json::value&) { done("the app password \"" + options.label + "\" no longer works"); });
}

int app_password_list(const Common& common, const AccountOptions& options) {
  return call_and_show(common, "app-password.list", {{"address", options.address}}, [](const json::value& all) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : all.as_array()) rows.push_back({text_of(one, "label"), text_of(one, "created"), text_of(one, "used")});
    print_table({"LABEL", "CREATED", "LAST USED"}, rows);
  });
}

int codes_remove(const Common& common, const AccountOptions& options) {
  return call_and_show(common, "codes.remove", {{"address", options.address}}, [&](const json::value&) { done(options.address + " logs in without one-time codes"); });
}

int alias_set(const Common& common, const std::string& alias, const std::vector<std::string>& targets, bool foreign) {
  json::array to;
  for (const auto& one : targets) to.push_back(json::value(one));
  return call_and_show(common, "alias.set", {{"alias", alias}, {"targets", std::move(to)}, {"foreign", foreign}}, [&](const json::value&) { done(alias + " is set"); });
}

int alias_remove(const Common& common, const std::string& alias) {
  return call_and_show(common, "alias.set", {{"alias", alias}, {"targets", json::array()}}, [&](const json::value&) { done(alias + " is gone"); });
}

int alias_list(const Common& common) {
  return call_and_show(common, "alias.list", {}, [](const json::value& all) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : all.as_array()) {
      std::string to;
      for (const auto& target : one.at("targets").as_array()) to += (to.empty() ? "" : ", ") + std::string(target.as_string().c_str());
      rows.push_back({text_of(one, "alias"), to});
    }
    print_table({"ALIAS", "GOES TO"}, rows);
  });
}

}  // namespace posthorn::app
