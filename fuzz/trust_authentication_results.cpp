// Authentication-Results: what is read can be written, and reads the same again; what is written is one header field; a message
// from which forged ones were removed has none in our name left, by our own reader, and loses nothing when done again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "trust/authentication_results.h"

namespace {

constexpr std::string_view ours = "mx.posthorn.test";

void check_message(std::string_view bytes) {
  using namespace posthorn;
  const auto clean = trust::without_forged_results(bytes, ours);
  if (clean.size() > bytes.size()) std::abort();
  if (trust::without_forged_results(clean, ours) != clean) std::abort();
  const auto message = mail::parse(clean);
  for (const auto& field : message.root().fields) {
    if (!equal_icase(field.name, "Authentication-Results")) continue;
    const auto results = trust::parse_authentication_results(mail::unfolded(field.value));
    if (results && equal_icase(results->authserv_id, ours)) std::abort();
    if (!results && contains_icase(field.value, ";mx.posthorn.test;")) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_message(text);
  check_message("Authentication-Results: " + std::string(text));
  const auto parsed = trust::parse_authentication_results(text);
  if (!parsed) return 0;
  const auto field = trust::wire(*parsed);
  const auto bytes = field + "\r\n";
  const auto message = mail::parse(bytes);
  if (message.root().fields.size() != 1 || message.ambiguities != 0) std::abort();
  for (const auto line : split(field, '\n'))
    if (line.size() > 998) std::abort();
  const auto again = trust::parse_authentication_results(message.root().fields[0].value);
  if (!again || trust::wire(*again) != field) std::abort();
  return 0;
}
