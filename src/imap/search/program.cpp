// imap/search/program.cpp - see program.h.
#include "imap/search/program.h"

#include <algorithm>

#include "base/text.h"
#include "store/flags.h"

namespace posthorn::imap {

void SearchProgram::bind(const SearchContext& context) {
  for (auto& key : keys) {
    if (key.test == SearchTest::uid) {
      key.numbers = key.set.resolved(number(context.last_uid));
      if (key.set.saved) key.numbers = context.saved != nullptr ? *context.saved : NumberSet();
    } else if (key.test == SearchTest::sequence) {
      key.numbers = key.set.resolved(context.exists);
    } else if (key.test == SearchTest::keyword) {
      key.bit.reset();
      if (context.keywords == nullptr) continue;
      const auto& names = *context.keywords;
      const auto at = std::find_if(names.begin(), names.end(), [&](const auto& name) { return equal_icase(name, key.name); });
      if (at != names.end()) key.bit = store::first_keyword_bit + static_cast<unsigned>(at - names.begin());
    } else if (key.test == SearchTest::older || key.test == SearchTest::younger) {
      key.limit = context.now - std::chrono::seconds(key.number);
    }
  }
}

bool SearchProgram::uses(SearchTest test) const {
  return std::any_of(keys.begin(), keys.end(), [&](const SearchKey& key) { return key.test == test; });
}

}  // namespace posthorn::imap
