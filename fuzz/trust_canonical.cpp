// Canonical forms: however the body is cut the output is the same, and what is canonical stays as it is. The first byte cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/dkim/canonical.h"

using namespace posthorn;
using namespace posthorn::trust::dkim;

namespace {

class Text final : public Sink {
 public:
  void take(std::string_view bytes) override { text += bytes; }
  std::string text;
};

std::string canonical(Canonical form, std::string_view body, std::size_t piece) {
  Text sink;
  BodyCanonicaliser out(form, sink);
  for (std::size_t at = 0; at < body.size(); at += piece) out.write(body.substr(at, piece));
  out.finish();
  return sink.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const auto form : {Canonical::simple, Canonical::relaxed}) {
    const auto whole = canonical(form, body, body.size() + 1);
    if (canonical(form, body, 1U + data[0] % 100U) != whole) std::abort();
    if (canonical(form, whole, whole.size() + 1) != whole) std::abort();
    if (!whole.empty() && !whole.ends_with("\r\n")) std::abort();
    const auto digest = body_digest(form, crypto::Digest::sha256, body);
    crypto::Hasher hasher;
    hasher.write(whole);
    if (digest.length != whole.size() || digest.hash != hasher.finish()) std::abort();
    const auto message = mail::parse(body);
    for (const auto& field : message.root().fields) {
      std::string once, twice;
      append_field(form, field, once);
      const auto colon = once.find(':');
      const std::string_view view = once;
      append_field(form, {view.substr(0, field.name.size()), view.substr(colon + 1, view.size() - colon - 3), view}, twice);
      if (once != twice) std::abort();
    }
  }
  return 0;
}
