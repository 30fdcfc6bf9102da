// posthorn - the whole of email in one program. This file reads the command line; what the commands do stands in app/command and app/lab.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/command/check.h"
#include "app/command/commands.h"
#include "app/command/report.h"
#include "app/command/shell.h"
#include "app/lab/lab.h"
#include "base/out_of_memory.h"

namespace {

using namespace posthorn::app;

// Everything the options are read into; lives as long as the parser.
struct Options {
  Common common;
  AccountOptions account;
  CheckOptions check;
  ReportOptions report;
  LabOptions lab;
  std::string domain, alias, id, because = "held by the administrator", file, source, target, mailbox = "INBOX", format = "maildir", from, to, as, shell;
  std::vector<std::string> targets;
  bool all = false, message = false, foreign = false, confinement = false, enable = false, disable = false;
  int status = 0;
};

void add_domain(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("domain", "Domains that are ours: mail for them is taken in");
  group->require_subcommand(1);
  auto* add = group->add_subcommand("add", "Take in mail for a domain");
  add->add_option("DOMAIN", o.domain, "such as example.org")->required();
  add->callback([&o] { o.status = domain_add(o.common, o.domain); });
  auto* remove = group->add_subcommand("remove", "No longer take in mail for a domain; its accounts and aliases must be gone");
  remove->add_option("DOMAIN", o.domain, "One of: posthorn domain list")->required();
  remove->callback([&o] { o.status = domain_remove(o.common, o.domain); });
  group->add_subcommand("list", "All domains")->callback([&o] { o.status = domain_list(o.common); });
}

void add_password_file(CLI::App& command, Options& o) {
  command.add_option("--password-file", o.account.password_file, "File whose first line is the password; - for standard input. Without it the terminal is asked");
}

void add_address(CLI::App& command, Options& o) { command.add_option("ADDRESS", o.account.address, "The account, such as alice@example.org")->required(); }

void add_app_password(CLI::App& group, Options& o) {
  auto* app = group.add_subcommand("app-password", "Passwords for single apps and devices, each of which can be taken back");
  app->require_subcommand(1);
  struct Row {
    const char* name;
    const char* help;
    int (*run)(const Common&, const AccountOptions&);
    bool label;
  };
  for (const auto& row : {Row{"add", "Make one and show it, once", app_password_add, true}, Row{"remove", "Take one back", app_password_remove, true},
                          Row{"list", "All of an account", app_password_list, false}}) {
    auto* command = app->add_subcommand(row.name, row.help);
    add_address(*command, o);
    if (row.label) command->add_option("LABEL", o.account.label, "such as \"phone\"")->required();
    command->callback([&o, run = row.run] { o.status = run(o.common, o.account); });
  }
}

void add_account(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("account", "Accounts: people with a mailbox");
  group->require_subcommand(1);
  auto* add = group->add_subcommand("add", "Make an account");
  add->add_option("ADDRESS", o.account.address, "such as alice@example.org; also the login name")->required();
  add->add_option("--name", o.account.display_name, "The person's name");
  add->add_option("--quota", o.account.quota, "Most mail it may hold, such as 2GiB; 0 for no limit");
  add_password_file(*add, o);
  add->callback([&o] { o.status = account_add(o.common, o.account); });

  auto* password = group->add_subcommand("password", "Set a new password");
  add_address(*password, o);
  add_password_file(*password, o);
  password->callback([&o] { o.status = account_password(o.common, o.account); });

  auto* set = group->add_subcommand("set", "Change quota, or enable and disable logging in");
  add_address(*set, o);
  set->add_option("--quota", o.account.quota, "such as 2GiB; 0 for no limit");
  set->add_flag("--enable", o.enable, "Let it log in again");
  set->add_flag("--disable", o.disable, "Nobody logs in to it any more; mail still comes in")->excludes("--enable");
  set->callback([&o] {
    if (o.enable || o.disable) o.account.enabled = o.enable;
    o.status = account_set(o.common, o.account);
  });

  auto* remove = group->add_subcommand("remove", "Remove an account and all its mail, for good");
  add_address(*remove, o);
  remove->callback([&o] { o.status = account_remove(o.common, o.account); });
  auto* reindex = group->add_subcommand("reindex", "Make an account's index of words anew; searches find the same without it, only later");
  add_address(*reindex, o);
  reindex->callback([&o] { o.status = account_reindex(o.common, o.account); });
  auto* show = group->add_subcommand("show", "One account with its mailboxes");
  add_address(*show, o);
  show->callback([&o] { o.status = account_show(o.common, o.account); });
  group->add_subcommand("list", "All accounts")->callback([&o] { o.status = account_list(o.common); });

  auto* import = group->add_subcommand("import", "Make many accounts from a CSV file");
  import->add_option("FILE", o.account.csv, "First line: address,password[,display_name][,quota]; - for standard input")->required();
  import->callback([&o] { o.status = account_import(o.common, o.account); });
  add_app_password(*group, o);
  auto* codes = group->add_subcommand("codes-off", "Log in without one-time codes again: for who lost the device and the recovery codes");
  add_address(*codes, o);
  codes->callback([&o] { o.status = codes_remove(o.common, o.account); });
}

void add_alias(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("alias", "Addresses that lead to others");
  group->require_subcommand(1);
  auto* set = group->add_subcommand("set", "Make or change an alias");
  set->add_option("ALIAS", o.alias, "such as info@example.org; @example.org takes all that is unknown there")->required();
  set->add_option("TARGET", o.targets, "One or more addresses, here or elsewhere")->required();
  set->add_flag("--foreign", o.foreign, "Targets may be on other servers: their owners have agreed to get this mail");
  set->callback([&o] { o.status = alias_set(o.common, o.alias, o.targets, o.foreign); });
  auto* remove = group->add_subcommand("remove", "Remove an alias");
  remove->add_option("ALIAS", o.alias, "One of: posthorn alias list")->required();
  remove->callback([&o] { o.status = alias_remove(o.common, o.alias); });
  group->add_subcommand("list", "All aliases")->callback([&o] { o.status = alias_list(o.common); });
}

CLI::Option* add_id(CLI::App& command, Options& o) { return command.add_option("ID", o.id, "Of the message, as posthorn queue list shows it"); }

void add_queue(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("queue", "Mail that waits to leave this machine");
  group->require_subcommand(1);
  group->add_subcommand("list", "All that waits, and why")->callback([&o] { o.status = queue_list(o.common); });
  auto* show = group->add_subcommand("show", "One message with the last answer for each recipient");
  add_id(*show, o)->required();
  show->add_flag("--message", o.message, "Print the message itself");
  show->callback([&o] { o.status = queue_show(o.common, o.id, o.message); });
  auto* retry = group->add_subcommand("retry", "Try now; a held message is let go");
  add_id(*retry, o);
  retry->add_flag("--all", o.all, "All that waits");
  retry->callback([&o] { o.status = queue_retry(o.common, o.id, o.all); });
  auto* hold = group->add_subcommand("hold", "Keep a message until: posthorn queue retry ID");
  add_id(*hold, o)->required();
  hold->add_option("--because", o.because, "Why, for those who come after you");
  hold->callback([&o] { o.status = queue_hold(o.common, o.id, o.because); });
  auto* drop = group->add_subcommand("drop", "Throw a message away without telling its sender");
  add_id(*drop, o)->required();
  drop->callback([&o] { o.status = queue_drop(o.common, o.id); });
}

void add_resolver(CLI::App& command, Options& o) {
  auto* resolver = command.add_option("--resolver", o.check.resolver, "Ask this resolver, such as 127.0.0.1@53, instead of the DNS's roots");
  command.add_option("--dns", o.check.zone_file, "Ask nobody: take all answers from this RFC 1035 master file")->excludes(resolver);
  command.add_option("--at", o.check.at, "Judge as of this time: 2026-11-23T17:05:04Z, or seconds since 1970");
}

void add_envelope(CLI::App& command, Options& o) {
  command.add_option("--ip", o.check.ip, "Address of the client that brought it")->required();
  command.add_option("--helo", o.check.helo, "What it said in EHLO");
  command.add_option("--mail-from", o.check.mail_from, "What it said in MAIL FROM; \"\" for the empty sender");
  command.add_option("--receiver", o.check.receiver, "Our host name")->capture_default_str();
}

void add_check(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("check", "Judge a message or a domain as the server does, and show why; nothing is sent or changed");
  group->require_subcommand(1);
  auto* message = group->add_subcommand("message", "SPF, DKIM, ARC and DMARC of one message, and what would be done with it");
  message->add_option("FILE", o.check.file, "A file with one message; - for standard input")->required();
  add_envelope(*message, o);
  add_resolver(*message, o);
  message->callback([&o] { o.status = check_message(o.common, o.check); });
  auto* stored = group->add_subcommand("stored", "What was judged when a message came that is in a mailbox now, and the evidence kept with it");
  stored->add_option("ADDRESS", o.check.account, "The account")->required();
  stored->add_option("UID", o.check.uid, "Its UID in the mailbox, as mail apps show it")->required();
  stored->add_option("--mailbox", o.check.mailbox, "Where it is")->capture_default_str();
  stored->callback([&o] { o.status = check_stored(o.common, o.check); });
  auto* spf = group->add_subcommand("spf", "May this address send for that sender's domain");
  add_envelope(*spf, o);
  add_resolver(*spf, o);
  spf->callback([&o] { o.status = check_spf(o.common, o.check); });
  struct Row {
    const char* name;
    const char* help;
    int (*run)(const Common&, const CheckOptions&);
  };
  for (const auto& row : {Row{"dkim", "The signatures of a message", check_dkim}, Row{"arc", "The chain of those who passed a message on", check_arc}}) {
    auto* command = group->add_subcommand(row.name, row.help);
    command->add_option("FILE", o.check.file, "A file with one message; - for standard input")->required();
    add_resolver(*command, o);
    command->callback([&o, run = row.run] { o.status = run(o.common, o.check); });
  }
  auto* dmarc = group->add_subcommand("dmarc", "The policy for mail that says to be from a domain, tag by tag");
  dmarc->add_option("DOMAIN", o.check.domain, "The domain after the @ of From")->required();
  add_resolver(*dmarc, o);
  dmarc->callback([&o] { o.status = check_dmarc(o.common, o.check); });
  auto* policy = group->add_subcommand("policy", "What another DMARC or SPF record would have done to a domain's mail of the last months, source by source");
  policy->add_option("DOMAIN", o.check.domain, "A domain of this server, or, with --reports, any")->required();
  policy->add_option("--record", o.check.record, "The DMARC record to try, such as \"v=DMARC1; p=reject\"");
  policy->add_option("--spf", o.check.spf, "The SPF record to try, such as \"v=spf1 mx -all\"");
  policy->add_option("--days", o.check.days, "How far to look back")->capture_default_str();
  policy->add_option("--reports", o.check.reports, "Files and folders of aggregate reports to go by, instead of what this server knows");
  policy->add_flag("--all", o.check.unproven, "Also by reports whose sender is not proven");
  add_resolver(*policy, o);
  policy->callback([&o] { o.status = check_policy(o.common, o.check); });
  auto* domain = group->add_subcommand("domain", "All that a domain publishes about its mail, and what to do better");
  domain->add_option("DOMAIN", o.check.domain, "Any domain, ours or not")->required();
  domain->add_option("--selector", o.check.selectors, "DKIM selectors to look at");
  add_resolver(*domain, o);
  domain->callback([&o] { o.status = check_domain(o.common, o.check); });
}

void add_dkim(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("dkim", "Keys that sign what our people send, so that others can tell it from forgeries");
  group->require_subcommand(1);
  auto* list = group->add_subcommand("list", "All keys with their state and the DNS records to publish");
  list->add_option("DOMAIN", o.domain, "Only of this domain");
  list->callback([&o] { o.status = dkim_list(o.common, o.domain); });
  auto* generate = group->add_subcommand("generate", "Make an RSA and an Ed25519 key; mail is signed with them once the DNS shows their records");
  generate->add_option("DOMAIN", o.domain, "such as example.org")->required();
  generate->callback([&o] { o.status = dkim_generate(o.common, o.domain); });
  auto* rotate = group->add_subcommand("rotate", "Make new keys that take over from the present ones once the DNS shows their records");
  rotate->add_option("DOMAIN", o.domain, "One of our domains")->required();
  rotate->callback([&o] { o.status = dkim_rotate(o.common, o.domain); });
  auto* import = group->add_subcommand("import", "Take over a key that is published already");
  import->add_option("DOMAIN", o.domain, "One of our domains")->required();
  import->add_option("SELECTOR", o.id, "What stands before ._domainkey. in the DNS")->required();
  import->add_option("FILE", o.file, "The private key in PEM; - for standard input")->required();
  import->callback([&o] { o.status = dkim_import(o.common, o.domain, o.id, o.file); });
  auto* retire = group->add_subcommand("retire", "Sign no more with a key; leave its record in the DNS for another week");
  retire->add_option("DOMAIN", o.domain, "One of our domains")->required();
  retire->add_option("SELECTOR", o.id, "Of the key, as posthorn dkim list shows it")->required();
  retire->callback([&o] { o.status = dkim_retire(o.common, o.domain, o.id); });
  auto* look = group->add_subcommand("look", "Have the running server look at the DNS for new keys now (it does so every five minutes)");
  look->add_option("DOMAIN", o.domain, "Only of this domain");
  look->callback([&o] { o.status = dkim_look(o.common, o.domain); });
}

void add_report(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("report", "DMARC reports: what others saw of mail in our name, and what we tell them of theirs");
  group->require_subcommand(1);
  auto* import = group->add_subcommand("import", "Read reports from files; those that come by mail to the address of rua= are read by themselves");
  import->add_option("FILE", o.report.files, "XML, gzip, zip, messages (.eml), or folders of them")->required();
  import->callback([&o] { o.status = report_import(o.common, o.report); });
  auto* list = group->add_subcommand("list", "Reports that came");
  list->add_option("DOMAIN", o.report.domain, "Only about this domain");
  list->add_flag("--counted", o.report.counted, "What we count for other domains instead, and whether they got it");
  list->callback([&o] { o.status = report_list(o.common, o.report); });
  auto* show = group->add_subcommand("show", "One report, or who sent mail in a domain's name, day by day");
  show->add_option("WHAT", o.report.id, "The ID of a report, or a domain")->required();
  show->add_option("--days", o.report.days, "Of a domain: how far to look back")->capture_default_str();
  show->add_flag("--all", o.report.all, "Of a domain: also by reports whose sender is not proven");
  show->callback([&o] { o.status = report_show(o.common, o.report); });
  auto* send = group->add_subcommand("send", "Send a domain's report of one day now (it goes by itself when the day is over)");
  send->add_option("DOMAIN", o.report.domain, "Of those that posthorn report list --counted shows")->required();
  send->add_option("DAY", o.report.day, "such as 2026-11-23 (UTC)")->required();
  send->callback([&o] { o.status = report_send(o.common, o.report); });
}

void add_transfer(CLI::App& app, Options& o) {
  auto* import = app.add_subcommand("import", "Bring mail in from an mbox file, a Maildir or .eml files; safe to run again after an interruption");
  import->add_option("ADDRESS", o.account.address, "The account it goes to")->required();
  import->add_option("SOURCE", o.source, "mbox file, Maildir, folder of .eml files, or one .eml file")->required();
  import->add_option("--mailbox", o.mailbox, "Mailbox it goes to; folders of the source go below it")->capture_default_str();
  import->callback([&o] { o.status = import_command(o.common, o.account.address, o.source, o.mailbox); });

  auto* out = app.add_subcommand("export", "Write all mail of an account to files");
  add_address(*out, o);
  out->add_option("TARGET", o.target, "Folder to write to")->required();
  out->add_option("--format", o.format, "maildir, mbox or eml")->check(CLI::IsMember({"maildir", "mbox", "eml"}))->capture_default_str();
  out->callback([&o] { o.status = export_command(o.common, o.account.address, o.target, o.format); });
}

void add_lab(CLI::App& app, Options& o) {
  auto* group = app.add_subcommand("lab", "A small internet on this machine: two mail domains, real DNS, to try everything out");
  group->require_subcommand(1);
  group->add_option("--dir", o.lab.dir, "Where it keeps its files")->capture_default_str();
  group->fallthrough();
  auto* up = group->add_subcommand("up", "Bring it up");
  up->add_flag("--detach", o.lab.detach, "Come back once all is running");
  up->add_flag("--keep", o.lab.keep, "Keep the files when Ctrl-C ends it");
  up->callback([&o] { o.status = lab_up(o.lab); });
  auto* down = group->add_subcommand("down", "Take it down; nothing is left behind");
  down->add_flag("--keep", o.lab.keep, "Keep the files, so that the next up finds the mail");
  down->callback([&o] { o.status = lab_down(o.lab); });
  group->add_subcommand("status", "Addresses, ports, users and passwords")->callback([&o] { o.status = lab_status(o.lab); });
  auto* stop = group->add_subcommand("stop", "Stop one domain's server, so that mail for it has to wait");
  stop->add_option("HOST", o.domain, "blue, green, forward or list")->required();
  stop->callback([&o] { o.status = lab_stop(o.lab, o.domain); });
  auto* start = group->add_subcommand("start", "Start it again");
  start->add_option("HOST", o.domain, "blue, green, forward or list")->required();
  start->callback([&o] { o.status = lab_start(o.lab, o.domain); });
  auto* send = group->add_subcommand("send", "Send a letter and watch it travel");
  send->add_option("FROM", o.from, "such as alice@blue.test")->required();
  send->add_option("TO", o.to, "such as bob@green.test")->required();
  send->add_option("--as", o.as, "impostor: in FROM's name, from elsewhere; forwarder: by way of forward.test; list: through the mailing list crew@list.test")
      ->check(CLI::IsMember({"impostor", "forwarder", "list"}));
  send->callback([&o] { o.status = lab_send(o.lab, o.from, o.to, o.as); });
}

void add_rest(CLI::App& app, Options& o) {
  app.add_subcommand("serve", "Run the mail server until it is told to stop (SIGTERM); SIGHUP reloads certificates")->callback([&o] { o.status = serve_command(o.common); });
  app.add_subcommand("verify", "Count everything in the store again and compare; says what is wrong, changes nothing")->callback([&o] { o.status = verify_command(o.common); });
  app.add_subcommand("keyring", "The process that holds the keys; posthorn serve starts it")->group("")->callback([&o] { o.status = keyring_command(o.common); });
  auto* doctor = app.add_subcommand("doctor", "Look whether this machine is as it should be");
  doctor->add_flag("--confinement", o.confinement, "Try, walled in as the server is, what a broken-into server must not be able to do")->required();
  doctor->callback([&o] { o.status = doctor_confinement(o.common); });
  auto* mime = app.add_subcommand("mime", "Show a message as Posthorn sees it");
  mime->add_option("FILE", o.file, "A file with one message; - for standard input")->required();
  mime->callback([&o] { o.status = mime_command(o.common, o.file); });
  struct Row {
    const char* name;
    const char* operation;
    const char* help;
  };
  for (const auto& row : {Row{"reload", "server.reload", "Have the running server read its certificates again"}, Row{"status", "server.status", "Is a server running, and how busy is it"},
                          Row{"stop", "server.stop", "Have the running server stop gracefully"}})
    app.add_subcommand(row.name, row.help)->callback([&o, operation = row.operation] { o.status = server_command(o.common, operation); });
  auto* completion = app.add_subcommand("completion", "Print a completion script for your shell");
  completion->add_option("SHELL", o.shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, &o] { o.status = completion_command(app, o.shell); });
  app.add_subcommand("man", "Print the manual page: posthorn man | man -l -")->callback([&app, &o] { o.status = man_command(app); });
}

int run(int count, char** values) {
  Options options;
  CLI::App app("Posthorn: the whole of email in one program.", "posthorn");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", POSTHORN_VERSION);
  app.add_option("-c,--config", options.common.config, "Configuration file; every key is explained in packaging/posthorn.toml")->envname("POSTHORN_CONFIG")->capture_default_str();
  app.add_flag("--json", options.common.json, "Print JSON instead of text");
  app.parse_complete_callback([&options] { options.lab.json = options.common.json; });
  add_rest(app, options);
  add_domain(app, options);
  add_account(app, options);
  add_alias(app, options);
  add_queue(app, options);
  add_check(app, options);
  add_dkim(app, options);
  add_report(app, options);
  add_transfer(app, options);
  add_lab(app, options);
  // After the commands, which would take it over.
  app.footer("A first server:\n"
             "  posthorn serve                            run it (see packaging/posthorn.toml)\n"
             "  posthorn domain add example.org           take in mail for a domain\n"
             "  posthorn account add alice@example.org    give somebody a mailbox\n"
             "  posthorn lab up                           or just try everything out on this machine\n");
  try {
    app.parse(count, values);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    if (const auto unknown = app.remaining(); !unknown.empty()) std::fprintf(stderr, "posthorn: there is no command \"%s\"\n", unknown.front().c_str());
    app.exit(error);
    return 2;
  }
  return options.status;
}

}  // namespace

int main(int count, char** values) {
  posthorn::end_when_out_of_memory();
  try {
    return run(count, values);
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "posthorn: a fault of Posthorn's own: %s\n", bug.what());
    return 70;
  }
}
