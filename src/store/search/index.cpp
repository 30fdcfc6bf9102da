#include "store/search/index.h"

#include <algorithm>

#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store::search {

void EmailSet::keep_those_in(const EmailSet& other) {
  for (std::size_t i = 0; i < bits_.size(); ++i) bits_[i] &= i < other.bits_.size() ? other.bits_[i] : 0;
}

void EmailSet::add_all(const EmailSet& other) {
  for (std::size_t i = 0; i < std::min(bits_.size(), other.bits_.size()); ++i) bits_[i] |= other.bits_[i];
}

Result<std::shared_ptr<const Directory>> Directories::read(const Reader& reader, std::string_view data_key, AccountId account, std::uint32_t segment) {
  // The key too: an index that was made anew counts its segments anew.
  const auto is_it = [&](const Slot& slot) { return slot.account == account && slot.segment == segment && slot.data_key == data_key; };
  {
    const std::lock_guard guard(mutex_);
    const auto found = std::ranges::find_if(slots_, is_it);
    if (found != slots_.end()) {
      slots_.splice(slots_.begin(), slots_, found);
      return found->directory;
    }
  }
  TRY_ASSIGN(const auto bytes, read_row(reader, data_key, account, segment, 0));
  TRY_ASSIGN(auto decoded, decode_directory(bytes));
  auto directory = std::make_shared<const Directory>(std::move(decoded));
  const std::lock_guard guard(mutex_);
  if (std::ranges::any_of(slots_, is_it)) return directory;
  bytes_ += directory->bytes();
  slots_.push_front({account, segment, std::string(data_key), directory});
  while (bytes_ > budget_ && slots_.size() > 1) {
    bytes_ -= slots_.back().directory->bytes();
    slots_.pop_back();
  }
  return directory;
}

Status Opened::add_term(EmailSet& to, std::string_view term, Match match) const {
  for (const auto& piece : pieces_) {
    const auto read = [&](std::size_t block) { return read_row(reader_, data_key_, account_, piece.segment.number, static_cast<std::uint32_t>(block + 1)); };
    TRY(each_match(*piece.directory, read, term, match, [&](std::uint32_t email) {
      // A directory whose ids reach beyond the manifest's is refused when the index is opened.
      to.add(piece.directory->emails[email]);
    }));
  }
  return {};
}

// Those that hold all words of the phrase, in whatever order.
Result<EmailSet> Opened::with_words(const mail::Phrase& phrase, const TermOf& term_of) const {
  std::optional<EmailSet> out;
  for (std::size_t i = 0; i < phrase.words.size(); ++i) {
    EmailSet found(manifest_.until);
    const bool open = phrase.open && i + 1 == phrase.words.size();
    TRY(add_term(found, term_of(phrase.words[i]), open ? Match::beginning : Match::whole));
    if (out) out->keep_those_in(found);
    else out = std::move(found);
  }
  return std::move(*out);
}

Result<Hits> Opened::texts(std::span<const Field> fields, std::span<const mail::Phrase> phrases) const {
  auto out = none();
  bool first = true;
  for (const auto& phrase : phrases) {
    if (phrase.words.empty()) continue;
    if (phrase.words.size() > 1) out.exact = false;
    EmailSet found(manifest_.until);
    for (const auto field : fields) {
      TRY_ASSIGN(const auto in_field, with_words(phrase, [field](std::string_view word) { return word_term(field, word); }));
      found.add_all(in_field);
    }
    if (first) out.emails = std::move(found);
    else out.emails.keep_those_in(found);
    first = false;
  }
  if (!first) return out;
  // Nothing is looked for: everything has it.
  for (const auto& piece : pieces_)
    for (const auto id : piece.directory->emails) out.emails.add(id);
  return out;
}

Result<std::optional<Hits>> Opened::headers(std::string_view name, std::span<const mail::Phrase> phrases) const {
  const auto presence = header_term(name);
  if (presence.empty()) return std::optional<Hits>();
  auto out = none();
  TRY(add_term(out.emails, presence, Match::whole));
  std::size_t asked = 0;
  for (const auto& phrase : phrases) {
    if (phrase.words.empty()) continue;
    // Two phrases must stand in the same field, and there may be several of its name.
    out.exact = out.exact && phrase.words.size() == 1 && ++asked == 1;
    if (header_word_term(name, "").empty()) {
      out.exact = false;
      continue;
    }
    TRY_ASSIGN(const auto found, with_words(phrase, [name](std::string_view word) { return header_word_term(name, word); }));
    out.emails.keep_those_in(found);
  }
  return std::optional(std::move(out));
}

Result<Hits> Opened::attachments() const {
  auto out = none();
  TRY(add_term(out.emails, attachment_term(), Match::whole));
  return out;
}

Result<std::string> index_key(const Reader& reader, const crypto::Keyring& keyring, AccountId account, const Manifest& manifest) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::account, key::of(account)));
  if (!bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto record, decode_account(*bytes));
  return keyring.unwrap(account, record.key, manifest.wrapped_key);
}

Result<std::optional<Opened>> Index::open(const Reader& reader, AccountId account) const {
  TRY_ASSIGN(auto manifest, read_manifest(reader, account));
  if (!manifest || manifest->dropping) return std::optional<Opened>();
  Opened out(reader, account);
  TRY_ASSIGN(out.data_key_, index_key(reader, keyring_, account, *manifest));
  for (const auto& segment : manifest->segments) {
    TRY_ASSIGN(auto directory, directories_.read(reader, out.data_key_, account, segment.number));
    if (directory->emails.size() != segment.emails || directory->first_terms.size() != segment.blocks || directory->emails.back() != segment.last)
      return fail(Errc::corrupt, "the index of words does not check: a directory is not what the manifest says");
    out.pieces_.push_back({segment, std::move(directory)});
  }
  out.manifest_ = std::move(*manifest);
  return std::optional(std::move(out));
}

}  // namespace posthorn::store::search
