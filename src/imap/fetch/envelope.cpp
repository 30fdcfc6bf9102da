// imap/fetch/envelope.cpp - ENVELOPE, see structure.h.
#include "imap/fetch/structure.h"

namespace posthorn::imap {

namespace {

void append_address(std::string& out, const mail::HeaderAddress& address, QuotedText allowed) {
  // rfc:9051#7.5.2: (NIL NIL "group name" NIL) begins a group, (NIL NIL NIL NIL) ends it.
  if (address.kind == mail::HeaderAddress::Kind::group_end) {
    out += "(NIL NIL NIL NIL)";
    return;
  }
  if (address.kind == mail::HeaderAddress::Kind::group_start) {
    out += "(NIL NIL ";
    append_string(out, address.name, allowed);
    out += " NIL)";
    return;
  }
  out += '(';
  if (address.name.empty())
    out += "NIL";
  else
    append_string(out, address.name, allowed);
  out += " NIL ";  // the source route, which nobody keeps
  append_string(out, address.local, allowed);
  out += ' ';
  append_string(out, address.domain, allowed);  // "" if there is none: NIL would make it a group
  out += ')';
}

void append_addresses(std::string& out, const std::vector<mail::HeaderAddress>& addresses, QuotedText allowed) {
  out += ' ';
  if (addresses.empty()) {
    out += "NIL";
    return;
  }
  out += '(';
  for (const auto& address : addresses) append_address(out, address, allowed);
  out += ')';
}

}  // namespace

void append_envelope(std::string& out, const mail::Envelope& envelope, QuotedText allowed) {
  out += '(';
  append_nstring(out, envelope.date, allowed);
  out += ' ';
  append_nstring(out, envelope.subject, allowed);
  append_addresses(out, envelope.from, allowed);
  // rfc:9051#7.5.2: a Sender or Reply-To that is absent or empty is the From.
  append_addresses(out, envelope.sender.empty() ? envelope.from : envelope.sender, allowed);
  append_addresses(out, envelope.reply_to.empty() ? envelope.from : envelope.reply_to, allowed);
  append_addresses(out, envelope.to, allowed);
  append_addresses(out, envelope.cc, allowed);
  append_addresses(out, envelope.bcc, allowed);
  out += ' ';
  append_nstring(out, envelope.in_reply_to, allowed);
  out += ' ';
  append_nstring(out, envelope.message_id, allowed);
  out += ')';
}

}  // namespace posthorn::imap
