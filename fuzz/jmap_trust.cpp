// Messages of strangers with List-Unsubscribe, From and Reply-To fields as they like, and what was kept of their arrival: one click is offered only
// where both fields stand once and a signature covers them, and doubts are told as valid text.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "jmap/mail/doubts.h"
#include "jmap/mail/leaving.h"
#include "mail/likeness.h"

namespace {

using namespace posthorn;

std::size_t count(const mail::Message& message, std::string_view name) {
  std::size_t out = 0;
  for (const auto& field : message.root().fields) out += equal_icase(trim(field.name), name) ? 1 : 0;
  return out;
}

}  // namespace

// The message, a NUL, the evidence as JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto end = all.find('\0');
  const auto message = mail::parse(all.substr(0, end));
  boost::system::error_code error;
  const auto evidence = end == all.npos ? boost::json::value() : boost::json::parse(all.substr(end + 1), error);
  const auto* kept = !error && evidence.is_object() ? &evidence.get_object() : nullptr;
  const auto leaving = jmap::leaving_of(message, kept);
  if (leaving.how == jmap::Leaving::How::one_click &&
      (kept == nullptr || leaving.signed_by.empty() || !leaving.url.starts_with("https:") || count(message, "list-unsubscribe") != 1 || count(message, "list-unsubscribe-post") != 1))
    std::abort();
  (void)jmap::leaving_json(leaving);
  const auto known = jmap::Acquaintance{{"blue.test"}, {"ana@example.org"}};
  const boost::json::object nothing;
  for (const auto& doubt : jmap::doubts_json(jmap::doubts_of(message, kept != nullptr ? *kept : nothing, known)))
    if (!is_utf8(doubt.at("shown").as_string()) || !is_utf8(doubt.at("real").as_string())) std::abort();
  if (size < 300 && mail::looks_like(all, all)) std::abort();
  (void)mail::mixes_scripts(all);
  return 0;
}
