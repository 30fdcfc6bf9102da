// imap/server/selected.h - the mailbox a session has selected: its messages as the client knows them, kept up to date from the
// store's change log. The one place that knows sequence numbers (RFC 9051 2.3.1.2, 5.2, 7.5.1).
// Called by the session and the commands that work on messages. Fails with the store's errors; Errc::not_found from news():
// the mailbox itself is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/grammar/quote.h"
#include "imap/grammar/sequence_set.h"
#include "store/store.h"

namespace posthorn::imap {

enum class Access : std::uint8_t { read_only, read_write };
// Whether a command may end with EXPUNGE responses, which change sequence numbers.
enum class Expunges : std::uint8_t { held_back, told };
// How a command and its answers name messages.
enum class Numbers : std::uint8_t { sequence, uid };

// Rows. Reading more takes longer than others on the session's thread should wait: workers do it.
inline constexpr std::size_t read_inline = 10'000;

// How updates are written.
struct UpdateForm {
  const std::vector<std::string>& keywords;
  bool modseq = false;  // CONDSTORE is enabled: UID and MODSEQ too
  QuotedText quoted = QuotedText::ascii;
};

class Selected {
 public:
  static Result<Selected> open(const store::View& view, const store::Mailbox& mailbox, Access access);

  MailboxId id() const { return id_; }
  UidValidity uidvalidity() const { return uidvalidity_; }
  Access access() const { return access_; }
  const std::vector<store::Member>& rows() const { return rows_; }
  std::uint32_t exists() const { return static_cast<std::uint32_t>(rows_.size()); }
  std::optional<std::size_t> find(Uid uid) const;

  // Indices of the rows that a set names, ascending. Errc::invalid: a message number above EXISTS, which is BAD.
  Result<std::vector<std::size_t>> resolve(const SequenceSet& set, Numbers by) const;

  // What others did since the last time: asked for, looked at, then told by EXPUNGE, EXISTS and FETCH responses.
  struct News {
    std::vector<Uid> touched, gone;  // ascending
    bool everything = false;         // the log does not go back so far
    std::size_t rows = 0;            // that look() will read, at most
  };
  Result<News> news(const store::View& view) const;
  Status look(const store::View& view, News news);
  void tell(std::string& out, Expunges expunges, const UpdateForm& form);
  // What this session itself did, so that it is not told again.
  void note(const store::Member& row);

  NumberSet saved;  // UIDs of '$' (rfc:5182)

 private:
  Status look_at_everything(const store::View& view);
  void merge(const store::Member& row);
  void tell_expunged(std::string& out);

  MailboxId id_{};
  UidValidity uidvalidity_{};
  Access access_ = Access::read_only;
  std::vector<store::Member> rows_;  // by UID; row i has sequence number i + 1
  ModSeq seen_{};                    // the account's modseq up to which rows_ is true
  std::vector<Uid> gone_;            // in rows_ but not in the store: not told yet
  std::vector<Uid> changed_;         // flags to tell
  bool grown_ = false;               // EXISTS to tell
};

// "* n FETCH (FLAGS ...)", with UID and MODSEQ if the form says so.
void append_flag_update(std::string& out, std::uint32_t sequence, const store::Member& row, const UpdateForm& form);

}  // namespace posthorn::imap
