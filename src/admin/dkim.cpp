// Operations on the DKIM keys of our domains.
#include <boost/json/array.hpp>

#include "admin/operations.h"
#include "mail/address.h"
#include "post/signing_keys.h"

namespace posthorn::admin {
namespace {

namespace json = boost::json;

json::object shown(const post::SigningKeyInfo& key) {
  return {{"domain", key.domain},
          {"selector", key.selector},
          {"kind", key.kind == crypto::KeyKind::rsa ? "rsa" : "ed25519"},
          {"bits", key.bits},
          {"state", post::name_of(key.state)},
          {"created", rfc3339(key.created)},
          {"since", rfc3339(key.changed)},
          {"record_name", key.record_name},
          {"record", key.record}};
}

json::array shown(const std::vector<post::SigningKeyInfo>& keys) {
  json::array out;
  for (const auto& key : keys) out.push_back(shown(key));
  return out;
}

Result<std::string> domain_argument(const json::object& arguments) {
  TRY_ASSIGN(const auto text, text_argument(arguments, "domain"));
  return mail::parse_domain(text);
}

Task<Result<Response>> list(Context& context, Request request) {
  std::string domain;
  if (request.arguments.contains("domain")) {
    auto named = domain_argument(request.arguments);
    if (!named) co_return fail(named.error());
    domain = std::move(*named);
  }
  const post::SigningKeys keys(context.store, context.keyring);
  auto all = keys.list(domain);
  if (!all) co_return fail(all.error());
  co_return Response{shown(*all), {}};
}

Task<Result<Response>> generate(Context& context, Request request) {
  auto domain = domain_argument(request.arguments);
  if (!domain) co_return fail(domain.error());
  post::SigningKeys keys(context.store, context.keyring);
  auto made = co_await keys.generate(std::move(*domain));
  if (!made) co_return fail(made.error());
  co_return Response{shown(*made), {}};
}

// payload: the private key in PEM.
Task<Result<Response>> import_key(Context& context, Request request) {
  auto domain = domain_argument(request.arguments);
  if (!domain) co_return fail(domain.error());
  auto selector = text_argument(request.arguments, "selector");
  if (!selector) co_return fail(selector.error());
  auto key = crypto::SigningKey::from_pem(request.payload);
  if (!key) co_return fail(key.error());
  post::SigningKeys keys(context.store, context.keyring);
  auto made = co_await keys.add(std::move(*domain), std::move(*selector), std::move(*key));
  if (!made) co_return fail(made.error());
  co_return Response{shown(*made), {}};
}

Task<Result<Response>> retire(Context& context, Request request) {
  auto domain = domain_argument(request.arguments);
  if (!domain) co_return fail(domain.error());
  auto selector = text_argument(request.arguments, "selector");
  if (!selector) co_return fail(selector.error());
  post::SigningKeys keys(context.store, context.keyring);
  auto done = co_await keys.retire(std::move(*domain), std::move(*selector));
  if (!done) co_return fail(done.error());
  co_return Response{json::object{{"done", true}}, {}};
}

Task<Result<Response>> look(Context& context, Request request) {
  if (context.resolver == nullptr)
    co_return fail(Errc::unavailable, "only a running server can look at the DNS", "Start it with: posthorn serve");
  std::string domain = text_argument_or(request.arguments, "domain", "");
  post::SigningKeys keys(context.store, context.keyring);
  auto seen = co_await keys.look(*context.resolver, std::move(domain));
  if (!seen) co_return fail(seen.error());
  json::array out;
  for (const auto& one : *seen) {
    auto entry = shown(one.key);
    entry["seen"] = one.seen;
    entry["why"] = one.why;
    out.push_back(std::move(entry));
  }
  co_return Response{std::move(out), {}};
}

}  // namespace

std::vector<NamedOperation> dkim_operations() {
  return {{"dkim.list", list}, {"dkim.generate", generate}, {"dkim.import", import_key}, {"dkim.retire", retire}, {"dkim.look", look}};
}

}  // namespace posthorn::admin
