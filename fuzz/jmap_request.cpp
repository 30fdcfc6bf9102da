// Whole JMAP requests, as a logged-in client may send them, over a store in memory: each is refused as a whole or answered call by call in
// order; answers are JSON, and references copy no more than their budget (attacks.md F9, F10).
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <optional>

#include "base/run_task.h"
#include "base/virtual_clock.h"
#include "jmap/core/json_strict.h"
#include "jmap/core/reference.h"
#include "jmap/core/request.h"
#include "store/catalogs.h"
#include "store/engine/memory_engine.h"
#include "store/logins.h"
#include "store/search/index.h"

namespace {

using namespace posthorn;
namespace json = boost::json;

struct World {
  World(std::unique_ptr<store::MemoryEngine> given, crypto::Keyring& keys)
      : keyring(keys), engine(std::move(given)), store(*engine, keyring, clock, workers, *hub), accounts(store::make_logins(store, keyring)) {}
  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Workers workers{0};
  std::unique_ptr<store::Hub> hub = store::make_hub();
  crypto::Keyring& keyring;
  std::unique_ptr<store::MemoryEngine> engine;
  store::Store store;
  std::unique_ptr<sasl::Accounts> accounts;
  store::Catalogs catalogs{store};
  store::search::Index words{keyring};
  std::unique_ptr<Log> log = null_log();
  jmap::Services services{store, *accounts, keyring, clock, *log, nullptr, {}, "mx", &catalogs};
};

struct Base {
  std::unique_ptr<crypto::Keyring> keys = crypto::memory_keyring();
  std::unique_ptr<store::MemoryEngine> engine;
  Base() {
    World w(store::memory_engine({}), *keys);
    static_cast<void>(run_task(w.context, w.store.add_domain("blue.test")));
    const auto account = run_task(w.context, w.store.add_account("alice@blue.test", "secret"));
    if (!account || *account != AccountId{1}) std::abort();
    for (int i = 0; i < 3; ++i) {
      auto prepared = w.store.prepare("From: bob@green.test\r\nSubject: Hello\r\nMessage-ID: <1@x>\r\n\r\nA text.\r\n");
      auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
      if (!run_task(w.context, w.store.append(AccountId{1}, store::inbox_id, shared, {}, w.clock.now()))) std::abort();
    }
    engine = w.engine->crash(0);
  }
};

// Each request finds the same account, so that an input always does the same.
void request(std::string_view body) {
  static const Base base;
  World w(base.engine->crash(0), *base.keys);
  w.services.limits.request = 64 << 10;
  w.services.words = &w.words;
  jmap::Call call{w.services, sasl::Login{AccountId{1}, "alice@blue.test"}, {}, {}, "127.0.0.1"};
  const auto answer = run_task(w.context, jmap::process(call, body, "s"));
  if (!answer) {
    if (!answer.error().type.starts_with("urn:ietf:params:jmap:error:") || answer.error().status < 400) std::abort();
    return;
  }
  const auto text = json::serialize(*answer);
  if (!jmap::parse_json(text)) std::abort();
  const auto asked = jmap::parse_json(body);
  if (!asked) std::abort();
  const auto& calls = asked->at("methodCalls").as_array();
  const auto& responses = answer->at("methodResponses").as_array();
  // Every call is answered once and in order; what another caused comes behind it with its tag.
  if (responses.size() < calls.size()) std::abort();
  std::size_t at = 0;
  for (const auto& one : responses) {
    const auto& list = one.as_array();
    if (list.size() != 3 || !list[0].is_string() || !list[1].is_object() || !list[2].is_string()) std::abort();
    if (at < calls.size() && list[2] == calls[at].as_array()[2]) ++at;
    if (list[0] == "error" && !list[1].as_object().contains("type")) std::abort();
  }
  if (at != calls.size()) std::abort();
  const auto problems = w.store.verify();
  if (!problems || !problems->empty()) std::abort();
}

std::uint64_t values_in(const json::value& root) {
  std::vector<const json::value*> open{&root};
  std::uint64_t out = 0;
  while (!open.empty()) {
    const auto* value = open.back();
    open.pop_back();
    ++out;
    if (value->is_array())
      for (const auto& one : value->get_array()) open.push_back(&one);
    if (value->is_object())
      for (const auto& one : value->get_object()) open.push_back(&one.value());
  }
  return out;
}

// First line: a path; the rest: the answer it leads into.
void reference(std::string_view text) {
  const auto line = text.find('\n');
  if (line == text.npos) return;
  const auto root = jmap::parse_json(text.substr(line + 1));
  if (!root || !root->is_object()) return;
  std::uint64_t items = 1'000;
  const auto found = jmap::follow_path(*root, text.substr(0, line), items);
  if (items > 1'000) std::abort();
  if (!found) {
    if (found.error().what.empty()) std::abort();
    return;
  }
  // No more is copied than was counted, whatever stars the path has.
  if (found->is_array() && found->get_array().size() > 1'000) std::abort();
  if (values_in(*found) > values_in(*root) * 1'000) std::abort();
  json::object arguments{{"#x", json::object{{"resultOf", "0"}, {"name", "a"}, {"path", json::string(text.substr(0, line))}}}};
  std::vector<jmap::Answered> before{{"a", "0", root->as_object()}};
  items = 1'000;
  if (!jmap::resolve_references(arguments, before, items) || arguments.at("x") != *found) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) request(text);
  else reference(text);
  return 0;
}
