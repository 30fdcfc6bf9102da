// app/command/commands.h - the commands of `posthorn`, each as a function from its options to an exit status.
// main.cpp reads the command line into these; they print to standard output, errors to standard error.
// Exit status: 0 done, 1 it could not be done, 2 bad input.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/command/output.h"

namespace posthorn::app {

struct Common {
  std::string config = "/etc/posthorn/posthorn.toml";
  bool json = false;
  Format format() const { return json ? Format::json : Format::people; }
};

int serve_command(const Common& common);
int mime_command(const Common& common, const std::string& file);
int verify_command(const Common& common);
int keyring_command(const Common& common);
int doctor_confinement(const Common& common);

int domain_add(const Common& common, const std::string& domain);
int domain_remove(const Common& common, const std::string& domain);
int domain_list(const Common& common);

struct AccountOptions {
  std::string address, display_name, password_file, label, csv;
  std::string quota;  // "2GiB", "0" for none
  std::optional<bool> enabled;
};
int account_add(const Common& common, const AccountOptions& options);
int account_remove(const Common& common, const AccountOptions& options);
int account_reindex(const Common& common, const AccountOptions& options);
int account_list(const Common& common);
int account_show(const Common& common, const AccountOptions& options);
int account_password(const Common& common, const AccountOptions& options);
int account_set(const Common& common, const AccountOptions& options);
int account_import(const Common& common, const AccountOptions& options);
int app_password_add(const Common& common, const AccountOptions& options);
int app_password_remove(const Common& common, const AccountOptions& options);
int app_password_list(const Common& common, const AccountOptions& options);
int codes_remove(const Common& common, const AccountOptions& options);

int alias_set(const Common& common, const std::string& alias, const std::vector<std::string>& targets, bool foreign);
int alias_remove(const Common& common, const std::string& alias);
int alias_list(const Common& common);

int queue_list(const Common& common);
int queue_show(const Common& common, const std::string& id, bool message);
int queue_retry(const Common& common, const std::string& id, bool all);
int queue_hold(const Common& common, const std::string& id, const std::string& because);
int queue_drop(const Common& common, const std::string& id);

int dkim_list(const Common& common, const std::string& domain);
int dkim_generate(const Common& common, const std::string& domain);
int dkim_rotate(const Common& common, const std::string& domain);
int dkim_import(const Common& common, const std::string& domain, const std::string& selector, const std::string& key_file);
int dkim_retire(const Common& common, const std::string& domain, const std::string& selector);
int dkim_look(const Common& common, const std::string& domain);

int import_command(const Common& common, const std::string& address, const std::string& source, const std::string& mailbox);
int export_command(const Common& common, const std::string& address, const std::string& target, const std::string& format);

int server_command(const Common& common, const std::string& operation);  // "server.reload", "server.status", "server.stop"

}  // namespace posthorn::app
