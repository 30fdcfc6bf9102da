// SASL messages of hostile clients, a line each: no mechanism may let anybody in without the accounts having said yes (PLAIN, LOGIN),
// or without the proof (SCRAM: nobody can guess it, so success is a bug), and a failed exchange stays failed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "sasl/credential.h"
#include "sasl/scram.h"
#include "sasl/server.h"

namespace {

using namespace posthorn;
using namespace posthorn::sasl;

void must(bool held) {
  if (!held) std::abort();
}

Step answer(Server& server, Step step, bool& asked) {
  if (const auto* question = std::get_if<CheckPassword>(&step)) {
    must(is_credential(question->user) && is_credential(question->password));
    asked = question->password == "p";
    return server.resume(asked);
  }
  if (const auto* question = std::get_if<FindVerifier>(&step)) {
    must(is_credential(question->user) && decode_name(encode_name(question->user)) == question->user);
    crypto::ScramVerifier verifier;
    verifier.iterations = 4096;
    verifier.salt = "salt";
    verifier.keys = {{std::string(32, 'k'), std::string(32, 'k')}, {std::string(32, 'l'), std::string(32, 'm')}};
    return server.resume(verifier);
  }
  return step;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  constexpr std::string_view names[] = {"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"};
  const auto name = names[data[0] % 4];
  const auto server = make_server(name, (data[0] & 4) != 0 || data[0] % 4 == 3 ? std::string(32, 'x') : std::string(), "server");
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool asked = false, failed = false;
  for (const auto message : split(bytes, '\n')) {
    const auto step = answer(*server, server->step(message), asked);
    if (const auto* success = std::get_if<Success>(&step)) {
      must(asked && name.size() == 5 && is_credential(success->user));
      break;
    }
    failed = failed || (std::holds_alternative<Failure>(step) && name.size() > 5);
    if (failed) must(!std::holds_alternative<Success>(step));
  }
  if (const auto attributes = parse_attributes(bytes))
    for (const auto& one : *attributes) must(!one.value.empty() && !one.value.contains(','));
  return 0;
}
