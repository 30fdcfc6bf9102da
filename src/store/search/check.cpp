// What posthorn verify looks at in the index of words: its manifest, that each segment's rows are there and no others, that they open and
// are in order, and that the Emails it says it knows are in it.
#include <algorithm>
#include <map>

#include "store/record/keys.h"
#include "store/record/records.h"
#include "store/search/build.h"
#include "store/search/index.h"

namespace posthorn::store::search {
namespace {

using Problem = std::function<void(std::string)>;

Status check_segment(const Reader& reader, std::string_view data_key, AccountId account, const Segment& segment, const Problem& problem) {
  const auto name = "piece " + std::to_string(segment.number) + " of its index of words";
  const auto bytes = read_row(reader, data_key, account, segment.number, 0);
  const auto directory = bytes ? decode_directory(*bytes) : Result<Directory>(fail(bytes.error()));
  if (!directory) {
    if (directory.error().code == Errc::io) return fail(directory.error());
    problem(name + ": " + directory.error().what);
    return {};
  }
  if (directory->emails.size() != segment.emails || directory->first_terms.size() != segment.blocks || directory->emails.empty() || directory->emails.front() != segment.first ||
      directory->emails.back() != segment.last)
    problem(name + " is not what its manifest says");
  SegmentReader terms(segment.blocks, [&](std::size_t block) { return read_row(reader, data_key, account, segment.number, static_cast<std::uint32_t>(block + 1)); });
  for (;;) {
    const auto more = terms.next();
    if (!more) {
      problem(name + ": " + more.error().what);
      return {};
    }
    if (!*more) break;
    if (terms.emails().back() >= directory->emails.size()) {
      problem(name + " names an email that it does not know");
      return {};
    }
  }
  TRY_ASSIGN(const auto alive, living(reader, account, segment.first, segment.last));
  for (const auto id : alive)
    if (!std::ranges::binary_search(directory->emails, id)) problem("email " + std::to_string(number(id)) + " is missing in its index of words");
  return {};
}

}  // namespace

Status check_index(const Reader& reader, const crypto::Keyring& keyring, AccountId account, const Problem& problem) {
  std::map<std::uint32_t, std::uint32_t> rows;
  TRY(reader.scan(Space::search, key::of(account), key::after(key::of(account)), [&rows](std::string_view k, std::string_view) {
    ++rows[segment_of(k)];
    return true;
  }));
  if (rows.empty()) return {};
  const auto manifest = read_manifest(reader, account);
  if (!manifest || !*manifest) {
    problem(manifest ? "its index of words has no manifest" : manifest.error().what);
    return {};
  }
  const auto& m = **manifest;
  if (m.dropping) return {};
  const auto data_key = index_key(reader, keyring, account, m);
  if (!data_key) {
    problem("the key of its index of words cannot be opened");
    return {};
  }
  rows.erase(0);
  rows.erase(m.begun);
  EmailId next{1};
  for (const auto& segment : m.segments) {
    if (rows[segment.number] != segment.blocks + 1) problem("piece " + std::to_string(segment.number) + " of its index of words has " + std::to_string(rows[segment.number]) + " rows");
    rows.erase(segment.number);
    TRY(check_segment(reader, *data_key, account, segment, problem));
    TRY_ASSIGN(const auto between, living(reader, account, next, EmailId{number(segment.first) - 1}));
    if (!between.empty()) problem("email " + std::to_string(number(between.front())) + " is missing in its index of words");
    next = EmailId{number(segment.last) + 1};
  }
  if (next < m.until) {
    TRY_ASSIGN(const auto behind, living(reader, account, next, EmailId{number(m.until) - 1}));
    if (!behind.empty()) problem("email " + std::to_string(number(behind.front())) + " is missing in its index of words");
  }
  if (!rows.empty()) problem("its index of words has rows that belong to nothing");
  return {};
}

}  // namespace posthorn::store::search
