#include "crypto/keyring_wire.h"

#include <algorithm>

#include "base/codec.h"
#include "crypto/password.h"

namespace posthorn::crypto::wire {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t texts_limit = 128;

// How many texts an operation takes, and how long each may be.
struct Shape {
  Operation operation;
  std::size_t least, most, size;
};
constexpr Shape shapes[] = {
    {Operation::new_account_key, 0, 0, 0},    {Operation::open_account_key, 1, 1, 256}, {Operation::wrap_signing_key, 2, 2, 16'384},
    {Operation::describe_key, 2, 2, 16'384},  {Operation::sign, 3, 3, 16'384},          {Operation::hash_password, 2, 2, 4'096},
    {Operation::verify_password, 2, 61, 4'096}, {Operation::scram_signature, 3, 3 + 2 * scram_keys_limit, 16'384},
    {Operation::new_code_secret, 0, 0, 0},    {Operation::code_step, 3, 3, 256},
};

std::unexpected<Error> garbage(const char* what) { return fail(Errc::invalid, std::string("a message to the keyring ") + what); }

void put(Encoder& out, std::uint8_t kind, std::uint64_t id, std::uint64_t number, const std::vector<std::string>& texts) {
  out.u8(version).u8(kind).u64(id).u64(number).u32(static_cast<std::uint32_t>(texts.size()));
  for (const auto& text : texts) out.string(text);
}

struct Raw {
  std::uint8_t kind = 0;
  std::uint64_t id = 0, number = 0;
  std::vector<std::string> texts;
};

Result<Raw> read(std::string_view bytes) {
  if (bytes.size() > message_limit) return garbage("is too long");
  Decoder in(bytes);
  const auto read_version = in.u8();
  Raw out;
  out.kind = in.u8();
  out.id = in.u64();
  out.number = in.u64();
  const auto count = in.count(4);
  if (!in.ok() || read_version != version || count > texts_limit) return garbage("begins wrongly");
  for (std::uint32_t i = 0; i < count; ++i) out.texts.push_back(in.string());
  if (!in.finished()) return garbage("does not end where it says");
  return out;
}

}  // namespace

std::string encode(const Request& request) {
  Encoder out;
  put(out, static_cast<std::uint8_t>(request.operation), request.id, request.number, request.texts);
  return out.take();
}

std::string encode(const Response& response) {
  Encoder out;
  put(out, static_cast<std::uint8_t>(response.outcome), response.id, response.number, response.texts);
  return out.take();
}

Result<Request> decode_request(std::string_view bytes) {
  TRY_ASSIGN(auto raw, read(bytes));
  const auto shape = std::ranges::find(shapes, static_cast<Operation>(raw.kind), &Shape::operation);
  if (shape == std::end(shapes)) return garbage("asks for what there is not");
  if (raw.texts.size() < shape->least || raw.texts.size() > shape->most) return garbage("has too few or too many texts");
  for (const auto& text : raw.texts)
    if (text.size() > shape->size) return garbage("has a text that is too long");
  if (raw.id == 0) return garbage("has no number");
  return Request{shape->operation, raw.id, raw.number, std::move(raw.texts)};
}

Result<Response> decode_response(std::string_view bytes) {
  TRY_ASSIGN(auto raw, read(bytes));
  const auto outcome = static_cast<Outcome>(raw.kind);
  const bool known = outcome == Outcome::done || (outcome == Outcome::hello && raw.id == 0 && raw.texts.size() == 2) ||
                     (outcome == Outcome::failed && raw.texts.size() == 2 && raw.number <= static_cast<std::uint64_t>(Errc::unsupported));
  if (!known || (outcome == Outcome::done && raw.id == 0)) return garbage("is no answer");
  return Response{outcome, raw.id, raw.number, std::move(raw.texts)};
}

Response failure(std::uint64_t id, const Error& error) {
  return Response{Outcome::failed, id, static_cast<std::uint64_t>(error.code), {error.what.substr(0, 4'096), error.todo.substr(0, 4'096)}};
}

Error error_of(const Response& failed) { return Error{static_cast<Errc>(failed.number), failed.texts.at(0), failed.texts.at(1)}; }

}  // namespace posthorn::crypto::wire
