#include <array>

#include "base/text.h"
#include "trust/dkim/check.h"
#include "trust/dkim/field_writer.h"

namespace posthorn::trust::dkim {
namespace {

// One entry more than there are fields: nobody can add one (attacks.md C4). rfc:6376#5.4.1, rfc:8058#4 for the last but two.
constexpr std::array<std::string_view, 20> oversigned = {
    "from",       "to",           "cc",           "subject",   "date",
    "reply-to",   "message-id",   "in-reply-to",  "references", "mime-version",
    "content-type", "content-transfer-encoding", "list-id",     "list-help",  "list-subscribe",
    "list-unsubscribe", "list-unsubscribe-post", "list-post", "list-owner", "list-archive"};
// As many as there are: who forwards adds his own.
constexpr std::array<std::string_view, 10> signed_as_found = {
    "sender",      "resent-from", "resent-sender", "resent-to",        "resent-cc",
    "resent-date", "resent-message-id", "content-disposition", "auto-submitted", "autocrypt"};

}  // namespace

std::vector<std::string> names_to_sign(const SignedMessage& message) {
  std::vector<std::string> names;
  for (const auto name : oversigned) names.insert(names.end(), message.fields_of(name).size() + 1, std::string(name));
  for (const auto name : signed_as_found) names.insert(names.end(), message.fields_of(name).size(), std::string(name));
  return names;
}

::posthorn::Result<std::string> sign(const mail::Message& message, const crypto::SigningKey& key, const SignOptions& options) {
  TRY(check_signer(options.domain, options.selector, key));
  SignedMessage signed_message(message);
  if (!signed_message.header_is_whole()) return fail(Errc::too_big, "the message has too many header fields to be signed");
  if (!signed_message.takes_fields_in_front()) return fail(Errc::invalid, "a message that begins with white space cannot be signed");
  if (signed_message.fields_of("from").empty()) return fail(Errc::invalid, "a message without From cannot be signed");
  const auto names = names_to_sign(signed_message);
  if (names.size() > most_names) return fail(Errc::too_big, "the message has too many header fields to be signed");
  FieldWriter writer("DKIM-Signature");
  writer.tag("v", "1");
  writer.tag("a", algorithm_of(key));
  writer.tag("c", std::string(name_of(options.header)) + "/" + std::string(name_of(options.body)));
  writer.tag("d", options.domain);
  writer.tag("s", options.selector);
  writer.tag("t", seconds_of(options.now));
  if (options.lifetime > Duration::zero())
    writer.tag("x", seconds_of(options.now + std::chrono::duration_cast<WallTime::duration>(options.lifetime)));
  writer.names("h", names);
  writer.tag("bh", base64_encode(signed_message.body(options.body, crypto::Digest::sha256).hash));
  writer.signature_place();
  crypto::Hasher hasher;
  hasher.write(signed_message.hashed_fields(options.header, names, std::nullopt));
  return finish_signature(writer, options.header, std::move(hasher), key);
}

// rfc:6376#3.6.1, rfc:8463#4
std::string key_record(const crypto::SigningKey& key) {
  return std::string("v=DKIM1; k=") + (key.kind() == crypto::KeyKind::rsa ? "rsa" : "ed25519") + "; p=" +
         base64_encode(key.public_bytes());
}

}  // namespace posthorn::trust::dkim
