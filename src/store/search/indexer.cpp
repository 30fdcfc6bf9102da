#include "store/search/indexer.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "store/record/keys.h"
#include "store/record/records.h"
#include "store/search/index.h"
#include "store/search/writer.h"

namespace posthorn::store::search {
namespace {

// Segments grow by eights: up to 1,024 Emails, 8,192, 65,536; those that are larger are left as they are.
constexpr std::size_t together = 8;
constexpr std::uint32_t most_merged = 131'072;
int level_of(std::uint32_t emails) {
  if (emails < 1'024) return 0;
  if (emails < 8'192) return 1;
  return emails < 65'536 ? 2 : 3;
}

// The last segments that are small enough to be put together, if they are many.
std::vector<Segment> to_merge(const std::vector<Segment>& segments) {
  for (int level = 0; level < 3; ++level) {
    auto begin = segments.size();
    std::uint64_t emails = 0;
    while (begin > 0 && level_of(segments[begin - 1].emails) <= level && emails + segments[begin - 1].emails <= most_merged) emails += segments[--begin].emails;
    if (segments.size() - begin >= together) return {segments.begin() + static_cast<std::ptrdiff_t>(begin), segments.end()};
  }
  return {};
}

// One that holds Emails that are gone.
Result<std::optional<Segment>> to_clean(const Reader& reader, AccountId account, const Manifest& manifest) {
  for (const auto& one : manifest.segments) {
    TRY_ASSIGN(const auto alive, living(reader, account, one.first, one.last));
    // All living Emails of its range are in it, so that the numbers tell.
    if (alive.size() < one.emails) return std::optional(one);
  }
  return std::optional<Segment>();
}

// The steps of one round on one account.
class Round {
 public:
  Round(Store& store, const crypto::Keyring& keyring, Log& log, const IndexerOptions& options, AccountId account)
      : store_(store), keyring_(keyring), log_(log), options_(options), account_(account), writer_(store, account) {}

  Task<Status> run(bool index, bool clean) {
    auto opened = co_await writer_.open(keyring_);
    if (!opened) co_return fail(opened.error());
    while (index) {
      auto more = co_await index_some();
      if (!more) co_return fail(more.error());
      index = *more;
      auto merged = co_await merge_all();
      if (!merged) co_return fail(merged.error());
    }
    if (clean) co_return co_await clean_all();
    co_return Status{};
  }

 private:
  Task<void> rest() {
    if (options_.pause > Duration{}) co_await sleep(store_.clock(), options_.pause);
  }

  // One segment. False: it took all there is.
  Task<Result<bool>> index_some() {
    using State = Gatherer::State;
    Gatherer gatherer(account_, writer_.manifest().until);
    // Read first: all Emails before it are seen by what follows, if they are there at all.
    const auto end = end_of_emails();
    if (!end) co_return fail(end.error());
    auto state = State::goes_on;
    while (state == State::goes_on) {
      auto work = [&]() -> Result<State> { return gatherer.slice(store_.view(account_), store_.clock(), options_.slice); };
      auto done = co_await store_.workers().run(std::move(work));
      if (!done) co_return fail(done.error());
      state = *done;
      if (state == State::goes_on) co_await rest();
    }
    const auto until = state == State::no_more ? std::max(gatherer.until(), *end) : gatherer.until();
    if (gatherer.unreadable() > 0) log_.warn("search.unreadable", {{"account", std::to_string(number(account_))}, {"emails", std::to_string(gatherer.unreadable())}, {"todo", "run posthorn verify"}});
    auto written = co_await write(gatherer, until);
    if (!written) co_return fail(written.error());
    co_return state == State::full;
  }

  Task<Status> write(const Gatherer& gatherer, EmailId until) {
    Segment nothing;
    if (gatherer.emails() == 0) co_return co_await writer_.add(nothing, until);
    auto segment = co_await writer_.begin_segment();
    if (!segment) co_return fail(segment.error());
    auto pack = [&]() -> Sealer { return gatherer.write(*segment, writer_.data_key()); };
    auto sealed = co_await store_.workers().run(std::move(pack));
    auto put = co_await writer_.put(sealed.take_rows());
    if (!put) co_return fail(put.error());
    co_return co_await writer_.add(sealed.segment(), until);
  }

  // The next id that will be given, as of now.
  Result<EmailId> end_of_emails() const {
    const auto reader = store_.snapshot();
    TRY_ASSIGN(const auto bytes, reader->get(Space::clock, key::of(account_)));
    if (!bytes) return fail(Errc::not_found, "there is no such account");
    TRY_ASSIGN(const auto clock, decode_clock(*bytes));
    return EmailId{clock.next_email};
  }

  Task<Status> merge_all() {
    for (;;) {
      auto inputs = to_merge(writer_.manifest().segments);
      if (inputs.empty()) co_return Status{};
      auto merged = co_await merge(std::move(inputs));
      if (!merged) co_return fail(merged.error());
    }
  }

  Task<Status> merge(std::vector<Segment> inputs) {
    auto fresh = co_await writer_.begin_segment();
    if (!fresh) co_return fail(fresh.error());
    auto begin = [&]() -> Result<Merger> { return Merger::begin(*store_.snapshot(), account_, inputs, *fresh, writer_.data_key()); };
    auto merger = co_await store_.workers().run(std::move(begin));
    if (!merger) co_return fail(merger.error());
    while (!merger->done()) {
      auto work = [&]() -> Result<std::vector<Entry>> { return merger->slice(*store_.snapshot(), store_.clock(), options_.slice); };
      auto rows = co_await store_.workers().run(std::move(work));
      if (!rows) co_return fail(rows.error());
      auto put = co_await writer_.put(std::move(*rows));
      if (!put) co_return fail(put.error());
      co_await rest();
    }
    co_return co_await writer_.replace(merger->segment(), std::move(inputs));
  }

  Task<Status> clean_all() {
    for (;;) {
      auto look = [&]() -> Result<std::optional<Segment>> { return to_clean(*store_.snapshot(), account_, writer_.manifest()); };
      auto found = co_await store_.workers().run(std::move(look));
      if (!found) co_return fail(found.error());
      if (!*found) break;
      std::vector<Segment> one(1, **found);
      auto merged = co_await merge(std::move(one));
      if (!merged) co_return fail(merged.error());
    }
    co_return co_await writer_.cleaned(store_.clock().now());
  }

  Store& store_;
  const crypto::Keyring& keyring_;
  Log& log_;
  const IndexerOptions& options_;
  AccountId account_;
  IndexWriter writer_;
};

struct Waiting {
  std::uint64_t emails = 0, bytes = 0;
};

// What the index does not have yet; no more is counted than decides.
Result<Waiting> waiting(const Reader& reader, AccountId account, EmailId until, const IndexerOptions& options) {
  Waiting out;
  TRY(reader.scan(Space::email, key::of(account, until), key::after(key::of(account)), [&](std::string_view, std::string_view value) {
    ++out.emails;
    if (const auto record = decode_email(value)) out.bytes += record->size;
    return out.emails < options.waiting_emails && out.bytes < options.waiting_bytes;
  }));
  return out;
}

// True: there is more to erase.
Result<bool> drop_some(Transaction& tx, AccountId account) {
  constexpr std::size_t at_once = 10'000;
  TRY_ASSIGN(const auto bytes, tx.get(Space::search, manifest_key(account)));
  if (!bytes) return false;
  auto manifest = decode_manifest(*bytes);
  if (manifest) {
    manifest->segments.clear();
    manifest->until = EmailId{1};
    manifest->begun = 0;
    manifest->dropping = true;
    tx.put(Space::search, manifest_key(account), encode(*manifest));
    return false;
  }
  // Nothing names the rows any more: all go, the manifest last.
  std::vector<std::string> keys;
  TRY(tx.scan(Space::search, block_key(account, 1, 0), key::after(key::of(account)), [&keys](std::string_view k, std::string_view) {
    keys.emplace_back(k);
    return keys.size() < at_once;
  }));
  for (const auto& k : keys) tx.erase(Space::search, k);
  if (keys.size() == at_once) return true;
  tx.erase(Space::search, manifest_key(account));
  return false;
}

Task<Status> drop_index(Store& store, AccountId account) {
  for (bool more = true; more;) {
    Work work = [account, &more](Transaction& tx) -> Status {
      TRY_ASSIGN(more, drop_some(tx, account));
      return {};
    };
    auto done = co_await store.transact(std::move(work));
    if (!done) co_return fail(done.error());
  }
  co_return Status{};
}

}  // namespace

Task<Status> rebuild_index(Store& store, const crypto::Keyring& keyring, Log& log, AccountId account, IndexerOptions options) {
  auto dropped = co_await drop_index(store, account);
  if (!dropped) co_return fail(dropped.error());
  Round anew(store, keyring, log, options, account);
  co_return co_await anew.run(true, false);
}

void Indexer::start() {
  timer_ = store_.clock().timer(executor_);
  look_later();
}

void Indexer::stop() {
  stopping_ = true;
  if (timer_) timer_->cancel();
}

void Indexer::look_later() {
  if (!stopping_) timer_->start(options_.look, [this] { boost::asio::co_spawn(executor_, look(), boost::asio::detached); });
}

Result<std::map<AccountId, ModSeq>> Indexer::clocks() const {
  std::map<AccountId, ModSeq> out;
  TRY(store_.snapshot()->scan(Space::clock, "", "", [&out](std::string_view k, std::string_view value) {
    if (const auto clock = decode_clock(value)) out.emplace_hint(out.end(), key::account_of(k), clock->modseq);
    return true;
  }));
  return out;
}

Result<Indexer::Due> Indexer::due(AccountId account) const {
  const auto reader = store_.snapshot();
  TRY_ASSIGN(const auto bytes, reader->get(Space::clock, key::of(account)));
  if (!bytes) return Due{};
  TRY_ASSIGN(const auto clock, decode_clock(*bytes));
  TRY_ASSIGN(const auto manifest, read_manifest(*reader, account));
  const auto until = manifest ? manifest->until : EmailId{1};
  TRY_ASSIGN(const auto left, waiting(*reader, account, until, options_));
  Due out;
  out.index = (manifest && manifest->dropping) || left.emails >= options_.waiting_emails || left.bytes >= options_.waiting_bytes;
  // What waits is not counted to its end when there is much of it; then what is gone is looked for another time.
  if (!manifest || out.index) return out;
  const auto indexed = manifest->emails(), alive = clock.emails - std::min(clock.emails, left.emails);
  const auto gone = indexed > alive ? indexed - alive : 0;
  const auto age = store_.clock().now() - manifest->cleaned;
  out.clean = gone > 0 && (gone * 8 >= indexed || age >= options_.clean);
  return out;
}

Task<Status> Indexer::look_at(AccountId account) {
  auto work = [this, account]() -> Result<Due> { return due(account); };
  auto what = co_await store_.workers().run(std::move(work));
  if (!what && what.error().code != Errc::corrupt) co_return fail(what.error());
  if (what && !what->index && !what->clean) co_return Status{};
  if (what) {
    Round round(store_, keyring_, log_, options_, account);
    auto done = co_await round.run(what->index, what->clean);
    if (done || done.error().code != Errc::corrupt) co_return done;
    log_.error("search.made_anew", {{"account", std::to_string(number(account))}, {"why", done.error().what}});
  }
  co_return co_await rebuild_index(store_, keyring_, log_, account, options_);
}

Task<void> Indexer::look() {
  auto work = [this]() -> Result<std::map<AccountId, ModSeq>> { return clocks(); };
  auto now = co_await store_.workers().run(std::move(work));
  if (!now) log_.error("search.not_indexed", {{"why", now.error().what}});
  // Once a day all are looked at, because what is gone may have to leave an account where nothing happens.
  if (now) {
    for (const auto& [account, modseq] : *now) {
      if (stopping_) co_return;
      const auto seen = seen_.find(account);
      if (seen != seen_.end() && seen->second == modseq) continue;
      auto done = co_await look_at(account);
      if (done) seen_[account] = modseq;
      else if (done.error().code != Errc::not_found && done.error().code != Errc::conflict)
        log_.error("search.not_indexed", {{"account", std::to_string(number(account))}, {"why", done.error().what}});
    }
    std::erase_if(seen_, [&now](const auto& one) { return !now->contains(one.first); });
  }
  const auto time = store_.clock().steady();
  if (!forgotten_ || time - *forgotten_ >= options_.clean) {
    seen_.clear();
    forgotten_ = time;
  }
  look_later();
}

Result<Progress> index_progress(const Reader& reader, AccountId account) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::clock, key::of(account)));
  if (!bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto clock, decode_clock(*bytes));
  Progress out;
  out.emails = clock.emails;
  TRY_ASSIGN(const auto manifest, read_manifest(reader, account));
  if (!manifest) return out;
  out.indexed = manifest->emails();
  out.segments = manifest->segments.size();
  TRY(reader.scan(Space::search, key::of(account), key::after(key::of(account)), [&out](std::string_view k, std::string_view value) {
    out.bytes += k.size() + value.size();
    return true;
  }));
  return out;
}

}  // namespace posthorn::store::search
