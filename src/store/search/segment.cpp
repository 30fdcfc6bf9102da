#include "store/search/segment.h"

#include <algorithm>

#include "base/codec.h"

namespace posthorn::store::search {
namespace {

constexpr std::size_t entry_emails = 4'096;  // of one entry: bounds what is decoded at once
constexpr std::size_t longest_term = 1'024;

void put(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

std::unexpected<Error> bad(const char* why) { return fail(Errc::corrupt, std::string("a piece of the index of words does not check: ") + why); }

}  // namespace

std::size_t Directory::bytes() const {
  std::size_t out = sizeof(*this) + emails.capacity() * sizeof(EmailId);
  for (const auto& one : first_terms) out += sizeof(one) + one.capacity();
  return out;
}

std::string encode(const Directory& directory) {
  std::string emails;
  std::uint64_t last = 0;
  for (const auto id : directory.emails) {
    put(emails, number(id) - last);
    last = number(id);
  }
  Encoder out;
  out.u32(static_cast<std::uint32_t>(directory.emails.size())).string(emails);
  out.u32(static_cast<std::uint32_t>(directory.first_terms.size()));
  for (const auto& one : directory.first_terms) out.string(one);
  return out.take();
}

Result<Directory> decode_directory(std::string_view bytes) {
  Decoder in(bytes);
  Directory out;
  const auto emails = in.u32();
  const auto packed = in.string();
  std::uint64_t id = 0, difference = 0;
  int shift = 0;
  for (const char c : packed) {
    const auto octet = static_cast<unsigned char>(c);
    if (shift > 56) return bad("a number is too long");
    difference |= std::uint64_t{octet & 0x7fu} << shift;
    shift += 7;
    if ((octet & 0x80) != 0) continue;
    if (difference == 0) return bad("an email stands twice");
    id += difference;
    out.emails.push_back(EmailId{id});
    difference = 0;
    shift = 0;
  }
  out.first_terms.resize(in.count(4));
  for (auto& one : out.first_terms) one = in.string();
  if (!in.finished() || out.emails.size() != emails || !std::ranges::is_sorted(out.first_terms)) return bad("its directory");
  return out;
}

void SegmentWriter::entry(std::string_view term, const std::vector<std::uint32_t>& emails, std::size_t from, std::size_t to) {
  if (open_.empty()) {
    directory_.first_terms.emplace_back(term);
    last_.clear();
  }
  const auto shared = static_cast<std::size_t>(std::ranges::mismatch(last_, term).in1 - last_.begin());
  put(open_, shared);
  put(open_, term.size() - shared);
  open_ += term.substr(shared);
  put(open_, to - from);
  std::uint32_t before = 0;
  for (auto i = from; i < to; ++i) {
    put(open_, emails[i] - before);
    before = emails[i];
  }
  last_ = term;
  if (open_.size() < block_size) return;
  blocks_.push_back(std::move(open_));
  open_.clear();
}

void SegmentWriter::add(std::string_view term, const std::vector<std::uint32_t>& emails) {
  for (std::size_t at = 0; at < emails.size(); at += entry_emails) entry(term, emails, at, std::min(emails.size(), at + entry_emails));
}

const Directory& SegmentWriter::finish() {
  if (!open_.empty()) blocks_.push_back(std::move(open_));
  open_.clear();
  return directory_;
}

std::optional<std::uint64_t> BlockReader::number() {
  std::uint64_t value = 0;
  for (int shift = 0; shift <= 28; shift += 7) {
    if (at_ >= block_.size()) return std::nullopt;
    const auto octet = static_cast<unsigned char>(block_[at_++]);
    value |= std::uint64_t{octet & 0x7fu} << shift;
    if ((octet & 0x80) == 0) return value;
  }
  return std::nullopt;
}

Result<bool> BlockReader::next() {
  if (at_ == block_.size()) return false;
  const auto shared = number(), rest = number();
  if (!shared || !rest || *shared > term_.size() || *rest > block_.size() - at_ || *shared + *rest > longest_term) return bad("a term");
  auto term = term_.substr(0, *shared) + block_.substr(at_, *rest);
  at_ += *rest;
  if (term < term_) return bad("terms are out of order");
  term_ = std::move(term);
  const auto count = number();
  if (!count || *count == 0 || *count > entry_emails) return bad("a count");
  emails_.clear();
  std::uint64_t email = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto difference = number();
    if (!difference || (i > 0 && *difference == 0)) return bad("an email of a term");
    email += *difference;
    if (email > 0xffffffffu) return bad("an email of a term");
    emails_.push_back(static_cast<std::uint32_t>(email));
  }
  return true;
}

Status each_match(const Directory& directory, const ReadBlock& read, std::string_view term, Match match, const std::function<void(std::uint32_t)>& take) {
  // The block before the first one that begins behind the term, and those that begin with it.
  auto at = std::ranges::lower_bound(directory.first_terms, term);
  if (at != directory.first_terms.begin()) --at;
  for (auto block = static_cast<std::size_t>(at - directory.first_terms.begin()); block < directory.first_terms.size(); ++block) {
    const std::string_view first = directory.first_terms[block];
    const bool reaches = match == Match::whole ? first <= term : first <= term || first.starts_with(term);
    if (!reaches) return {};
    TRY_ASSIGN(auto bytes, read(block));
    BlockReader reader(std::move(bytes));
    for (;;) {
      TRY_ASSIGN(const bool more, reader.next());
      if (!more) break;
      const std::string_view found = reader.term();
      if (found < term) continue;
      if (match == Match::whole ? found != term : !found.starts_with(term)) return {};
      for (const auto email : reader.emails()) {
        if (email >= directory.emails.size()) return bad("an email that it does not know");
        take(email);
      }
    }
  }
  return {};
}

Result<bool> SegmentReader::advance() {
  for (;;) {
    if (!reader_) {
      if (block_ == blocks_) return false;
      TRY_ASSIGN(auto bytes, read_(block_++));
      reader_.emplace(std::move(bytes));
    }
    TRY_ASSIGN(const bool more, reader_->next());
    if (more) return true;
    reader_.reset();
  }
}

Result<bool> SegmentReader::next() {
  if (!ahead_) {
    TRY_ASSIGN(ahead_, advance());
    if (!ahead_) return false;
  }
  if (reader_->term() < term_) return bad("terms are out of order");
  term_ = reader_->term();
  emails_ = reader_->emails();
  for (;;) {
    TRY_ASSIGN(ahead_, advance());
    if (!ahead_ || reader_->term() != term_) return true;
    if (reader_->emails().front() <= emails_.back()) return bad("the emails of a term are out of order");
    emails_.insert(emails_.end(), reader_->emails().begin(), reader_->emails().end());
  }
}

}  // namespace posthorn::store::search
