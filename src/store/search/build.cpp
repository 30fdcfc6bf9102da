#include "store/search/build.h"

#include <algorithm>

#include "mail/message.h"
#include "store/record/keys.h"
#include "store/search/terms.h"

namespace posthorn::store::search {

void Sealer::row(std::uint32_t block, std::string_view plain) {
  auto row_key = block_key(account_, out_.segment.number, block);
  auto sealed = seal_row(data_key_, row_key, plain);
  bytes_ += row_key.size() + sealed.size();
  out_.rows.push_back({std::move(row_key), std::move(sealed)});
}

void Sealer::add(const std::vector<std::string>& blocks) {
  for (const auto& block : blocks) row(++out_.segment.blocks, block);
}

void Sealer::finish(const Directory& directory) {
  out_.segment.emails = static_cast<std::uint32_t>(directory.emails.size());
  if (directory.emails.empty()) return;
  out_.segment.first = directory.emails.front();
  out_.segment.last = directory.emails.back();
  row(0, encode(directory));
}

Result<std::vector<EmailId>> living(const Reader& reader, AccountId account, EmailId from, EmailId to) {
  std::vector<EmailId> out;
  TRY(reader.scan(Space::email, key::of(account, from), key::after(key::of(account, to)), [&out](std::string_view k, std::string_view) {
    out.push_back(key::email_of(k));
    return true;
  }));
  return out;
}

Status Gatherer::add(const View& view, EmailId id) {
  TRY_ASSIGN(const auto summary, view.summary(id));
  const auto bytes = view.message(id);
  if (!bytes && bytes.error().code != Errc::corrupt) return fail(bytes.error());
  std::optional<mail::Message> message;
  if (bytes) message = mail::parse(*bytes);
  else ++unreadable_;
  const auto place = static_cast<std::uint32_t>(emails_.size());
  emails_.push_back(id);
  each_term(summary, message ? &*message : nullptr, [&](std::string_view term) {
    auto& list = terms_[std::string(term)];
    if (!list.empty() && list.back() == place) return;
    list.push_back(place);
    ++postings_;
  });
  return {};
}

Result<Gatherer::State> Gatherer::slice(const View& view, const Clock& clock, Duration slice) {
  const auto end = clock.steady() + slice;
  std::vector<EmailId> next;
  constexpr std::size_t at_once = 256;
  TRY(view.reader().scan(Space::email, key::of(account_, next_), key::after(key::of(account_)), [&next](std::string_view k, std::string_view) {
    next.push_back(key::email_of(k));
    return next.size() < at_once;
  }));
  for (const auto id : next) {
    TRY(add(view, id));
    next_ = EmailId{number(id) + 1};
    if (emails_.size() >= most_emails || postings_ >= most_postings) return State::full;
    if (clock.steady() >= end) return State::goes_on;
  }
  return next.size() < at_once ? State::no_more : State::goes_on;
}

Sealer Gatherer::write(std::uint32_t segment, const std::string& data_key) const {
  std::vector<const decltype(terms_)::value_type*> sorted;
  sorted.reserve(terms_.size());
  for (const auto& one : terms_) sorted.push_back(&one);
  std::ranges::sort(sorted, {}, [](const auto* one) -> const std::string& { return one->first; });
  Sealer out(account_, segment, data_key);
  SegmentWriter writer(emails_);
  for (const auto* one : sorted) {
    writer.add(one->first, one->second);
    out.add(writer.take_blocks());
  }
  const auto& directory = writer.finish();
  out.add(writer.take_blocks());
  out.finish(directory);
  return out;
}

Merger::Merger(AccountId account, std::vector<Segment> inputs, std::uint32_t segment, std::string data_key)
    : account_(account), inputs_(std::move(inputs)), data_key_(data_key), sealer_(account, segment, std::move(data_key)) {}

Status Merger::open(const Reader& reader) {
  std::vector<EmailId> emails;
  for (const auto& one : inputs_) {
    TRY_ASSIGN(const auto bytes, read_row(reader, data_key_, account_, one.number, 0));
    TRY_ASSIGN(const auto directory, decode_directory(bytes));
    TRY_ASSIGN(const auto alive, living(reader, account_, one.first, one.last));
    Input input;
    for (const auto id : directory.emails) {
      const bool lives = std::ranges::binary_search(alive, id);
      input.numbers.push_back(lives ? static_cast<std::uint32_t>(emails.size()) : nowhere);
      if (lives) emails.push_back(id);
      else ++gone_;
    }
    // The reader of the slice that runs: a Reader is not to be kept.
    input.terms = std::make_shared<SegmentReader>(directory.first_terms.size(), [current = reader_, key = data_key_, account = account_, segment = one.number](std::size_t block) {
      return read_row(**current, key, account, segment, static_cast<std::uint32_t>(block + 1));
    });
    open_.push_back(std::move(input));
  }
  writer_.emplace(std::move(emails));
  *reader_ = &reader;
  for (auto& input : open_) {
    TRY_ASSIGN(input.more, input.terms->next());
  }
  return {};
}

Result<Merger> Merger::begin(const Reader& reader, AccountId account, std::vector<Segment> inputs, std::uint32_t segment, std::string data_key) {
  Merger out(account, std::move(inputs), segment, std::move(data_key));
  TRY(out.open(reader));
  return out;
}

// The next term of all inputs. False: there is none.
Result<bool> Merger::step() {
  const std::string* least = nullptr;
  for (const auto& input : open_)
    if (input.more && (least == nullptr || input.terms->term() < *least)) least = &input.terms->term();
  if (least == nullptr) return false;
  const auto term = *least;
  std::vector<std::uint32_t> emails;
  // Inputs lie in the order of their Emails, so what comes is ascending.
  for (auto& input : open_) {
    if (!input.more || input.terms->term() != term) continue;
    for (const auto email : input.terms->emails()) {
      if (email >= input.numbers.size()) return fail(Errc::corrupt, "the index of words names an email that it does not know");
      if (input.numbers[email] != nowhere) emails.push_back(input.numbers[email]);
    }
    TRY_ASSIGN(input.more, input.terms->next());
  }
  if (!emails.empty()) writer_->add(term, emails);
  return true;
}

Result<std::vector<Entry>> Merger::slice(const Reader& reader, const Clock& clock, Duration slice) {
  constexpr std::size_t most_bytes = 512u << 10;  // of rows, before they are written
  *reader_ = &reader;
  const auto end = clock.steady() + slice;
  const auto begun = sealer_.bytes();
  for (std::size_t i = 0; !done_; ++i) {
    TRY_ASSIGN(const bool more, step());
    if (!more) {
      const auto& directory = writer_->finish();
      sealer_.add(writer_->take_blocks());
      sealer_.finish(directory);
      done_ = true;
    } else {
      sealer_.add(writer_->take_blocks());
      if (sealer_.bytes() - begun >= most_bytes || (i % 64 == 0 && clock.steady() >= end)) break;
    }
  }
  return sealer_.take_rows();
}

}  // namespace posthorn::store::search
