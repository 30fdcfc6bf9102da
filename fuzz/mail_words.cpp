// The words of a text: they lie in order within it, are cut as promised, and what is taken out of a text is found in it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/fold.h"
#include "mail/words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto folded = mail::folded(text);
  mail::Words words(folded);
  const char* last = folded.data();
  std::size_t count = 0;
  while (const auto word = words.next()) {
    if (word->empty() || word->size() > mail::longest_word || word->data() < last || word->data() + word->size() > folded.data() + folded.size()) std::abort();
    if (!is_utf8(*word)) std::abort();
    last = word->data();
    // Each word is found whole, and by its beginning.
    if (++count <= 20) {
      mail::Phrase whole{{std::string(*word)}, false};
      if (!mail::stands_in(folded, whole)) std::abort();
    }
  }
  // The text finds itself.
  const auto phrase = mail::Phrase::of(folded, size % 2 == 0);
  if (phrase.words.size() > mail::longest_phrase || !mail::stands_in(folded, phrase)) std::abort();
  std::vector<const mail::Phrase*> open{&phrase};
  mail::cross_off(open, folded);
  if (!open.empty()) std::abort();
  return 0;
}
