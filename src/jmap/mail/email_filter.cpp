#include "jmap/mail/email_filter.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "base/text.h"
#include "jmap/mail/evidence.h"
#include "mail/fold.h"
#include "mail/parameters.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using T = EmailTest;
using Is = EmailFilter::Is;
using store::search::Says;

Is of(bool value) { return value ? Is::yes : Is::no; }

std::vector<const mail::Phrase*> pointers_to(const std::vector<mail::Phrase>& phrases) {
  std::vector<const mail::Phrase*> out;
  for (const auto& one : phrases) out.push_back(&one);
  return out;
}

bool has_all(std::string_view text, const std::vector<mail::Phrase>& phrases) {
  auto open = pointers_to(phrases);
  mail::cross_off(open, mail::folded(text));
  return open.empty();
}

bool flagged(const store::Catalog::Row& row, const EmailCondition& c) { return c.bit && row.keywords.has(*c.bit); }

Is thread_matches(const EmailCondition& c, const EmailFilter::Data& data) {
  bool all = true, some = false;
  data.catalog.each_in_thread(data.row.thread, [&](const store::Catalog::Row& row) {
    const bool has = flagged(row, c);
    all = all && has;
    some = some || has;
  });
  if (c.test == T::all_in_thread_have_keyword) return of(all);
  return of(c.test == T::some_in_thread_have_keyword ? some : !some);
}

Is row_matches(const EmailCondition& c, const EmailFilter::Data& data) {
  const auto& row = data.row;
  const auto received = static_cast<std::int64_t>(c.number);
  switch (c.test) {
    case T::in_mailbox: return of(row.is_in(c.mailboxes.front()));
    case T::in_mailbox_other_than: return of(std::ranges::any_of(row.mailboxes, [&c](MailboxId id) { return std::ranges::find(c.mailboxes, id) == c.mailboxes.end(); }));
    case T::before: return of(row.received.time_since_epoch().count() < received);
    case T::after: return of(row.received.time_since_epoch().count() >= received);
    case T::min_size: return of(row.size >= c.number);
    case T::max_size: return of(row.size < c.number);
    case T::has_keyword: return of(flagged(row, c));
    case T::not_keyword: return of(!flagged(row, c));
    case T::all_in_thread_have_keyword:
    case T::some_in_thread_have_keyword:
    case T::none_in_thread_have_keyword: return thread_matches(c, data);
    default: return Is::no;
  }
}

Is evidence_matches(const EmailCondition& c, const json::object& evidence) {
  if (c.test == T::altered) {
    const auto altered = was_altered(evidence);
    return of(altered && *altered == c.flag);
  }
  if (c.test == T::country) return of(!c.name.empty() && country_in(evidence) == c.name);
  const auto* tls = evidence.if_contains("tls");
  return of(tls != nullptr && tls->is_object() == c.flag);
}

Is summary_matches(const EmailCondition& c, const mail::Summary& summary) {
  const auto& envelope = summary.envelope;
  const auto in = [&c](const std::vector<mail::HeaderAddress>& list) { return of(has_all(mail::addresses_text(list), c.phrases)); };
  switch (c.test) {
    case T::has_attachment: return of(summary.has_attachment == c.flag);
    case T::from: return in(envelope.from);
    case T::to: return in(envelope.to);
    case T::cc: return in(envelope.cc);
    case T::bcc: return in(envelope.bcc);
    case T::attachment_name: return of(std::ranges::any_of(summary.structure, [&c](const mail::StructurePart& part) {
      const auto name = mail::file_name(part.disposition_parameters, part.parameters);
      return !name.empty() && has_all(name, c.phrases);
    }));
    default: return of(has_all(summary.subject, c.phrases));
  }
}

bool header_matches(const EmailCondition& c, const mail::Message& message) {
  return std::ranges::any_of(message.root().fields, [&c](const mail::HeaderField& field) {
    return equal_icase(trim(field.name), c.name) && has_all(mail::field_text(field), c.phrases);
  });
}

Is words_match(const EmailCondition& c, const EmailFilter::Data& data) {
  auto open = pointers_to(c.phrases);
  if (c.test == T::text) {
    if (data.summary == nullptr) return Is::needs_summary;
    const auto& e = data.summary->envelope;
    for (const auto* list : {&e.from, &e.to, &e.cc, &e.bcc}) mail::cross_off(open, mail::folded(mail::addresses_text(*list)));
    mail::cross_off(open, mail::folded(data.summary->subject));
  }
  if (open.empty()) return Is::yes;
  if (data.message == nullptr) return Is::needs_message;
  const auto message = mail::parse(*data.message);
  mail::each_body_text(message, [&open](std::string_view text) {
    mail::cross_off(open, mail::folded(text));
    return !open.empty();
  });
  return of(open.empty());
}

Is condition_matches(const EmailCondition& c, const EmailFilter::Data& data) {
  if (c.test == T::text || c.test == T::body) return words_match(c, data);
  if (c.test == T::header) {
    if (data.message == nullptr) return Is::needs_message;
    return of(header_matches(c, mail::parse(*data.message)));
  }
  if (c.test >= T::arrived_encrypted) return data.evidence == nullptr ? Is::needs_evidence : evidence_matches(c, *data.evidence);
  if (c.test >= T::has_attachment) return data.summary == nullptr ? Is::needs_summary : summary_matches(c, *data.summary);
  return row_matches(c, data);
}

bool known(Is is) { return is == Is::yes || is == Is::no; }

Is join(Is a, Is b, Is deciding) {
  if (a == deciding || b == deciding) return deciding;
  if (!known(a) && !known(b)) return std::min(a, b);
  return known(a) ? b : a;
}

}  // namespace

void EmailFilter::bind(const store::Keywords& keywords) {
  for (auto& one : conditions_)
    if (one.test >= EmailTest::all_in_thread_have_keyword && one.test <= EmailTest::not_keyword) one.bit = keywords.bit(one.name);
}

std::optional<MailboxId> EmailFilter::only_in() const {
  if (!conjunction_) return std::nullopt;
  const auto found = std::ranges::find(conditions_, EmailTest::in_mailbox, &EmailCondition::test);
  if (found == conditions_.end()) return std::nullopt;
  return found->mailboxes.front();
}

bool EmailFilter::uses(EmailTest test) const { return std::ranges::find(conditions_, test, &EmailCondition::test) != conditions_.end(); }

bool EmailFilter::uses_threads() const {
  return uses(EmailTest::all_in_thread_have_keyword) || uses(EmailTest::some_in_thread_have_keyword) || uses(EmailTest::none_in_thread_have_keyword);
}

bool EmailFilter::uses_keywords() const { return uses_threads() || uses(EmailTest::has_keyword) || uses(EmailTest::not_keyword); }

FilterNeed EmailFilter::need() const {
  auto most = FilterNeed::row;
  for (const auto& one : conditions_) most = std::max(most, one.test >= EmailTest::text ? FilterNeed::message : one.test >= EmailTest::has_attachment ? FilterNeed::summary : FilterNeed::row);
  return most;
}

EmailFilter::Is EmailFilter::evaluate(const Data& data) const {
  if (steps_.empty()) return Is::yes;
  boost::container::small_vector<Is, 16> stack;
  for (const auto& step : steps_) {
    switch (step.kind) {
      case Kind::condition: {
        const auto says = data.says.empty() ? Says::nothing : data.says[step.operand];
        stack.push_back(says == Says::nothing ? condition_matches(conditions_[step.operand], data) : of(says == Says::yes));
        break;
      }
      case Kind::yes: stack.push_back(Is::yes); break;
      case Kind::no: stack.push_back(Is::no); break;
      case Kind::negate:
        if (known(stack.back())) stack.back() = of(stack.back() == Is::no);
        break;
      case Kind::both:
      case Kind::either: {
        const auto top = stack.back();
        stack.pop_back();
        stack.back() = join(stack.back(), top, step.kind == Kind::both ? Is::no : Is::yes);
        break;
      }
    }
  }
  return stack.back();
}

}  // namespace posthorn::jmap
