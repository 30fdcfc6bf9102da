#include "jmap/web/webauthn.h"

#include <map>
#include <optional>

#include "base/cursor.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/p256.h"
#include "crypto/signing_key.h"
#include "jmap/core/json_strict.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t most_client_data = 4'096, most_attestation = 16'384, most_credential = 1'023, most_entries = 16;
constexpr std::uint8_t present = 0x01, verified = 0x04, has_credential = 0x40;

std::unexpected<Error> bad(std::string what) { return fail(Errc::refused, std::move(what)); }

std::optional<std::uint64_t> take_big(Cursor& in, std::size_t width) {
  const auto bytes = in.take(width);
  if (!bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : *bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// -- CBOR (RFC 8949 3): the head of one item. Indefinite lengths and floats are not written by authenticators.
enum class Major : std::uint8_t { unsigned_number, negative_number, bytes, text, list, map, tag, simple };
struct Head {
  Major major{};
  std::uint64_t value = 0;
};
std::optional<Head> take_head(Cursor& in) {
  const auto first = take_big(in, 1);
  if (!first) return std::nullopt;
  Head out{static_cast<Major>(*first >> 5), *first & 31};
  if (out.value < 24) return out;
  if (out.value > 27) return std::nullopt;
  const auto more = take_big(in, std::size_t{1} << (out.value - 24));
  if (!more) return std::nullopt;
  out.value = *more;
  return out;
}
std::optional<std::string_view> take_string(Cursor& in, Major kind) {
  const auto head = take_head(in);
  if (!head || head->major != kind || head->value > in.left()) return std::nullopt;
  return in.take(static_cast<std::size_t>(head->value));
}

// {"fmt": "none", "attStmt": {}, "authData": octets} in any order.
Result<std::string_view> authenticator_data_of(std::string_view attestation) {
  if (attestation.size() > most_attestation) return bad("the attestation is too long");
  Cursor in(attestation);
  const auto map = take_head(in);
  if (!map || map->major != Major::map || map->value != 3) return bad("the attestation is no map of three");
  std::optional<std::string_view> data;
  for (int i = 0; i < 3; ++i) {
    const auto name = take_string(in, Major::text);
    if (!name) return bad("the attestation cannot be read");
    if (*name == "authData") {
      data = take_string(in, Major::bytes);
    } else if (*name == "fmt") {
      // We ask for none, and browsers make that of whatever it was.
      if (take_string(in, Major::text) != "none") return bad("the attestation is of a kind that was not asked for");
    } else if (*name == "attStmt") {
      const auto statement = take_head(in);
      if (!statement || statement->major != Major::map || statement->value != 0) return bad("the attestation has a statement");
    } else {
      return bad("the attestation has a part that is not known");
    }
  }
  if (!data || !in.done()) return bad("the attestation cannot be read");
  return *data;
}

// RFC 9052 7: kinds we ask for. {1: 2, 3: -7, -1: 1, -2: x, -3: y} is ES256 on P-256, {1: 1, 3: -8, -1: 6, -2: x} Ed25519.
Result<std::string> take_cose_key(Cursor& in) {
  const auto map = take_head(in);
  if (!map || map->major != Major::map || map->value > most_entries) return bad("the key is no map");
  std::map<std::int64_t, std::int64_t> numbers;
  std::map<std::int64_t, std::string> strings;
  const auto number_of = [](const Head& head) -> std::optional<std::int64_t> {
    if (head.value > 1'000'000) return std::nullopt;
    if (head.major == Major::unsigned_number) return static_cast<std::int64_t>(head.value);
    if (head.major == Major::negative_number) return -1 - static_cast<std::int64_t>(head.value);
    return std::nullopt;
  };
  for (std::uint64_t i = 0; i < map->value; ++i) {
    const auto name_head = take_head(in);
    const auto name = name_head ? number_of(*name_head) : std::nullopt;
    const auto value = take_head(in);
    if (!name || !value) return bad("the key cannot be read");
    if (value->major == Major::bytes) {
      const auto bytes = value->value <= 64 ? in.take(static_cast<std::size_t>(value->value)) : std::nullopt;
      if (!bytes) return bad("the key cannot be read");
      strings[*name] = *bytes;
    } else {
      const auto number = number_of(*value);
      if (!number) return bad("the key cannot be read");
      numbers[*name] = *number;
    }
  }
  const bool es256 = numbers[1] == 2 && numbers[3] == -7 && numbers[-1] == 1 && strings[-2].size() == 32 && strings[-3].size() == 32;
  const bool ed25519 = numbers[1] == 1 && numbers[3] == -8 && numbers[-1] == 6 && strings[-2].size() == 32;
  if (es256) return std::string(1, kind_es256) + "\x04" + strings[-2] + strings[-3];
  if (ed25519) return std::string(1, kind_ed25519) + strings[-2];
  return bad("the key is of a kind that was not asked for");
}

// Section 5.8.1, steps 7 to 9 of 7.1 and 11 to 13 of 7.2.
Status check_client_data(const Ceremony& ceremony, std::string_view client_data, std::string_view type) {
  if (client_data.size() > most_client_data) return bad("the client data is too long");
  const auto parsed = parse_json(client_data);
  const auto* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) return bad("the client data is no JSON");
  if (string_at(*object, "type") != type) return bad("the client data is for something else");
  const auto challenge = base64url_decode(string_at(*object, "challenge"));
  if (!challenge || !crypto::equal_constant_time(*challenge, ceremony.challenge)) return bad("the challenge is another");
  if (string_at(*object, "origin") != ceremony.origin) return bad("the origin is " + printable(string_at(*object, "origin"), 200));
  const auto* cross = object->if_contains("crossOrigin");
  if (cross != nullptr && (!cross->is_bool() || cross->get_bool())) return bad("the page was in a frame of another origin");
  return {};
}

struct AuthenticatorData {
  std::uint8_t flags = 0;
  std::uint32_t counter = 0;
  std::string_view rest;
};
// Section 6.1, steps 13 to 15 of 7.1 and 15 to 17 of 7.2.
Result<AuthenticatorData> read_authenticator_data(const Ceremony& ceremony, std::string_view bytes) {
  Cursor in(bytes);
  const auto name = in.take(std::size_t{32});
  const auto flags = take_big(in, 1), counter = take_big(in, 4);
  if (!name || !flags || !counter) return bad("the authenticator's data is too short");
  if (!crypto::equal_constant_time(*name, crypto::sha256(ceremony.rp_id))) return bad("the authenticator's data is for another server");
  AuthenticatorData out{static_cast<std::uint8_t>(*flags), static_cast<std::uint32_t>(*counter), in.rest()};
  if ((out.flags & present) == 0) return bad("nobody was present");
  if ((out.flags & verified) == 0) return bad("nobody was verified");
  return out;
}

}  // namespace

Result<Passkey> read_registration(const Ceremony& ceremony, std::string_view client_data, std::string_view attestation_object) {
  TRY(check_client_data(ceremony, client_data, "webauthn.create"));
  TRY_ASSIGN(const auto bytes, authenticator_data_of(attestation_object));
  TRY_ASSIGN(const auto data, read_authenticator_data(ceremony, bytes));
  if ((data.flags & has_credential) == 0) return bad("there is no credential");
  // Section 6.5.1; behind it there may be extensions, of which we asked for none.
  Cursor in(data.rest);
  const auto model = in.take(std::size_t{16});
  const auto length = take_big(in, 2);
  if (!model || !length || *length == 0 || *length > most_credential) return bad("the credential's id has a size that it may not have");
  const auto id = in.take(static_cast<std::size_t>(*length));
  if (!id) return bad("the credential is cut");
  Passkey out;
  out.credential = *id;
  TRY_ASSIGN(out.key, take_cose_key(in));
  out.counter = data.counter;
  return out;
}

Result<std::uint32_t> check_assertion(const Ceremony& ceremony, const Passkey& known, std::string_view client_data, std::string_view authenticator_data, std::string_view signature) {
  TRY(check_client_data(ceremony, client_data, "webauthn.get"));
  TRY_ASSIGN(const auto data, read_authenticator_data(ceremony, authenticator_data));
  const auto signed_text = std::string(authenticator_data) + crypto::sha256(client_data);
  if (known.key.empty()) return bad("the key is none");
  const auto key = std::string_view(known.key).substr(1);
  bool good = false;
  if (known.key[0] == kind_es256) {
    good = crypto::p256_verify(key, signed_text, signature);
  } else if (known.key[0] == kind_ed25519) {
    const auto verifier = crypto::VerifyingKey::ed25519(key);
    good = verifier && verifier->verify(signed_text, signature);
  }
  if (!good) return bad("the signature is not of this key");
  // Section 6.1.1: those who count never count back; many do not count.
  if ((data.counter != 0 || known.counter != 0) && data.counter <= known.counter) return bad("its counter went back: there may be a copy of it");
  return data.counter;
}

}  // namespace posthorn::jmap
