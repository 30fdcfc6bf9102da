#include "report/shelf.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/codec.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "mail/text.h"
#include "report/json.h"
#include "report/unpack.h"
#include "store/record/keys.h"

namespace posthorn::report {
namespace {

namespace json = boost::json;
using store::Space;

constexpr std::uint8_t version = 1;
constexpr std::size_t rows_a_commit = 500, most_body = 1'500'000;
constexpr std::string_view tally_prefix = "report tally ", width_prefix = "report width ", sent_prefix = "report sent ", got_prefix = "report got ",
                           body_prefix = "report body ";

// Fixed width, so that keys sort as the numbers do.
std::string padded(std::int64_t number, std::size_t width) {
  auto text = std::to_string(std::max<std::int64_t>(number, 0));
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string day_key(std::string_view prefix, Day day, std::string_view domain) { return std::string(prefix) + padded(day, 6) + " " + std::string(domain); }
std::string tally_key(Day day, std::string_view domain, std::string_view text) {
  return day_key(tally_prefix, day, domain) + " " + crypto::sha256(text).substr(0, 16);
}
std::string got_key(const Received& row) { return std::string(got_prefix) + padded(row.begin, 12) + " " + row.id; }
std::string body_key(std::string_view id) { return std::string(body_prefix) + std::string(id); }

std::string sealed(Encoder& out) { return out.u64(crypto::xxh3(out.bytes())).take(); }

// The value without its checksum.
Result<std::string_view> opened(std::string_view key, std::string_view value) {
  const auto broken = [&] { return fail(Errc::corrupt, "the stored \"" + printable(key, 200) + "\" cannot be read", "Restore the data folder from a backup"); };
  if (value.size() < 9) return broken();
  const auto bytes = value.substr(0, value.size() - 8);
  Decoder sum(value.substr(bytes.size()));
  if (sum.u64() != crypto::xxh3(bytes) || static_cast<unsigned char>(bytes.front()) != version) return broken();
  return bytes;
}

WallTime wall(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

std::string encode_count(std::uint64_t count, std::string_view text) {
  Encoder out;
  out.u8(version).u64(count).string(text);
  return sealed(out);
}
struct Count {
  std::uint64_t count = 0;
  std::string text;
};
Result<Count> decode_count(std::string_view key, std::string_view value) {
  TRY_ASSIGN(const auto bytes, opened(key, value));
  Decoder in(bytes);
  in.u8();
  Count out;
  out.count = in.u64();
  out.text = in.string();
  if (!in.finished()) return fail(Errc::corrupt, "a stored tally cannot be read");
  return out;
}

std::string encode(const Sent& sent) {
  Encoder out;
  out.u8(version).i64(sent.day).string(sent.domain).string(sent.report_id).string(sent.outcome).u64(sent.messages);
  out.i64(sent.when.time_since_epoch().count()).u32(static_cast<std::uint32_t>(sent.to.size()));
  for (const auto& one : sent.to) out.string(one);
  return sealed(out);
}
Result<Sent> decode_sent(std::string_view key, std::string_view value) {
  TRY_ASSIGN(const auto bytes, opened(key, value));
  Decoder in(bytes);
  in.u8();
  Sent out;
  out.day = in.i64();
  out.domain = in.string();
  out.report_id = in.string();
  out.outcome = in.string();
  out.messages = in.u64();
  out.when = wall(in.i64());
  for (auto left = in.count(4); left > 0; --left) out.to.push_back(in.string());
  if (!in.finished()) return fail(Errc::corrupt, "the note of a sent report cannot be read");
  return out;
}

std::string encode(const Received& row) {
  Encoder out;
  out.u8(version).string(row.id).u8(static_cast<std::uint8_t>(row.kind)).string(row.origin.from).flag(row.origin.proven);
  out.i64(row.when.time_since_epoch().count()).string(row.org_name).string(row.domain).i64(row.begin).i64(row.end).u64(row.messages).u64(row.passed);
  return sealed(out);
}
Result<Received> decode_received(std::string_view key, std::string_view value) {
  TRY_ASSIGN(const auto bytes, opened(key, value));
  Decoder in(bytes);
  in.u8();
  Received out;
  out.id = in.string();
  out.kind = in.u8() == 0 ? Kind::aggregate : Kind::failure;
  out.origin.from = in.string();
  out.origin.proven = in.flag();
  out.when = wall(in.i64());
  out.org_name = in.string();
  out.domain = in.string();
  out.begin = in.i64();
  out.end = in.i64();
  out.messages = in.u64();
  out.passed = in.u64();
  if (!in.finished()) return fail(Errc::corrupt, "the row of a received report cannot be read");
  return out;
}

// Decodes all rows below `prefix`.
template <class Row, class Decode>
Result<std::vector<Row>> rows_below(const store::Store& store, const std::string& prefix, Decode decode) {
  std::vector<Row> out;
  Status good;
  const auto reader = store.snapshot();
  TRY(reader->scan(Space::node, prefix, store::key::after(prefix), [&](std::string_view key, std::string_view value) {
    auto row = decode(key, value);
    if (!row) {
      good = fail(row.error());
      return false;
    }
    out.push_back(std::move(*row));
    return true;
  }));
  if (!good) return fail(good.error());
  return out;
}

using Counts = std::vector<std::pair<TallyKey, std::uint64_t>>;

Result<std::uint64_t> width_of(const store::Reader& reader, const std::string& key) {
  TRY_ASSIGN(const auto value, reader.get(Space::node, key));
  if (!value) return 0;
  TRY_ASSIGN(const auto count, decode_count(key, *value));
  return count.count;
}

Status add_one(store::Transaction& tx, const TallyKey& key, std::uint64_t count) {
  auto at = tally_key(key.day, key.domain, key.text);
  std::string text = key.text;
  TRY_ASSIGN(auto there, tx.get(Space::node, at));
  if (!there) {
    const auto width_at = day_key(width_prefix, key.day, key.domain);
    TRY_ASSIGN(const auto width, width_of(tx, width_at));
    if (width >= Shelf::most_rows) {
      text = folded(text);
      at = tally_key(key.day, key.domain, text);
      TRY_ASSIGN(there, tx.get(Space::node, at));
    } else {
      tx.put(Space::node, width_at, encode_count(width + 1, ""));
    }
  }
  if (there) {
    TRY_ASSIGN(const auto before, decode_count(at, *there));
    count += before.count;
  }
  tx.put(Space::node, at, encode_count(count, text));
  return {};
}

struct AddSome {
  Counts counts;
  Status operator()(store::Transaction& tx) const {
    for (const auto& [key, count] : counts) TRY(add_one(tx, key, count));
    return {};
  }
};

struct EraseSome {
  std::vector<std::string> keys;
  Status operator()(store::Transaction& tx) const {
    for (const auto& key : keys) tx.erase(Space::node, key);
    return {};
  }
};

struct PutReceived {
  Received row;
  std::string body;
  bool* fresh;
  Status operator()(store::Transaction& tx) const {
    const auto at = got_key(row);
    TRY_ASSIGN(const auto there, tx.get(Space::node, at));
    TRY_ASSIGN(const auto known, tx.get(Space::node, body_key(row.id)));
    *fresh = !known.has_value();
    if (known && !there) return {};  // a failure report that bears no date, seen before
    if (there) {
      TRY_ASSIGN(auto before, decode_received(at, *there));
      if (before.origin.proven || !row.origin.proven) return {};
      before.origin = row.origin;
      tx.put(Space::node, at, encode(before));
      return {};
    }
    tx.put(Space::node, at, encode(row));
    tx.put(Space::node, body_key(row.id), body);
    return {};
  }
};

}  // namespace

std::string_view name_of(Kind kind) { return kind == Kind::aggregate ? "aggregate" : "failure"; }

Task<Status> Shelf::add(std::map<TallyKey, std::uint64_t> counts) {
  while (!counts.empty()) {
    AddSome some;
    while (!counts.empty() && some.counts.size() < rows_a_commit) {
      auto node = counts.extract(counts.begin());
      some.counts.emplace_back(std::move(node.key()), node.mapped());
    }
    store::Work work = std::move(some);
    auto done = co_await store_.transact(std::move(work));
    if (!done) co_return fail(done.error());
  }
  co_return Status{};
}

Result<std::vector<CountedDay>> Shelf::counted() const {
  std::map<std::pair<Day, std::string>, std::uint64_t> sums;
  Status good;
  const auto reader = store_.snapshot();
  TRY(reader->scan(Space::node, tally_prefix, store::key::after(std::string(tally_prefix)), [&](std::string_view key, std::string_view value) {
    const auto count = decode_count(key, value);
    if (!count) {
      good = fail(count.error());
      return false;
    }
    auto name = key.substr(tally_prefix.size());
    Cursor in(name);
    const auto day = in.take_number(999'999'999);
    in.take(' ');
    name = in.rest();
    sums[{static_cast<Day>(day.value_or(0)), std::string(name.substr(0, name.find(' ')))}] += count->count;
    return true;
  }));
  if (!good) return fail(good.error());
  std::vector<CountedDay> out;
  for (const auto& [name, messages] : sums) out.push_back(CountedDay{name.first, name.second, messages});
  return out;
}

Result<Tallied> Shelf::tally(std::string_view domain, Day day) const {
  return rows_below<Tallied::value_type>(store_, day_key(tally_prefix, day, domain) + " ", [](std::string_view key, std::string_view value) -> Result<Tallied::value_type> {
    TRY_ASSIGN(const auto count, decode_count(key, value));
    TRY_ASSIGN(auto seen, seen_from_text(count.text));
    return Tallied::value_type(std::move(seen), count.count);
  });
}

Result<std::vector<Sent>> Shelf::sent() const { return rows_below<Sent>(store_, std::string(sent_prefix), decode_sent); }

Result<std::optional<Sent>> Shelf::sent(std::string_view domain, Day day) const {
  const auto at = day_key(sent_prefix, day, domain);
  TRY_ASSIGN(const auto value, store_.snapshot()->get(Space::node, at));
  if (!value) return std::nullopt;
  TRY_ASSIGN(auto out, decode_sent(at, *value));
  return out;
}

Task<Status> Shelf::note_sent(Sent sent) {
  const auto at = day_key(sent_prefix, sent.day, sent.domain);
  const auto value = encode(sent);
  store::Work work = [&at, &value](store::Transaction& tx) -> Status {
    tx.put(Space::node, at, value);
    return {};
  };
  co_return co_await store_.transact(std::move(work));
}

Task<Result<bool>> Shelf::put_received(Received row, std::string identity, std::string json) {
  row.id = hex(crypto::sha256(identity).substr(0, 6));
  row.when = store_.clock().now();
  auto packed = gzip(json);
  if (!packed) co_return fail(packed.error());
  if (packed->size() > most_body) co_return fail(Errc::too_big, "the report is larger than what is kept of one (" + std::to_string(most_body) + " octets packed)");
  bool fresh = false;
  Encoder body;
  body.u8(version).string(*packed);
  store::Work work = PutReceived{std::move(row), sealed(body), &fresh};
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  co_return fresh;
}

// The same report by two ways is one; a forged one under the name of a true one is another.
Task<Result<bool>> Shelf::keep(Aggregate report, Origin origin) {
  Received row;
  row.origin = std::move(origin);
  row.org_name = report.org_name;
  row.domain = report.published.domain;
  row.begin = report.begin;
  row.end = report.end;
  row.messages = report.messages();
  for (const auto& one : report.rows)
    if (one.passes()) row.passed += one.count;
  auto told = json::serialize(to_json(report));
  Aggregate bare = std::move(report);
  bare.notes.clear();
  auto identity = json::serialize(to_json(bare));
  co_return co_await put_received(std::move(row), std::move(identity), std::move(told));
}

Task<Result<bool>> Shelf::keep(Failure report, Origin origin) {
  Received row;
  row.kind = Kind::failure;
  row.origin = std::move(origin);
  row.org_name = report.user_agent;
  row.domain = report.reported_domain;
  row.begin = row.end = std::chrono::duration_cast<std::chrono::seconds>(store_.clock().now().time_since_epoch()).count();
  if (const auto arrived = mail::parse_date(report.arrival_date)) row.begin = row.end = arrived->seconds;
  row.messages = report.incidents;
  auto told = json::serialize(to_json(report));
  std::string identity = "failure " + told;
  co_return co_await put_received(std::move(row), std::move(identity), std::move(told));
}

Task<Result<std::size_t>> Shelf::keep_all(Taken taken, Origin origin) {
  std::size_t fresh = 0;
  for (auto& one : taken.aggregates) {
    auto kept = co_await keep(std::move(one), origin);
    if (!kept) co_return fail(kept.error());
    fresh += *kept ? 1 : 0;
  }
  for (auto& one : taken.failures) {
    auto kept = co_await keep(std::move(one), origin);
    if (!kept) co_return fail(kept.error());
    fresh += *kept ? 1 : 0;
  }
  co_return fresh;
}

Result<std::vector<Received>> Shelf::received() const { return rows_below<Received>(store_, std::string(got_prefix), decode_received); }

Result<std::string> Shelf::body(std::string_view id) const {
  const auto at = body_key(id);
  TRY_ASSIGN(const auto value, store_.snapshot()->get(Space::node, at));
  if (!value) return fail(Errc::not_found, "there is no report " + printable(id, 60), "List them with: posthorn report list");
  TRY_ASSIGN(const auto bytes, opened(at, *value));
  Decoder in(bytes);
  in.u8();
  const auto packed = in.string();
  if (!in.finished()) return fail(Errc::corrupt, "the stored report " + printable(id, 60) + " cannot be read");
  Limits ours;  // our own JSON repeats itself more than a stranger's file may
  ours.unpacked = 256u << 20;
  ours.ratio = 100'000;
  return unpack(packed, ours);
}

Result<Aggregate> Shelf::aggregate(std::string_view id) const {
  TRY_ASSIGN(const auto text, body(id));
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error) return fail(Errc::corrupt, "the stored report " + printable(id, 60) + " cannot be read");
  return aggregate_from_json(value);
}

Task<Result<std::size_t>> Shelf::forget(Day before, WallTime got) {
  std::vector<std::string> keys;
  {
    const auto reader = store_.snapshot();
    for (const auto prefix : {tally_prefix, width_prefix, sent_prefix}) {
      auto scanned = reader->scan(Space::node, prefix, day_key(prefix, before, ""), [&keys](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return true;
      });
      if (!scanned) co_return fail(scanned.error());
    }
    Received last;
    last.begin = std::chrono::duration_cast<std::chrono::seconds>(got.time_since_epoch()).count();
    auto scanned = reader->scan(Space::node, got_prefix, got_key(last), [&keys](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      keys.push_back(body_key(key.substr(key.rfind(' ') + 1)));
      return true;
    });
    if (!scanned) co_return fail(scanned.error());
  }
  const auto count = keys.size();
  for (std::size_t at = 0; at < count; at += rows_a_commit) {
    EraseSome some;
    for (std::size_t i = at; i < std::min(count, at + rows_a_commit); ++i) some.keys.push_back(std::move(keys[i]));
    store::Work work = std::move(some);
    auto done = co_await store_.transact(std::move(work));
    if (!done) co_return fail(done.error());
  }
  co_return count;
}

}  // namespace posthorn::report
