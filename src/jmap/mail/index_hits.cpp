#include "jmap/mail/index_hits.h"

#include <array>

#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

using store::search::Field;
using store::search::Hits;
using store::search::Says;

// Each costs a bit for every Email of the account; what is more is decided by reading.
constexpr std::size_t most_looked_up = 32;
constexpr std::array<Field, 6> everywhere = {Field::from, Field::to, Field::cc, Field::bcc, Field::subject, Field::body};

std::span<const Field> fields_of(EmailTest test) {
  const auto one = [](std::size_t at) { return std::span(everywhere).subspan(at, 1); };
  switch (test) {
    case EmailTest::from: return one(0);
    case EmailTest::to: return one(1);
    case EmailTest::cc: return one(2);
    case EmailTest::bcc: return one(3);
    case EmailTest::subject: return one(4);
    case EmailTest::body: return one(5);
    default: return everywhere;
  }
}

Result<std::optional<Hits>> look_up(const store::search::Opened& index, const EmailCondition& c) {
  if (c.test < EmailTest::has_attachment || c.test == EmailTest::attachment_name || c.test >= EmailTest::arrived_encrypted) return std::optional<Hits>();
  if (c.test == EmailTest::header) return index.headers(c.name, c.phrases);
  if (c.test == EmailTest::has_attachment) {
    TRY_ASSIGN(auto hits, index.attachments());
    return std::optional(std::move(hits));
  }
  TRY_ASSIGN(auto hits, index.texts(fields_of(c.test), c.phrases));
  return std::optional(std::move(hits));
}

}  // namespace

IndexHits IndexHits::look(const Call& call, const store::View& view, const EmailFilter& filter) {
  IndexHits out;
  if (call.services.words == nullptr || filter.need() == FilterNeed::row) return out;
  const auto index = call.services.words->open(view.reader(), call.account());
  if (!index) log_fault(call, "Email/query", index.error());
  if (!index || !*index) return out;
  std::size_t looked_up = 0;
  for (const auto& condition : filter.conditions()) {
    auto& one = out.conditions_.emplace_back();
    if (condition.test < EmailTest::has_attachment || ++looked_up > most_looked_up) continue;
    auto found = look_up(**index, condition);
    if (!found) {
      log_fault(call, "Email/query", found.error());
      return IndexHits();
    }
    one.hits = std::move(*found);
    one.negated = condition.test == EmailTest::has_attachment && !condition.flag;
  }
  out.says_.resize(out.conditions_.size());
  return out;
}

std::span<const Says> IndexHits::of(EmailId id) {
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const auto& one = conditions_[i];
    says_[i] = one.hits ? one.hits->says(id) : Says::nothing;
    if (one.negated && says_[i] != Says::nothing) says_[i] = says_[i] == Says::yes ? Says::no : Says::yes;
  }
  return says_;
}

}  // namespace posthorn::jmap
