// smtp/types.h - values shared by SMTP's server, client, and the post office. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/stream.h"
#include "mail/address.h"

namespace posthorn::smtp {

// A reply: code, RFC 3463 enhanced code ("5.7.1", empty if none), text of one or more lines.
struct Reply {
  std::uint16_t code = 0;
  std::string enhanced;
  std::string text;  // lines by '\n'
  std::string log;   // for our log only, never sent

  bool positive() const { return code >= 200 && code < 400; }
  bool transient() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500; }
};
std::string wire(const Reply& reply);  // with CRLFs; the enhanced code on every line

enum class Body : std::uint8_t { seven_bit, eight_bit_mime, binary_mime };
enum class Ret : std::uint8_t { unset, full, headers };

struct MailFrom {
  mail::Address reverse_path;  // empty() is <>
  std::uint64_t size = 0;
  Body body = Body::seven_bit;
  bool smtputf8 = false;
  Ret ret = Ret::unset;        // RFC 3461
  std::string envid;           // decoded from xtext, printable ASCII
};

// RFC 3461 NOTIFY as bits; unset means failure and delay as usual.
struct Notify { bool given = false, never = false, success = false, failure = false, delay = false; };

struct RcptTo {
  mail::Address recipient;
  Notify notify;
  std::string orcpt_type, orcpt;  // decoded; empty if not given
};

// Who we talk to: evidence of every message.
struct Peer {
  Endpoint client, server;
  std::string helo;
  bool esmtp = false;
  std::optional<TlsFacts> tls;
  std::optional<AccountId> account;  // after AUTH
  std::string login;                 // its name
  bool submission = false;           // port 587 or 465
};

}  // namespace posthorn::smtp
