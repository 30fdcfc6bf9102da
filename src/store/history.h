// store/history.h - what changed in an account since somebody last looked, for JMAP's /changes and /queryChanges (RFC 8620 5.2, 5.6).
// Made of the change log and a View; exact, also for what came and went in between. It walks commit by commit, so a reader who wants
// only so many ids is taken to a state in between, in the middle of a commit if that is a large one.
// Fails with Errc::not_found when the log does not reach back that far, or holds records of before it told enough.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace posthorn::store {

// A JMAP state: all commits up to `seen` are known, and of the next one the first `part` ids. As text "12" or "12-500".
struct Position {
  ModSeq seen{};
  std::uint32_t part = 0;
  bool operator==(const Position&) const = default;
};
std::string text_of(const Position& position);
std::optional<Position> parse_position(std::string_view text);

template <class Id>
struct Delta {
  std::vector<Id> created, updated, destroyed;
  Position until;
  bool more = false;
  bool only_counts = false;  // of mailboxes: nothing but how much is in them
};

class History {
 public:
  static Result<History> read(const View& view, const Position& since);

  Result<Delta<EmailId>> emails(std::size_t most);
  Result<Delta<ThreadId>> threads(std::size_t most);
  Result<Delta<MailboxId>> mailboxes(std::size_t most);
  Result<Delta<ObjectId>> objects(DataType type, std::size_t most);

  // Every Email that any commit touched.
  struct Touched {
    EmailId id{};
    ThreadId thread{};           // 0: it came and went and nobody knows
    bool existed = false;        // when the reader last looked
    bool exists = false;         // now
    bool moved = false;          // its mailboxes are others than then, or it came or went
  };
  Result<std::vector<Touched>> touched();

 private:
  struct Event {
    std::size_t record = 0;
    MailboxId mailbox{};
    Uid uid{};
    enum class Kind : std::uint8_t { added, flagged, expunged } kind{};
    bool was_deleted = false;
    ThreadId thread{};
  };
  struct Now {
    bool there = false;
    ThreadId thread{};
    std::map<std::pair<MailboxId, Uid>, bool> members;  // true: shown
  };
  History(const View& view, Position since) : view_(view), since_(since) {}
  void note(std::size_t record, const Change::Member& member, Event::Kind kind);
  Result<const Now*> now(EmailId id);
  Result<std::vector<MailboxId>> shown_in(EmailId id, std::size_t record);
  Result<bool> existed(EmailId id, std::size_t record);
  Result<ThreadId> thread_of(EmailId id);
  Result<bool> existed(ThreadId id, std::size_t record);
  Result<std::vector<EmailId>> emails_of(ThreadId id);
  std::vector<EmailId> emails_in(std::size_t record) const;
  Result<std::vector<ThreadId>> threads_in(std::size_t record);
  Result<std::vector<MailboxId>> mailboxes_in(std::size_t record);
  template <class Id, class In, class Existed>
  Result<Delta<Id>> walk(std::size_t most, DataType type, In in, Existed existed);

  const View& view_;
  Position since_;
  std::vector<Change> records_;
  std::map<EmailId, std::vector<Event>> events_;
  std::map<ThreadId, std::vector<EmailId>> gone_;  // Emails that were expunged, by their threads
  std::map<EmailId, Now> now_;
  std::map<ThreadId, std::vector<MailboxId>> thread_mailboxes_;
};

}  // namespace posthorn::store
