#include "store/engine/rocks_gate.h"

#include <optional>
#include <thread>

namespace posthorn::store {
namespace {

constexpr auto close_step = std::chrono::milliseconds(1);

}  // namespace

class GatedReader final : public Reader {
 public:
  explicit GatedReader(std::shared_ptr<RocksGate> gate) : gate_(std::move(gate)) {
    if (!gate_->enter()) return;
    {
      const std::lock_guard lock(gate_->mutex_);
      snapshot_ = gate_->database().db().GetSnapshot();
      gate_->snapshots_.insert(snapshot_);
    }
    inner_.emplace(gate_->database(), snapshot_);
    gate_->leave();
  }
  ~GatedReader() override {
    if (snapshot_ != nullptr) gate_->release(snapshot_);
  }
  GatedReader(const GatedReader&) = delete;
  GatedReader& operator=(const GatedReader&) = delete;

  Result<std::optional<std::string>> get(Space space, std::string_view key) const override {
    return inside([&] { return inner_->get(space, key); });
  }
  Status scan(Space space, std::string_view from, std::string_view to, const std::function<bool(std::string_view, std::string_view)>& take) const override {
    return inside([&] { return inner_->scan(space, from, to, take); });
  }
  Result<std::optional<Entry>> last(Space space, std::string_view from, std::string_view to) const override {
    return inside([&] { return inner_->last(space, from, to); });
  }

 private:
  template <class Read>
  std::invoke_result_t<Read> inside(Read read) const {
    if (!inner_ || !gate_->enter()) return fail(Errc::unavailable, "the store is being opened again after a disk error", "Try again in a moment");
    auto result = read();
    gate_->leave();
    return result;
  }

  std::shared_ptr<RocksGate> gate_;
  const rocksdb::Snapshot* snapshot_ = nullptr;
  std::optional<RocksReader> inner_;
};

std::unique_ptr<Reader> RocksGate::snapshot(std::shared_ptr<RocksGate> gate) { return std::make_unique<GatedReader>(std::move(gate)); }

void RocksGate::release(const rocksdb::Snapshot* snapshot) {
  const std::lock_guard lock(mutex_);
  if (snapshots_.erase(snapshot) > 0) database_->db().ReleaseSnapshot(snapshot);
}

void RocksGate::close() {
  if (closed_.exchange(true)) return;
  while (inside_ > 0) std::this_thread::sleep_for(close_step);
  const std::lock_guard lock(mutex_);
  for (const auto* one : snapshots_) database_->db().ReleaseSnapshot(one);
  snapshots_.clear();
  database_.reset();
}

}  // namespace posthorn::store
