// imap/search/keys.cpp - see keys.h.
#include "imap/search/keys.h"

#include <utility>

#include "base/text.h"
#include "store/flags.h"

namespace posthorn::imap {

namespace {

constexpr auto bit(store::SystemFlag flag) {
  return static_cast<std::uint64_t>(std::to_underlying(flag));
}
using enum store::SystemFlag;
using T = SearchTest;
using A = KeyArgument;

constexpr KeyRow rows[] = {
    {"ALL", T::all, Need::row},
    {"ANSWERED", T::flag, Need::row, A::none, bit(answered)},
    {"DELETED", T::flag, Need::row, A::none, bit(deleted)},
    {"DRAFT", T::flag, Need::row, A::none, bit(draft)},
    {"FLAGGED", T::flag, Need::row, A::none, bit(flagged)},
    {"SEEN", T::flag, Need::row, A::none, bit(seen)},
    {"UNANSWERED", T::flag, Need::row, A::none, bit(answered), true},
    {"UNDELETED", T::flag, Need::row, A::none, bit(deleted), true},
    {"UNDRAFT", T::flag, Need::row, A::none, bit(draft), true},
    {"UNFLAGGED", T::flag, Need::row, A::none, bit(flagged), true},
    {"UNSEEN", T::flag, Need::row, A::none, bit(seen), true},
    // rfc:3501#6.4.4. No message is ever \Recent here (rfc:9051 dropped it), so RECENT and NEW find nothing and OLD all.
    {"RECENT", T::none, Need::row},
    {"NEW", T::none, Need::row},
    {"OLD", T::all, Need::row},
    {"KEYWORD", T::keyword, Need::row, A::keyword},
    {"UNKEYWORD", T::keyword, Need::row, A::keyword, 0, true},
    {"UID", T::uid, Need::row, A::set},
    {"MODSEQ", T::modseq, Need::row, A::modseq},
    {"EMAILID", T::email_id, Need::row, A::email_id},
    {"SAVEDBEFORE", T::saved_before, Need::row, A::date},
    {"SAVEDON", T::saved_on, Need::row, A::date},
    {"SAVEDSINCE", T::saved_since, Need::row, A::date},
    {"SAVEDATESUPPORTED", T::all, Need::row},  // rfc:8514#4.3
    {"BEFORE", T::before, Need::email, A::date},
    {"ON", T::on, Need::email, A::date},
    {"SINCE", T::since, Need::email, A::date},
    {"LARGER", T::larger, Need::email, A::number},
    {"SMALLER", T::smaller, Need::email, A::number},
    {"THREADID", T::thread_id, Need::email, A::thread_id},
    {"OLDER", T::older, Need::email, A::nz_number},
    {"YOUNGER", T::younger, Need::email, A::nz_number},
    {"SENTBEFORE", T::sent_before, Need::summary, A::date},
    {"SENTON", T::sent_on, Need::summary, A::date},
    {"SENTSINCE", T::sent_since, Need::summary, A::date},
    {"SUBJECT", T::subject, Need::summary, A::string},
    {"FROM", T::from, Need::summary, A::string},
    {"TO", T::to, Need::summary, A::string},
    {"CC", T::cc, Need::summary, A::string},
    {"BCC", T::bcc, Need::summary, A::string},
    {"HEADER", T::header, Need::message, A::header},
    {"BODY", T::body, Need::message, A::string},
    {"TEXT", T::text, Need::message, A::string},
};

}  // namespace

const KeyRow* find_key(std::string_view name) {
  for (const auto& row : rows)
    if (equal_icase(row.name, name)) return &row;
  return nullptr;
}

}  // namespace posthorn::imap
