// dns/cache.h - a Resolver that remembers answers for as long as they are valid. The one below has a cache too, but on a thread of its
// own: a question to it costs two wake-ups, and judging one message asks a dozen, mostly the same as for the last message.
// Any thread. Failures are not remembered. Security: bounded in bytes; what strangers make us ask pushes the oldest out.
#pragma once

#include <memory>

#include "base/clock.h"
#include "dns/resolver.h"

namespace posthorn::dns {

struct CacheOptions {
  std::size_t bytes = 16u << 20;
  std::uint32_t longest = 3600;  // seconds; a longer TTL counts as this
};
// The clock outlives it.
std::unique_ptr<Resolver> caching_resolver(std::unique_ptr<Resolver> below, Clock& clock, CacheOptions options = {});

}  // namespace posthorn::dns
