#include "post/queue/stored_parts.h"

namespace posthorn::post {
namespace {

void put_address(Encoder& out, const mail::Address& a) { out.string(a.local).string(a.domain); }
mail::Address take_address(Decoder& in) {
  mail::Address a;
  a.local = in.string();
  a.domain = in.string();
  return a;
}

}  // namespace

void put(Encoder& out, const smtp::MailFrom& from) {
  put_address(out, from.reverse_path);
  out.u64(from.size).u8(static_cast<std::uint8_t>(from.body)).flag(from.smtputf8);
  out.u8(static_cast<std::uint8_t>(from.ret)).string(from.envid);
}
smtp::MailFrom take_mail_from(Decoder& in, bool& known) {
  smtp::MailFrom from;
  from.reverse_path = take_address(in);
  from.size = in.u64();
  from.body = take_enum<smtp::Body>(in, 2, known);
  from.smtputf8 = in.flag();
  from.ret = take_enum<smtp::Ret>(in, 2, known);
  from.envid = in.string();
  return from;
}

void put(Encoder& out, const smtp::RcptTo& to) {
  put_address(out, to.recipient);
  const auto& n = to.notify;
  out.flag(n.given).flag(n.never).flag(n.success).flag(n.failure).flag(n.delay);
  out.string(to.orcpt_type).string(to.orcpt);
}
smtp::RcptTo take_rcpt_to(Decoder& in) {
  smtp::RcptTo to;
  to.recipient = take_address(in);
  auto& n = to.notify;
  n.given = in.flag();
  n.never = in.flag();
  n.success = in.flag();
  n.failure = in.flag();
  n.delay = in.flag();
  to.orcpt_type = in.string();
  to.orcpt = in.string();
  return to;
}

void put(Encoder& out, const Tried& t) { out.i64(millis(t.at)).string(t.to).string(t.remote).string(t.tls).u16(t.code).string(t.answer); }
Tried take_tried(Decoder& in) {
  Tried t;
  t.at = wall(in.i64());
  t.to = in.string();
  t.remote = in.string();
  t.tls = in.string();
  t.code = in.u16();
  t.answer = in.string();
  return t;
}

}  // namespace posthorn::post
