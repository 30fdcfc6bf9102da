// jmap/mail/index_hits.h - what the index of words says of the conditions of a filter about text, so that a query reads mail only where
// the index does not know: what came since, phrases, fields that it does not keep.
#pragma once

#include <optional>
#include <vector>

#include "jmap/core/method.h"
#include "jmap/mail/email_filter.h"

namespace posthorn::jmap {

class IndexHits {
 public:
  // An index that cannot be read says nothing, and the log gets it.
  static IndexHits look(const Call& call, const store::View& view, const EmailFilter& filter);
  // Of each condition; empty if it says nothing at all.
  std::span<const store::search::Says> of(EmailId id);

 private:
  struct One {
    std::optional<store::search::Hits> hits;
    bool negated = false;  // the condition is that it is not so
  };
  std::vector<One> conditions_;
  std::vector<store::search::Says> says_;
};

}  // namespace posthorn::jmap
