#include "post/trace.h"

#include <algorithm>

#include "base/text.h"
#include "mail/message.h"

namespace posthorn::post {
namespace {

// rfc:3848#1 and rfc:6531#4.3: the registered "with" keywords.
std::string protocol_of(const smtp::Peer& peer, bool smtputf8) {
  if (!peer.esmtp && !smtputf8) return "SMTP";
  std::string name = smtputf8 ? "UTF8SMTP" : "ESMTP";
  if (peer.tls) name += 'S';
  if (peer.account) name += 'A';
  return name;
}

// HELO arguments come from strangers: only what cannot break the field's grammar is shown.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 255)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                       c == '_' || c == ':' || c == '[' || c == ']';
    out += plain ? c : '?';
  }
  return out.empty() ? "unknown" : out;
}

std::string address_literal(std::string_view address) {
  return address.contains(':') ? "[IPv6:" + std::string(address) + "]" : "[" + std::string(address) + "]";
}

struct Block {
  mail::Message message;
  const std::vector<mail::HeaderField>& fields() const { return message.root().fields; }
};

// Only the header block is parsed: an empty body keeps the MIME parser out of it.
Block header_of(std::string_view message) {
  const auto end = message.find("\r\n\r\n");
  const auto head = message.starts_with("\r\n") ? std::string_view() : message.substr(0, end == std::string_view::npos ? end : end + 4);
  return Block{mail::parse(head)};
}

}  // namespace

std::string received_field(const smtp::Peer& peer, std::string_view host_name, std::string_view id, std::string_view recipient,
                           bool smtputf8, mail::Date date) {
  std::string out = "Received: from " + shown(peer.helo) + " (" + address_literal(peer.client.address) + ")";
  if (peer.account) {
    // A submitter's address is theirs to show or not; the host that accepts the mail is what counts for others.
    out = "Received: from " + shown(peer.helo) + " (authenticated)";
  }
  out += "\r\n\tby " + std::string(host_name) + " with " + protocol_of(peer, smtputf8);
  if (peer.tls) out += "\r\n\t(" + shown(peer.tls->version) + " " + shown(peer.tls->cipher) + ")";
  out += "\r\n\tid " + std::string(id);
  if (!recipient.empty()) out += "\r\n\tfor <" + std::string(recipient) + ">";
  return out + ";\r\n\t" + mail::format_date(date) + "\r\n";
}

std::string return_path_field(const mail::Address& reverse_path) { return "Return-Path: <" + reverse_path.text() + ">\r\n"; }

std::size_t received_count(std::string_view message) {
  std::size_t count = 0;
  const auto block = header_of(message);
  for (const auto& field : block.fields()) count += equal_icase(field.name, "Received") ? 1 : 0;
  return count;
}

std::string delivered_to_field(const mail::Address& alias) { return "Delivered-To: " + alias.text() + "\r\n"; }

bool was_delivered_to(std::string_view message, const mail::Address& alias) {
  const auto block = header_of(message);
  return std::ranges::any_of(block.fields(), [&alias](const mail::HeaderField& field) {
    return equal_icase(field.name, "Delivered-To") && equal_icase(trim(mail::unfolded(field.value)), alias.text());
  });
}

Submission complete_submission(std::string_view message, std::string_view host_name, std::string_view unique, mail::Date date) {
  Submission out;
  const auto block = header_of(message);
  if (mail::find(block.fields(), "Date") == nullptr) out.added += "Date: " + mail::format_date(date) + "\r\n";
  if (mail::find(block.fields(), "Message-ID") == nullptr)
    out.added += "Message-ID: <" + std::string(unique) + "@" + std::string(host_name) + ">\r\n";
  out.message.reserve(message.size());
  std::size_t from = 0;
  for (const auto& field : block.fields()) {
    if (!equal_icase(field.name, "Bcc") && !equal_icase(field.name, "Resent-Bcc")) continue;  // rfc:5322#3.6.3, 3.6.6
    const auto at = static_cast<std::size_t>(field.whole.data() - block.message.bytes.data());
    out.message += message.substr(from, at - from);
    from = at + field.whole.size();
  }
  out.message += message.substr(from);
  return out;
}

Result<std::vector<mail::Address>> authors(std::string_view message) {
  const auto block = header_of(message);
  // What other programs may read as another From than we do is not sent: lines that are no field, and more fields than we index.
  constexpr auto unclear = static_cast<std::uint32_t>(mail::Ambiguity::bad_header_line) | static_cast<std::uint32_t>(mail::Ambiguity::over_limit);
  if ((block.message.ambiguities & unclear) != 0) return fail(Errc::invalid, "its header has lines that are no header fields, or too many of them");
  std::vector<mail::Address> all;
  std::size_t from_fields = 0;
  bool named = false;
  for (const auto& field : block.fields()) {
    const bool from = equal_icase(field.name, "From");
    if (!from && !equal_icase(field.name, "Sender")) continue;
    from_fields += from ? 1 : 0;
    for (const auto& entry : mail::parse_address_list(mail::unfolded(field.value))) {
      if (entry.kind != mail::HeaderAddress::Kind::mailbox) continue;
      if (!entry.valid) return fail(Errc::invalid, "the " + std::string(from ? "From" : "Sender") + " field holds no address that can be read");
      // text() puts quotes around a local-part that needs them; the strict parser then normalises the domain.
      TRY_ASSIGN(auto address, mail::parse_address(mail::Address{entry.local, entry.domain}.text()));
      all.push_back(std::move(address));
      named |= from;
    }
  }
  if (from_fields == 0) return fail(Errc::invalid, "there is no From field");
  // Whose message it is depends on the reader: nobody may send as "perhaps another" (attacks.md 2C client a1).
  if (from_fields > 1) return fail(Errc::refused, "there is more than one From field");
  if (!named) return fail(Errc::invalid, "the From field names nobody");
  return all;
}

}  // namespace posthorn::post
