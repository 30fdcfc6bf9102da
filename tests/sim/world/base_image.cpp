#include "world/base_image.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>

#include "base/virtual_clock.h"
#include "dns/zone_resolver.h"
#include "post/signing_keys.h"
#include "world/keys.h"
#include "world/seeded_random.h"

namespace posthorn::sim {
namespace {

void need(const Status& status) {
  if (!status) throw std::runtime_error("the image of a server could not be made: " + status.error().text());
}

Task<void> fill(store::Store& store, crypto::Keyring& keyring, BaseImage& image, std::string color, std::vector<std::string> names) {
  const std::string domain = color + ".test";
  need(co_await store.add_domain(domain));
  for (const auto& name : names) {
    const auto address = name + "@" + domain;
    const auto made = co_await store.add_account(address, "secret");
    if (!made) need(fail(made.error()));
    image.people[address] = *made;
  }
  if (color == "blue") {
    std::vector<std::string> targets{"alice@blue.test", "bob@green.test", "x@red.test"};
    need(co_await store.set_alias("list@blue.test", std::move(targets)));
  }
  post::SigningKeys keys(store, keyring);
  const auto added = co_await keys.add(domain, selector, signing_key());
  if (!added) need(fail(added.error()));
  auto zone = dns::parse_zone(std::string(selector) + "._domainkey." + domain + ". 300 IN TXT \"" + signing_record() + "\"\n");
  const auto names_of_it = dns::zone_resolver(std::move(*zone));
  const auto seen = co_await keys.look(*names_of_it);
  if (!seen || seen->empty() || !(*seen)[0].seen) throw std::runtime_error("the signing key did not become active");
}

BaseImage make(const std::string& color, const std::vector<std::string>& names, std::uint64_t seed) {
  seed_random(seed);
  BaseImage image;
  image.keyring = crypto::memory_keyring();
  image.engine = store::memory_engine();
  boost::asio::io_context context{1};
  VirtualClock clock(context);
  Workers workers(0);
  const auto hub = store::make_hub();
  store::Store store(*image.engine, *image.keyring, clock, workers, *hub);
  std::exception_ptr bug;
  boost::asio::co_spawn(context, fill(store, *image.keyring, image, color, names), [&bug](std::exception_ptr thrown) { bug = thrown; });
  context.run();
  if (bug) std::rethrow_exception(bug);
  return image;
}

}  // namespace

const BaseImage& blue_image() {
  static const BaseImage image = make("blue", {"alice", "anna"}, 1);
  return image;
}
Task<void> fill_blue(store::Store& store, crypto::Keyring& keyring) {
  BaseImage unused;
  std::vector<std::string> names{"alice", "anna"};
  co_await fill(store, keyring, unused, "blue", std::move(names));
}
const BaseImage& green_image() {
  static const BaseImage image = make("green", {"bob", "ben"}, 2);
  return image;
}

}  // namespace posthorn::sim
