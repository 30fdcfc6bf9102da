// What browsers and authenticators say (WebAuthn), before login: no bytes crash a reader; what is taken as a new passkey is of a known kind and
// size; and nothing is taken as signed by a key that nobody has.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "jmap/web/webauthn.h"

namespace {

using namespace posthorn;
using namespace posthorn::jmap;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

// One octet says how much of the rest is the client's data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Ceremony ceremony{"https://a.test", "a.test", "challenge"};
  const std::string good = R"({"type":"webauthn.create","challenge":")" + base64url_encode(ceremony.challenge) + R"(","origin":"https://a.test"})";
  const auto own = all.substr(0, std::min<std::size_t>(data[0], all.size()));
  for (const auto client : {std::string_view(good), own}) {
    const auto made = read_registration(ceremony, client, client.data() == own.data() ? all.substr(own.size()) : all);
    if (!made) continue;
    require(!made->credential.empty() && made->credential.size() <= 1023);
    require((made->key[0] == kind_es256 && made->key.size() == 66) || (made->key[0] == kind_ed25519 && made->key.size() == 33));
  }
  for (const auto kind : {kind_es256, kind_ed25519}) {
    const Passkey known{"id", std::string(1, kind) + std::string(kind == kind_es256 ? 65 : 32, '\4'), 0};
    require(!check_assertion(ceremony, known, own, all, all));
  }
  return 0;
}
