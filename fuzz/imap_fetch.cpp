// Fuzzes FETCH: the items up to the first line feed, the message behind it. No crash; a response is one well-formed value;
// HEADER and TEXT together are the message.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "imap/fetch/respond.h"
#include "imap/grammar/tokens.h"
#include "mail/summary.h"

namespace {

using namespace posthorn;
using namespace posthorn::imap;

std::string response(std::string_view items, const FetchData& data) {
  Cursor in(items);
  const auto request = parse_fetch(in, FetchBy::uid);
  std::string out;
  if (!request || !append_fetch(out, *request, data)) return {};
  return out;
}

void check(const std::string& line) {
  if (line.empty()) return;
  Cursor in(line);
  GrammarLimits limits;
  limits.depth = 10'000;
  if (!in.take("* 1 FETCH ") || !skip_value(in, limits) || in.rest() != "\r\n") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  const auto split = std::min(input.find('\n'), size);
  const auto items = std::string_view(input).substr(0, split);
  const auto message = std::string_view(input).substr(std::min(split + 1, size));
  const store::Member member;
  const store::Email email;
  const std::vector<std::string> keywords;
  const auto summary = mail::summarize(mail::parse(message));
  const FetchData all{
      .sequence = 1, .member = member, .keywords = keywords, .email = &email, .summary = &summary, .message = message};
  check(response(items, all));
  check(response("(ENVELOPE BODY BODYSTRUCTURE PREVIEW BODY[1.MIME] BODY[1.1] BODY[HEADER.FIELDS (A)] BINARY[1])", all));
  const auto length = [&](std::string_view section) {
    const auto line = response(section, all);
    Cursor in(line);
    in.take_while([](char c) { return c != '{'; });
    in.take('{');
    return in.take_number().value_or(0);
  };
  if (length("BODY[HEADER]") + length("BODY[TEXT]") != message.size()) std::abort();
  return 0;
}
