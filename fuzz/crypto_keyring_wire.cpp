// Messages to and from the keyring's process (attacks.md F24): what is read is written to the same bytes, each within its bounds; a keyring
// answers every request that decodes with an answer that decodes, and never with a key it should keep.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "crypto/keyring_service.h"

namespace {

using namespace posthorn;
using namespace posthorn::crypto;

void require(bool condition) {
  if (!condition) std::abort();
}

// Hashing takes 20 ms: its texts are as bounded as the others', and it is not what is tested here.
bool is_slow(wire::Operation operation) { return operation == wire::Operation::hash_password || operation == wire::Operation::verify_password; }

void check_answer(const wire::Request& request) {
  static const auto keyring = memory_keyring();
  auto* local = dynamic_cast<LocalKeyring*>(keyring.get());
  const auto response = answer(*local, request);
  require(response.id == request.id && response.outcome != wire::Outcome::hello);
  const auto bytes = wire::encode(response);
  require(bytes.size() <= wire::message_limit);
  const auto read = wire::decode_response(bytes);
  require(read && *read == response);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto request = wire::decode_request(bytes)) {
    require(wire::encode(*request) == bytes && request->id != 0 && request->texts.size() <= 105);
    if (!is_slow(request->operation)) check_answer(*request);
  }
  if (const auto response = wire::decode_response(bytes)) require(wire::encode(*response) == bytes);
  return 0;
}
