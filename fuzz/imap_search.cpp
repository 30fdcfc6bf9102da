// Fuzzes SEARCH: the keys up to the first NUL, the message behind it. No crash; each question is for dearer data than was there;
// with all data there is an answer, and it is the one found with less.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "imap/search/evaluate.h"
#include "imap/search/parse.h"
#include "mail/summary.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  using namespace posthorn::imap;
  const std::string input(data, data + size);
  const auto split = std::min(input.find('\0'), size);
  const auto message = std::string_view(input).substr(std::min(split + 1, size));
  Cursor in(std::string_view(input).substr(0, split));
  auto request = parse_search(in);
  if (!request) return 0;
  const std::vector<std::string> keywords = {"work"};
  request->program.bind({.exists = 3, .last_uid = Uid{9}, .saved = nullptr, .keywords = &keywords, .now = {}});
  const auto summary = mail::summarize(mail::parse(message));
  const store::Member member{.uid = Uid{9}, .email = EmailId{1}, .modseq = ModSeq{4}, .flags = {}, .saved = {}};
  const store::Email email;
  SearchAnswer decided{SearchAnswer::Is::need, Need::row};
  for (const auto have : {Need::row, Need::email, Need::summary, Need::message}) {
    SearchData known{.sequence = 2, .member = member};
    if (have >= Need::email) known.email = &email;
    if (have >= Need::summary) known.summary = &summary;
    if (have >= Need::message) known.message = message;
    const auto answer = evaluate(request->program, known);
    if (answer.is == SearchAnswer::Is::need && answer.need <= have) std::abort();
    if (decided.is != SearchAnswer::Is::need && answer != decided) std::abort();
    decided = answer;
  }
  if (decided.is == SearchAnswer::Is::need) std::abort();
  return 0;
}
