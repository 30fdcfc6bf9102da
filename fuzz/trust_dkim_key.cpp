// A key record of strangers, for every kind of signature. A key comes out only within the limits and only where the record says
// nothing against it; white space around tags and one more unknown tag change nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/dkim/key_record.h"
#include "trust/dkim/tag_list.h"

using namespace posthorn;
using namespace posthorn::trust::dkim;

namespace {

void expect_whole(const KeyFound& found, const Limits& limits) {
  if (found.key.has_value() != (found.fault == Fault::none) || found.key.has_value() != found.reason.empty()) std::abort();
  if (std::ranges::any_of(found.reason, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) std::abort();
  if (!found.key) return;
  if (found.key->kind() == crypto::KeyKind::rsa && (found.bits < limits.rsa_min || found.bits > limits.rsa_max)) std::abort();
  if (found.key->bits() != found.bits) std::abort();
  (void)found.key->verify(std::string(32, 'd'), "no signature");  // any key that is taken can be used
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  Limits old;
  old.rsa_min = 0;
  old.rsa_max = 16384;
  int kinds = 0;
  for (const auto kind : {crypto::KeyKind::rsa, crypto::KeyKind::ed25519}) {
    bool any = false;
    for (const auto digest : {crypto::Digest::sha256, crypto::Digest::sha1})
      for (const auto identity : {IdentityDomain::same, IdentityDomain::below}) {
        const KeyWanted wanted{kind, digest, identity};
        const auto strict = read_key(record, wanted, {}), loose = read_key(record, wanted, old);
        expect_whole(strict, {});
        expect_whole(loose, old);
        if (strict.key && !loose.key) std::abort();
        any |= loose.key.has_value();
        if (size + 20 > Limits{}.key_record || !parse_tag_list(record)) continue;
        const auto last = trim_fws(record);
        const auto spaced =
            read_key(" \r\n\t" + std::string(record) + (last.ends_with(';') ? " zz9=\t1 ;" : ";zz9 =1"), wanted, {});
        const auto list = parse_tag_list(record);
        if (!list->find("zz9") && list->tags.size() < 64 && spaced.reason != strict.reason) std::abort();
      }
    kinds += any ? 1 : 0;
    dns::Answer answer;
    answer.outcome = dns::Outcome::found;
    answer.records = {dns::Txt{std::string(record)}, dns::Txt{""}};
    if (choose_key(answer, {kind, crypto::Digest::sha256, IdentityDomain::same}, {}).key.has_value() !=
        read_key(record, {kind, crypto::Digest::sha256, IdentityDomain::same}, {}).key.has_value())
      std::abort();
  }
  if (kinds > 1) std::abort();  // one record is a key of one kind
  return 0;
}
