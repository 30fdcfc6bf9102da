// imap/search/evaluate.cpp - see evaluate.h. Kleene's three-valued logic: what is unknown decides nothing, and an unknown that
// another operand decides over is never asked for.
#include "imap/search/evaluate.h"

#include <algorithm>

#include "mail/fold.h"
#include "imap/search/message_text.h"
#include "mail/text.h"

namespace posthorn::imap {

namespace {

using Is = SearchAnswer::Is;
using Kind = SearchStep::Kind;

SearchAnswer answer(bool value) {
  return {value ? Is::yes : Is::no, Need::row};
}

SearchAnswer join(SearchAnswer a, SearchAnswer b, Is deciding) {
  if (a.is == deciding || b.is == deciding) return {deciding, Need::row};
  if (a.is == Is::need && b.is == Is::need) return {Is::need, std::min(a.need, b.need)};
  return a.is == Is::need ? a : b;
}

SearchAnswer negated(SearchAnswer a) {
  if (a.is == Is::need) return a;
  return answer(a.is == Is::no);
}

// rfc:9051#6.4.4: dates compare without time and zone; the store's are in UTC.
Day day_of(WallTime time) {
  return std::chrono::floor<std::chrono::days>(time);
}

bool row_matches(const SearchKey& key, const SearchData& data) {
  const auto& member = data.member;
  switch (key.test) {
    case SearchTest::all: return true;
    case SearchTest::flag: return member.flags.has(static_cast<unsigned>(key.number));
    case SearchTest::keyword: return key.bit && *key.bit < store::flag_bits && member.flags.has(*key.bit);
    case SearchTest::uid: return key.numbers.contains(number(member.uid));
    case SearchTest::sequence: return key.numbers.contains(data.sequence);
    case SearchTest::modseq: return number(member.modseq) >= key.number;
    case SearchTest::email_id: return number(member.email) == key.number;
    case SearchTest::saved_before: return day_of(member.saved) < key.day;
    case SearchTest::saved_on: return day_of(member.saved) == key.day;
    case SearchTest::saved_since: return day_of(member.saved) >= key.day;
    default: return false;  // none
  }
}

bool email_matches(const SearchKey& key, const store::Email& email) {
  switch (key.test) {
    case SearchTest::before: return day_of(email.received) < key.day;
    case SearchTest::on: return day_of(email.received) == key.day;
    case SearchTest::since: return day_of(email.received) >= key.day;
    case SearchTest::larger: return email.size > key.number;
    case SearchTest::smaller: return email.size < key.number;
    case SearchTest::thread_id: return number(email.thread) == key.number;
    case SearchTest::older: return email.received <= key.limit;  // rfc:5032#3
    case SearchTest::younger: return email.received >= key.limit;
    default: return false;
  }
}

// As a person reads them: decoded names, then the address.
std::string text_of(const std::vector<mail::HeaderAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) {
    if (address.kind == mail::HeaderAddress::Kind::group_end) continue;
    text += mail::decode_words(address.name);
    if (address.kind == mail::HeaderAddress::Kind::mailbox) {
      text.append(" <").append(address.local);
      if (!address.domain.empty()) text.append("@").append(address.domain);
      text += '>';
    }
    text += ", ";
  }
  return text;
}

bool addresses_match(const SearchKey& key, const std::vector<mail::HeaderAddress>& addresses) {
  // An empty string asks whether there is such a field at all, as for HEADER.
  return !addresses.empty() && mail::contains(mail::folded(text_of(addresses)), key.text);
}

std::optional<Day> sent_day(const mail::Summary& summary) {
  if (!summary.sent) return std::nullopt;
  const auto local =
      std::chrono::sys_seconds(std::chrono::seconds(*summary.sent)) + std::chrono::minutes(summary.sent_zone_minutes);
  return std::chrono::floor<std::chrono::days>(local);
}

bool summary_matches(const SearchKey& key, const mail::Summary& summary) {
  const auto& envelope = summary.envelope;
  switch (key.test) {
    // A message without a readable Date is sent neither before nor on nor since any day.
    case SearchTest::sent_before: return sent_day(summary) && *sent_day(summary) < key.day;
    case SearchTest::sent_on: return sent_day(summary) == key.day;
    case SearchTest::sent_since: return sent_day(summary) && *sent_day(summary) >= key.day;
    case SearchTest::subject: return envelope.subject && mail::contains(mail::folded(summary.subject), key.text);
    case SearchTest::from: return addresses_match(key, envelope.from);
    case SearchTest::to: return addresses_match(key, envelope.to);
    case SearchTest::cc: return addresses_match(key, envelope.cc);
    case SearchTest::bcc: return addresses_match(key, envelope.bcc);
    case SearchTest::envelope_header: {
      const auto& field = key.name == "message-id" ? envelope.message_id : envelope.in_reply_to;
      return field && mail::contains(mail::folded(*field), key.text);
    }
    default: return false;
  }
}

class Machine {
 public:
  Machine(const SearchProgram& program, const SearchData& data)
      : program_(program), data_(data), text_(program, data.message.value_or(std::string_view())) {}

  SearchAnswer run() {
    for (std::size_t at = 0; at < program_.steps.size(); ++at) at += step(program_.steps[at]);
    return stack_.empty() ? answer(true) : stack_.back();
  }

 private:
  // How many steps to skip.
  std::size_t step(const SearchStep& step) {
    switch (step.kind) {
      case Kind::key: stack_.push_back(key(step.operand)); return 0;
      case Kind::negate: stack_.back() = negated(stack_.back()); return 0;
      case Kind::both: join_two(Is::no); return 0;
      case Kind::either: join_two(Is::yes); return 0;
      case Kind::jump_if_no: return stack_.back().is == Is::no ? step.operand : 0;
      case Kind::jump_if_yes: return stack_.back().is == Is::yes ? step.operand : 0;
    }
    return 0;
  }

  void join_two(Is deciding) {
    const auto right = stack_.back();
    stack_.pop_back();
    stack_.back() = join(stack_.back(), right, deciding);
  }

  SearchAnswer key(std::size_t index) {
    const auto& key = program_.keys[index];
    switch (key.need) {
      case Need::row: return answer(row_matches(key, data_));
      case Need::email:
        if (data_.email != nullptr) return answer(email_matches(key, *data_.email));
        break;
      case Need::summary:
        if (data_.summary != nullptr) return answer(summary_matches(key, *data_.summary));
        break;
      case Need::message:
        if (data_.message) return answer(text_.matches(index));
        break;
    }
    return {Is::need, key.need};
  }

  const SearchProgram& program_;
  const SearchData& data_;
  MessageText text_;
  std::vector<SearchAnswer> stack_;
};

}  // namespace

SearchAnswer evaluate(const SearchProgram& program, const SearchData& data) {
  return Machine(program, data).run();
}

}  // namespace posthorn::imap
