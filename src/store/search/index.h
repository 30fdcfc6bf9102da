// store/search/index.h - which Emails of an account hold words, by the index of words and without reading mail. Derived from the mail
// (search/indexer.h); it may be behind, and says up to where it knows. Reads only; on workers.
// Errors: corrupt: the index does not check. Whoever asked goes on without it.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/keyring.h"
#include "mail/words.h"
#include "store/search/rows.h"
#include "store/search/terms.h"

namespace posthorn::store::search {

// A set of Emails by their ids.
class EmailSet {
 public:
  explicit EmailSet(EmailId until) : bits_(number(until) / 64 + 1) {}
  void add(EmailId id) { bits_[number(id) / 64] |= std::uint64_t{1} << number(id) % 64; }
  bool has(EmailId id) const { return number(id) / 64 < bits_.size() && (bits_[number(id) / 64] >> number(id) % 64 & 1) != 0; }
  void keep_those_in(const EmailSet& other);
  void add_all(const EmailSet& other);

 private:
  std::vector<std::uint64_t> bits_;
};

enum class Says : std::uint8_t { nothing, no, yes };

// What the index knows of one condition. `exact`: those in the set match; else they may.
struct Hits {
  EmailId until{};
  EmailSet emails;
  bool exact = true;
  Says says(EmailId id) const {
    if (id >= until) return Says::nothing;
    if (!emails.has(id)) return Says::no;
    return exact ? Says::yes : Says::nothing;
  }
};

// The directories of the segments that were asked for lately. Any thread.
class Directories {
 public:
  explicit Directories(std::size_t budget = 64u << 20) : budget_(budget) {}
  Result<std::shared_ptr<const Directory>> read(const Reader& reader, std::string_view data_key, AccountId account, std::uint32_t segment);

 private:
  struct Slot {
    AccountId account{};
    std::uint32_t segment = 0;
    std::string data_key;
    std::shared_ptr<const Directory> directory;
  };
  std::size_t budget_, bytes_ = 0;
  std::mutex mutex_;
  std::list<Slot> slots_;  // last used first
};

// An account's index as of a Reader, which must outlive it.
class Opened {
 public:
  EmailId until() const { return manifest_.until; }
  // Each phrase stands in one of the fields.
  Result<Hits> texts(std::span<const Field> fields, std::span<const mail::Phrase> phrases) const;
  // A field of this name holds all the phrases. Nothing: the index does not know.
  Result<std::optional<Hits>> headers(std::string_view name, std::span<const mail::Phrase> phrases) const;
  Result<Hits> attachments() const;

 private:
  friend class Index;
  struct Piece {
    Segment segment;
    std::shared_ptr<const Directory> directory;
  };
  Opened(const Reader& reader, AccountId account) : reader_(reader), account_(account) {}
  Hits none() const { return {manifest_.until, EmailSet(manifest_.until), true}; }
  Status add_term(EmailSet& to, std::string_view term, Match match) const;
  using TermOf = std::function<std::string(std::string_view word)>;
  Result<EmailSet> with_words(const mail::Phrase& phrase, const TermOf& term_of) const;

  const Reader& reader_;
  AccountId account_;
  Manifest manifest_;
  std::string data_key_;
  std::vector<Piece> pieces_;
};

class Index {
 public:
  explicit Index(const crypto::Keyring& keyring) : keyring_(keyring) {}
  // Nothing: the account has no index yet.
  Result<std::optional<Opened>> open(const Reader& reader, AccountId account) const;

 private:
  const crypto::Keyring& keyring_;
  mutable Directories directories_;
};

// The account's key for its index, unwrapped.
Result<std::string> index_key(const Reader& reader, const crypto::Keyring& keyring, AccountId account, const Manifest& manifest);

// posthorn verify: says what of the account's index does not agree with itself and its Emails.
Status check_index(const Reader& reader, const crypto::Keyring& keyring, AccountId account, const std::function<void(std::string)>& problem);

}  // namespace posthorn::store::search
