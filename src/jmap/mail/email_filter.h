// jmap/mail/email_filter.h - the filters of Email/query (RFC 8621 4.4.1) as a flat program over Kleene's three-valued logic: what is
// unknown decides nothing, and a part of a message that something cheaper decides over is never asked for. Pure.
// Security: filters come from clients: bounded by Limits, compiled and run without recursion; matching is linear in the text.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/message.h"
#include "mail/search_text.h"
#include "mail/summary.h"
#include "mail/words.h"
#include "store/catalog.h"
#include "store/search/index.h"

namespace posthorn::jmap {

struct FilterLimits {
  std::size_t conditions = 500;  // properties of all conditions together
  std::size_t depth = 32;
  std::size_t text = 2'000;      // octets of one string
  std::size_t words = 64;        // of one string; mail/words.h says what a word is
};

enum class EmailTest : std::uint8_t {
  none,  // never matches: a mailbox that is not there
  in_mailbox, in_mailbox_other_than, before, after, min_size, max_size,
  all_in_thread_have_keyword, some_in_thread_have_keyword, none_in_thread_have_keyword, has_keyword, not_keyword,
  has_attachment, from, to, cc, bcc, subject, attachment_name,  // summary
  text, body, header,                                           // message
  // Ours: what the evidence says that was kept when it came. Of what came without, neither is true.
  arrived_encrypted, altered, country,
};

struct EmailCondition {
  EmailTest test{};
  std::vector<MailboxId> mailboxes;
  std::uint64_t number = 0;           // size, or milliseconds since 1970
  bool flag = false;                  // of has_attachment, arrived_encrypted, altered
  std::string name;                   // keyword in IMAP's spelling, header field, or country
  std::vector<mail::Phrase> phrases;  // all must be there
  std::optional<unsigned> bit;        // of the keyword, by bind()
};

// What a filter looks at, cheapest first.
enum class FilterNeed : std::uint8_t { row, summary, message };

class EmailFilter {
 public:
  // Errors: invalid: it is no filter (invalidArguments); unsupported: a condition we do not know; too_big: over a limit.
  static Result<EmailFilter> parse(const boost::json::value& json, const FilterLimits& limits = {});

  void bind(const store::Keywords& keywords);
  // A mailbox that all matches are in, if the filter says so outright.
  std::optional<MailboxId> only_in() const;
  // Nothing but that mailbox is asked for, or nothing at all.
  bool is_plain() const { return steps_.empty() || (conditions_.size() == 1 && conditions_[0].test == EmailTest::in_mailbox); }
  bool uses(EmailTest test) const;
  FilterNeed need() const;
  bool uses_threads() const;
  bool uses_keywords() const;
  const std::vector<EmailCondition>& conditions() const { return conditions_; }

  enum class Is : std::uint8_t { no, yes, needs_summary, needs_evidence, needs_message };
  struct Data {
    const store::Catalog& catalog;
    const store::Catalog::Row& row;
    const mail::Summary* summary = nullptr;
    const std::string* message = nullptr;
    const boost::json::object* evidence = nullptr;  // empty: there is none
    std::span<const store::search::Says> says{};  // of each condition, what the index of words says; empty: nothing
  };
  Is evaluate(const Data& data) const;

 private:
  enum class Kind : std::uint8_t { condition, both, either, negate, yes, no };
  struct Step {
    Kind kind{};
    std::uint32_t operand = 0;
  };
  struct Parser;

  std::vector<EmailCondition> conditions_;
  std::vector<Step> steps_;  // postfix; empty: everything
  bool conjunction_ = true;  // all conditions must match: no operator but AND
};

// "two words" and 'so on' are phrases of whole words; the rest is parted at white space, and its words may go on (RFC 8621 4.4.1).
std::vector<mail::Phrase> search_phrases(std::string_view text);

}  // namespace posthorn::jmap
