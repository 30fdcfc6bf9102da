// Challenges of a hostile SASL server, a line each: the client never believes a server without its proof, and never sends the password.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "sasl/client.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  if (size < 1) return 0;
  // A high iteration count is honest work that fuzzing has no time for.
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto count = bytes.find("i="); count != bytes.npos && bytes.substr(count).find_first_not_of("0123456789", 2) > 6) return 0;
  const bool bound = (data[0] & 1) != 0;
  const auto client = sasl::make_client({bound ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256"}, {"user", "dog-secret-battery", bound ? "exporter" : "", "nonce"});
  if (!client || !client->step(std::nullopt)) std::abort();
  for (const auto challenge : split(bytes, '\n')) {
    const auto answer = client->step(challenge);
    if (client->finish(challenge) || client->finish(std::nullopt)) std::abort();
    if (!answer) break;
    // The server's nonce comes back in the answer, whatever it is (RFC 5802 section 5.1).
    if (answer->contains("dog-secret-battery") && !bytes.contains("dog-secret-battery")) std::abort();
  }
  return 0;
}
