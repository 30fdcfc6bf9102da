// Operations on domains, accounts, app passwords and aliases.
#include <boost/json/array.hpp>

#include "admin/operations.h"
#include "base/json.h"
#include "mail/address.h"
#include "store/codes.h"
#include "store/search/indexer.h"

namespace posthorn::admin {
namespace {

namespace json = boost::json;

Response answer(json::value value) { return Response{std::move(value), {}}; }
Response done() { return answer(json::object{{"done", true}}); }

Result<std::string> address_argument(const json::object& arguments) {
  TRY_ASSIGN(const auto text, text_argument(arguments, "address"));
  TRY_ASSIGN(const auto address, mail::parse_address(text));
  return address.text();
}

Result<std::string> domain_argument(const json::object& arguments) {
  TRY_ASSIGN(const auto text, text_argument(arguments, "domain"));
  return mail::parse_domain(text);
}

// An alias is an address or "@domain", the catch-all.
Result<std::string> alias_argument(const json::object& arguments) {
  TRY_ASSIGN(const auto text, text_argument(arguments, "alias"));
  if (text.starts_with('@')) {
    TRY_ASSIGN(const auto domain, mail::parse_domain(text.substr(1)));
    return "@" + domain;
  }
  TRY_ASSIGN(const auto address, mail::parse_address(text));
  return address.text();
}

json::object shown(const store::AccountInfo& a) {
  return {{"address", a.name}, {"display_name", a.display_name}, {"enabled", a.enabled}, {"quota_bytes", a.quota_bytes},
          {"used_bytes", a.used_bytes}, {"emails", a.emails}};
}

Task<Result<Response>> domain_add(Context& context, Request request) {
  auto domain = domain_argument(request.arguments);
  if (!domain) co_return fail(domain.error());
  auto status = co_await context.store.add_domain(*domain);
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> domain_remove(Context& context, Request request) {
  auto domain = domain_argument(request.arguments);
  if (!domain) co_return fail(domain.error());
  auto status = co_await context.store.remove_domain(*domain);
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> domain_list(Context& context, Request) {
  auto domains = context.store.domains();
  if (!domains) co_return fail(domains.error());
  json::array out;
  for (const auto& one : *domains) out.push_back(json::object{{"domain", one}, {"shown", mail::domain_for_display(one)}});
  co_return answer(std::move(out));
}

Task<Result<Response>> account_add(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto password = text_argument(request.arguments, "password");
  if (!password) co_return fail(password.error());
  const auto quota = number_argument(request.arguments, "quota_bytes").value_or(0);
  auto made = co_await context.store.add_account(*address, *password, text_argument_or(request.arguments, "display_name", ""), quota);
  if (!made) co_return fail(made.error());
  co_return answer(json::object{{"address", *address}});
}

// Also where the index is good: what it holds is what the mail says now.
Task<Result<Response>> account_reindex(Context& context, Request request) {
  auto account = account_argument(context, request.arguments);
  if (!account) co_return fail(account.error());
  const auto log = null_log();
  auto status = co_await store::search::rebuild_index(context.store, context.keyring, *log, account->id);
  if (!status) co_return fail(status.error());
  auto made = store::search::index_progress(*context.store.snapshot(), account->id);
  if (!made) co_return fail(made.error());
  co_return answer(json::object{{"emails", made->emails}, {"indexed", made->indexed}, {"pieces", made->segments}, {"bytes", made->bytes}});
}

Task<Result<Response>> account_remove(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto status = co_await context.store.remove_account(*address);
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> account_list(Context& context, Request) {
  auto accounts = context.store.accounts();
  if (!accounts) co_return fail(accounts.error());
  json::array out;
  for (const auto& one : *accounts) out.push_back(shown(one));
  co_return answer(std::move(out));
}

Task<Result<Response>> account_show(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto account = context.store.account(*address);
  if (!account) co_return fail(account.error());
  if (!*account) co_return fail(Errc::not_found, "there is no account " + *address, "List them with: posthorn account list");
  auto out = shown(**account);
  auto mailboxes = context.store.view((*account)->id).mailboxes();
  if (!mailboxes) co_return fail(mailboxes.error());
  json::array boxes;
  for (const auto& m : *mailboxes)
    boxes.push_back(json::object{{"name", m.name}, {"total", m.counts.total}, {"unseen", m.counts.unseen}, {"bytes", m.counts.bytes}});
  out["mailboxes"] = std::move(boxes);
  co_return answer(std::move(out));
}

Task<Result<Response>> account_password(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto password = text_argument(request.arguments, "password");
  if (!password) co_return fail(password.error());
  auto status = co_await context.store.set_password(*address, *password);
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> account_set(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto status = co_await context.store.set_account(*address, flag_argument(request.arguments, "enabled"), number_argument(request.arguments, "quota_bytes"));
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> app_password_add(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto label = text_argument(request.arguments, "label");
  if (!label) co_return fail(label.error());
  auto password = co_await context.store.add_app_password(*address, *label);
  if (!password) co_return fail(password.error());
  co_return answer(json::object{{"label", *label}, {"password", *password}});
}

Task<Result<Response>> app_password_remove(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto label = text_argument(request.arguments, "label");
  if (!label) co_return fail(label.error());
  auto status = co_await context.store.remove_app_password(*address, *label);
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> app_password_list(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto all = context.store.app_passwords(*address);
  if (!all) co_return fail(all.error());
  json::array out;
  for (const auto& one : *all) out.push_back(json::object{{"label", one.label}, {"created", rfc3339(one.created)}, {"used", one.used ? json::value(rfc3339(*one.used)) : json::value(nullptr)}});
  co_return answer(std::move(out));
}

// For those who lost the device and the recovery codes.
Task<Result<Response>> codes_remove(Context& context, Request request) {
  auto address = address_argument(request.arguments);
  if (!address) co_return fail(address.error());
  auto account = context.store.account(*address);
  if (!account) co_return fail(account.error());
  if (!*account) co_return fail(Errc::not_found, "there is no account " + *address, "List them with: posthorn account list");
  auto status = co_await store::end_codes(context.store, (*account)->id);
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> alias_set(Context& context, Request request) {
  auto alias = alias_argument(request.arguments);
  if (!alias) co_return fail(alias.error());
  const auto* list = request.arguments.if_contains("targets");
  if (list == nullptr || !list->is_array()) co_return fail(Errc::invalid, "the argument \"targets\" is missing");
  const bool foreign = flag_at(request.arguments, "foreign");
  std::vector<std::string> targets;
  for (const auto& one : list->get_array()) {
    if (!one.is_string()) co_return fail(Errc::invalid, "a target of an alias must be an address");
    auto address = mail::parse_address(std::string_view(one.get_string().data(), one.get_string().size()));
    if (!address) co_return fail(address.error());
    const auto route = context.store.route(address->text());
    if (!route) co_return fail(route.error());
    // attacks.md C14: nobody's mail is sent on to a stranger by a slip of the pen.
    if (!foreign && route->kind == store::Route::Kind::not_local)
      co_return fail(Errc::refused, address->text() + " is not here: mail for " + *alias + " would be sent on to another server",
                     "If its owner has agreed to get this mail, say so with --foreign");
    targets.push_back(address->text());
  }
  auto status = co_await context.store.set_alias(*alias, std::move(targets));
  if (!status) co_return fail(status.error());
  co_return done();
}

Task<Result<Response>> alias_list(Context& context, Request) {
  auto all = context.store.aliases();
  if (!all) co_return fail(all.error());
  json::array out;
  for (const auto& [alias, targets] : *all) {
    json::array to;
    for (const auto& one : targets) to.push_back(json::value(one));
    out.push_back(json::object{{"alias", alias}, {"targets", std::move(to)}});
  }
  co_return answer(std::move(out));
}

}  // namespace

std::vector<NamedOperation> account_operations() {
  return {{"domain.add", domain_add},
          {"domain.remove", domain_remove},
          {"domain.list", domain_list},
          {"account.add", account_add},
          {"account.remove", account_remove},
          {"account.reindex", account_reindex},
          {"account.list", account_list},
          {"account.show", account_show},
          {"account.password", account_password},
          {"account.set", account_set},
          {"app-password.add", app_password_add},
          {"app-password.remove", app_password_remove},
          {"app-password.list", app_password_list},
          {"codes.remove", codes_remove},
          {"alias.set", alias_set},
          {"alias.list", alias_list}};
}

}  // namespace posthorn::admin
