// Receipts (RFC 8098): any message is read within bounds, and what was read can be written and is read the same again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/mdn.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(mail::find_mdn(mail::parse(text)));
  const auto mdn = mail::parse_mdn(text);
  if (!mdn) return 0;
  require(mdn->errors.size() <= 100 && mdn->extensions.size() <= 100);
  mail::MdnDraft draft;
  draft.from = "a@b.test";
  draft.to = {"c@d.test"};
  draft.subject = "s";
  draft.text = "t";
  draft.unique = "u";
  draft.host = "h";
  draft.mdn = *mdn;
  const auto written = mail::write_mdn(draft);
  if (!written) return 0;
  const auto again = mail::find_mdn(mail::parse(*written));
  require(again && again->mdn.disposition == mdn->disposition);
  return 0;
}
