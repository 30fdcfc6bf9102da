#include "dns/cache.h"

#include <array>
#include <deque>
#include <mutex>
#include <unordered_map>

namespace posthorn::dns {
namespace {

std::size_t size_of(const Record& record) {
  struct Size {
    std::size_t operator()(const A& one) const { return one.address.size(); }
    std::size_t operator()(const Aaaa& one) const { return one.address.size(); }
    std::size_t operator()(const Mx& one) const { return one.exchange.size(); }
    std::size_t operator()(const Txt& one) const { return one.text.size(); }
    std::size_t operator()(const Name& one) const { return one.name.size(); }
    std::size_t operator()(const Tlsa& one) const { return one.data.size(); }
    std::size_t operator()(const Other& one) const { return one.rdata.size(); }
  };
  return sizeof(Record) + std::visit(Size(), record);
}

std::size_t size_of(const Answer& answer) {
  std::size_t out = 256 + answer.canonical_name.size();  // what the maps need for themselves
  for (const auto& record : answer.records) out += size_of(record);
  return out;
}

std::string key_of(std::string_view name, Type type) { return std::string(name) + " " + std::to_string(static_cast<unsigned>(type)); }

// A part of the cache with a lock of its own.
class Shard {
 public:
  std::optional<Answer> find(const std::string& key, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto at = rows_.find(key);
    if (at == rows_.end() || at->second.until <= now) return std::nullopt;
    auto out = at->second.answer;
    out.ttl = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(at->second.until - now).count());
    return out;
  }
  void keep(const std::string& key, const Answer& answer, SteadyTime until, std::size_t most) {
    const auto size = size_of(answer) + 2 * key.size();
    if (size > most) return;
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = rows_.try_emplace(key);
    if (fresh) order_.push_back(key);
    used_ += size - at->second.size;
    at->second = Row{answer, until, size};
    while (used_ > most && !order_.empty()) {
      const auto oldest = rows_.find(order_.front());
      order_.pop_front();
      used_ -= oldest->second.size;
      rows_.erase(oldest);
    }
  }

 private:
  struct Row {
    Answer answer;
    SteadyTime until{};
    std::size_t size = 0;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Row> rows_;
  std::deque<std::string> order_;  // of the rows, oldest first; each stands here once
  std::size_t used_ = 0;
};

class Cache final : public Resolver {
 public:
  Cache(std::unique_ptr<Resolver> below, Clock& clock, CacheOptions options) : below_(std::move(below)), clock_(clock), options_(options) {}

  std::optional<Answer> known(std::string_view name, Type type) override {
    const auto key = key_of(name, type);
    return shard(key).find(key, clock_.steady());
  }

  Task<Answer> resolve(std::string name, Type type) override {
    const auto key = key_of(name, type);
    if (auto there = shard(key).find(key, clock_.steady())) co_return std::move(*there);
    auto answer = co_await below_->resolve(std::move(name), type);
    const auto seconds = std::chrono::seconds(std::min(answer.ttl, options_.longest));
    if (answer.outcome != Outcome::failed && answer.security != Security::bogus && answer.ttl > 0)
      shard(key).keep(key, answer, clock_.steady() + seconds, options_.bytes / shards_.size());
    co_return answer;
  }

 private:
  Shard& shard(const std::string& key) { return shards_[std::hash<std::string>()(key) % shards_.size()]; }

  std::unique_ptr<Resolver> below_;
  Clock& clock_;
  CacheOptions options_;
  std::array<Shard, 16> shards_;
};

}  // namespace

std::unique_ptr<Resolver> caching_resolver(std::unique_ptr<Resolver> below, Clock& clock, CacheOptions options) {
  return std::make_unique<Cache>(std::move(below), clock, options);
}

}  // namespace posthorn::dns
