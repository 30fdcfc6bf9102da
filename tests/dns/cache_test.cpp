// The cache gives what was answered for as long as that holds, never a failure, and stays within its bytes.
#include "dns/cache.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/run_task.h"
#include "base/virtual_clock.h"

namespace posthorn::dns {
namespace {

// Counts what it is asked; names that begin with "bad" fail, with "void" hold nothing.
class Counting final : public Resolver {
 public:
  explicit Counting(std::size_t& asked) : asked_(asked) {}
  Task<Answer> resolve(std::string name, Type) override {
    ++asked_;
    Answer out;
    out.ttl = 60;
    out.canonical_name = name;
    out.outcome = name.starts_with("bad") ? Outcome::failed : name.starts_with("void") ? Outcome::no_such_name : Outcome::found;
    out.security = Security::secure;
    if (out.outcome == Outcome::found) out.records.push_back(Txt{name + std::string(1000, 'x')});
    co_return out;
  }

 private:
  std::size_t& asked_;
};

struct Asking {
  boost::asio::io_context context{1};
  VirtualClock clock{context};
  std::size_t asked = 0;
  std::unique_ptr<Resolver> cache = caching_resolver(std::make_unique<Counting>(asked), clock, CacheOptions{1u << 20, 3600});

  Answer ask(const std::string& name, Type type = Type::txt) {
    return run_task(context, cache->resolve(name, type));
  }
};

TEST(DnsCache, AsksOnceUntilTheAnswerIsTooOld) {
  Asking s;
  EXPECT_FALSE(s.cache->known("a.test", Type::txt));
  EXPECT_EQ(s.ask("a.test").ttl, 60u);
  s.clock.advance(std::chrono::seconds(20));
  const auto again = s.ask("a.test");
  EXPECT_EQ(again.ttl, 40u);
  EXPECT_EQ(again.security, Security::secure);
  EXPECT_EQ(s.asked, 1u);
  ASSERT_TRUE(s.cache->known("a.test", Type::txt));
  EXPECT_FALSE(s.cache->known("a.test", Type::a));
  s.ask("void.test");
  EXPECT_EQ(s.ask("void.test").outcome, Outcome::no_such_name);
  EXPECT_EQ(s.asked, 2u);
  s.clock.advance(std::chrono::seconds(40));
  EXPECT_FALSE(s.cache->known("a.test", Type::txt));
  s.ask("a.test");
  EXPECT_EQ(s.asked, 3u);
}

TEST(DnsCache, AFailureIsAskedAgain) {
  Asking s;
  s.ask("bad.test");
  s.ask("bad.test");
  EXPECT_EQ(s.asked, 2u);
}

TEST(DnsCache, WhatIsTooMuchPushesTheOldestOut) {
  Asking s;
  for (int i = 0; i < 5000; ++i) s.ask(std::to_string(i) + ".test");
  std::size_t there = 0;
  for (int i = 0; i < 5000; ++i) there += s.cache->known(std::to_string(i) + ".test", Type::txt) ? 1 : 0;
  EXPECT_GT(there, 400u);
  EXPECT_LT(there, 900u);
  EXPECT_TRUE(s.cache->known("4999.test", Type::txt));
  EXPECT_FALSE(s.cache->known("0.test", Type::txt));
}

}  // namespace
}  // namespace posthorn::dns
