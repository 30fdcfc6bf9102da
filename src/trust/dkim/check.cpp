#include "trust/dkim/check.h"

#include <algorithm>
#include <array>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::trust::dkim {
namespace {

// attacks.md C4
constexpr std::array<std::string_view, 13> shown_fields = {
    "from",       "sender",   "reply-to",    "to",           "cc",           "date",
    "subject",    "message-id", "in-reply-to", "references", "mime-version", "content-type",
    "content-transfer-encoding"};

// Below 64.
std::size_t sum_of(std::string_view name) {
  if (name.empty()) return 0;
  return (name.size() * 5 + static_cast<unsigned char>(name.front()) + 3U * static_cast<unsigned char>(name.back())) % 64;
}

bool fails(Signature& shown, Fault fault, std::string reason) {
  shown.result = Result::fail;
  shown.fault = fault;
  shown.reason = std::move(reason);
  return false;
}

// attacks.md C3: what stands behind l= could have been added by anybody.
bool covers_body(SignatureField& signature, const BodyDigest& body) {
  const auto length = signature.shown.length;
  if (!length || *length == body.length) return true;
  return refuse(signature, Fault::body_length,
                *length > body.length ? "l= is longer than the body"
                                      : "l= leaves " + std::to_string(body.length - *length) + " bytes of the body unsigned");
}

}  // namespace

SignedMessage::SignedMessage(const mail::Message& message) : message_(message) {
  const auto& fields = message.root().fields;
  std::size_t size = 0;
  for (const auto& one : fields) size += one.name.size();
  lower_.reserve(size);
  std::vector<std::pair<std::string_view, std::size_t>> all;
  all.reserve(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto at = lower_.size();
    for (const char c : fields[i].name) lower_ += Cursor::lower(c);
    all.emplace_back(std::string_view(lower_).substr(at), i);
  }
  std::ranges::sort(all);
  order_.reserve(all.size());
  names_.reserve(all.size());
  for (const auto& [name, index] : all) {
    if (names_.empty() || names_.back().name != name) {
      names_.push_back({name, order_.size(), order_.size()});
      auto& place = places_[sum_of(name)];
      if (place == 0 && names_.size() <= UINT8_MAX) place = static_cast<std::uint8_t>(names_.size());
    }
    order_.push_back(index);
    ++names_.back().end;
  }
}

const SignedMessage::Name* SignedMessage::find(std::string_view name) const {
  const std::size_t place = places_[sum_of(name)];
  if (place == 0 && names_.size() <= UINT8_MAX) return nullptr;
  if (place != 0 && names_[place - 1].name == name) return &names_[place - 1];
  const auto at = std::ranges::lower_bound(names_, name, {}, &Name::name);
  return at == names_.end() || at->name != name ? nullptr : &*at;
}

std::span<const std::size_t> SignedMessage::fields_of(std::string_view name) const {
  const auto* at = find(name);
  return at == nullptr ? std::span<const std::size_t>() : std::span(order_).subspan(at->begin, at->end - at->begin);
}

bool SignedMessage::header_is_whole() const {
  if ((message_.ambiguities & static_cast<std::uint32_t>(mail::Ambiguity::over_limit)) == 0) return true;
  const auto header = message_.header(message_.root());
  const auto& fields = message_.root().fields;
  if (fields.empty()) return trim_fws(header).empty();
  const auto& last = fields.back().whole;
  const auto end = static_cast<std::size_t>(last.data() - message_.bytes.data()) + last.size();
  return trim_fws(message_.bytes.substr(end, message_.root().body_begin - end)).empty();
}

bool SignedMessage::takes_fields_in_front() const {
  return !message_.bytes.starts_with(' ') && !message_.bytes.starts_with('\t');
}

std::string SignedMessage::hashed_fields(Canonical form, const std::vector<std::string>& names, std::optional<std::size_t> own,
                                         std::vector<std::string>* open) const {
  std::vector<std::size_t> taken(names_.size());  // instances of each name, from the bottom
  std::string out;
  out.reserve(message_.root().body_begin);
  for (const auto& name : names) {
    const auto* at = find(name);
    if (at == nullptr) continue;  // a field that is not there is hashed as nothing
    auto& count = taken[static_cast<std::size_t>(at - names_.data())];
    const auto left = [at, &count] { return at->end - at->begin - count; };
    if (left() > 0 && own == order_[at->begin + left() - 1]) ++count;
    if (left() == 0) continue;
    append_field(form, field(order_[at->begin + left() - 1]), out);
    ++count;
  }
  if (open == nullptr) return out;
  for (const auto name : shown_fields)
    if (const auto* at = find(name); at != nullptr && taken[static_cast<std::size_t>(at - names_.data())] < at->end - at->begin) open->emplace_back(name);
  return out;
}

const BodyDigest& SignedMessage::body(Canonical form, crypto::Digest digest) {
  auto& known = bodies_[(form == Canonical::simple ? 0U : 2U) + (digest == crypto::Digest::sha256 ? 0U : 1U)];
  if (!known) known = body_digest(form, digest, message_.bytes.substr(message_.root().body_begin));
  return *known;
}

void append_own_field(Canonical form, const mail::HeaderField& field, const SignatureField& signature, std::string& out) {
  // rfc:6376#3.7: b= is treated as empty, with the white space around its value.
  const auto without_b = [&signature](std::string_view text, std::size_t value_at) {
    std::string rest(text.substr(0, value_at + signature.b_begin));
    rest += text.substr(value_at + signature.b_end);
    return rest;
  };
  // Of the field's two forms each canonicalisation reads one.
  if (form == Canonical::simple) {
    const auto whole = without_b(field.whole, field.whole.find(':') + 1);
    append_field(form, {field.name, {}, whole}, out);
  } else {
    const auto value = without_b(field.value, 0);
    append_field(form, {field.name, value, {}}, out);
  }
  out.resize(out.size() - 2);
}

bool take_key(const KeyFound& key, SignatureField& signature) {
  signature.shown.key_bits = key.bits;
  signature.shown.testing = key.testing;
  if (key.key) return true;
  refuse(signature, key.fault, key.reason);
  signature.shown.result = key.result;
  return false;
}

void check(SignedMessage& message, std::size_t own, const KeyFound& key, SignatureField& signature) {
  auto& shown = signature.shown;
  std::string text = message.hashed_fields(shown.header, shown.signed_fields, own, &shown.unsigned_fields);
  if (!take_key(key, signature)) return;
  const auto& body = message.body(shown.body, signature.wanted.digest);
  if (!covers_body(signature, body)) return;
  append_own_field(shown.header, message.field(own), signature, text);
  crypto::Hasher hasher(signature.wanted.digest);
  hasher.write(text);
  const bool header_good = key.key->verify(hasher.finish(), shown.signature, signature.wanted.digest);
  if (body.hash != shown.body_hash)
    fails(shown, Fault::body_hash,
          header_good ? "the body was changed after it was signed; the signed fields are as they were"
                      : "the body is not the one that was signed, nor are the signed fields");
  else if (!header_good)
    fails(shown, Fault::header_hash, "the signed fields were changed, or the key is another one");
  else
    shown.result = Result::pass;
}

}  // namespace posthorn::trust::dkim
