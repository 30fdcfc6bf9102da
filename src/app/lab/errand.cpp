#include "app/lab/errand.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <thread>

#include "app/control/backend.h"
#include "app/lab/stage.h"
#include "mail/address.h"

namespace posthorn::app::lab {
namespace {

constexpr auto patience = std::chrono::seconds(20);
constexpr auto log_step = std::chrono::milliseconds(20);
constexpr auto inbox_step = std::chrono::milliseconds(250);

Task<Status> log_out(Inbox& inbox) {
  co_await inbox.close();
  co_return Status{};
}

}  // namespace

TlsClientOptions tls_to(const Lab& lab, const Host& host) {
  TlsClientOptions out;
  out.server_name = host.mx();
  out.ca_file = lab.ca();
  out.require_verified = true;
  return out;
}

Task<Result<smtp::Reply>> hand_over(Desk& desk, Handing handing, Narrator& narrator) {
  auto stream = co_await desk.dialer().connect(handing.at, handing.from_address, std::chrono::seconds(5));
  if (!stream) co_return fail(stream.error());
  narrator.tell(handing.who, "connected to " + handing.options.tls_options.server_name + ", " + handing.at.text() +
                                 (handing.from_address.empty() ? "" : ", from " + handing.from_address));
  smtp::Listener listener = [&narrator, who = handing.who](const smtp::Spoken& spoken) { narrator.tell(who, (spoken.client ? "--> " : "<-- ") + spoken.line); };
  auto client = smtp::make_client(std::move(*stream), std::move(handing.options), desk.clock(), std::move(listener));
  auto opened = co_await client->open();
  if (!opened) co_return fail(opened.error());
  auto from = mail::parse_address(handing.reverse_path);
  auto to = mail::parse_address(handing.to);
  if (!from) co_return fail(from.error());
  if (!to) co_return fail(to.error());
  smtp::Outgoing outgoing;
  outgoing.from.reverse_path = *from;
  smtp::RcptTo recipient;
  recipient.recipient = *to;
  outgoing.recipients.push_back(std::move(recipient));
  outgoing.message = handing.message;
  auto outcome = co_await client->send(outgoing);
  co_await client->quit();
  co_return std::move(outcome.fates.front().reply);
}

Task<Result<std::string>> submit(Desk& desk, const Errand& errand, Narrator& narrator) {
  Handing handing;
  handing.at = Endpoint{errand.host.ip, port_of("submission")};
  handing.who = "client";
  handing.reverse_path = errand.user.address;
  handing.to = errand.to;
  handing.message = errand.letter.text;
  handing.options.helo = "laptop." + errand.host.domain;
  handing.options.tls = smtp::TlsNeed::verified;
  handing.options.tls_options = tls_to(errand.lab, errand.host);
  handing.options.user = errand.user.address;
  handing.options.password = errand.user.password;
  auto reply = co_await hand_over(desk, std::move(handing), narrator);
  if (!reply) co_return fail(reply.error());
  if (reply->code >= 300 || reply->code == 0)
    co_return fail(Errc::refused, errand.host.mx() + " did not take the letter: " + std::to_string(reply->code) + " " + reply->enhanced + " " + reply->text);
  co_return queue_id_in(reply->text);
}

void Reader::look(Desk& desk, const Errand& errand, Narrator& narrator) {
  if (found_ || !is_running(lab_, host_)) return;
  if (!inbox_) {
    auto opened = desk.run(Inbox::open(desk, Endpoint{host_.ip, port_of("imaps")}, tls_to(lab_, host_), user_.address, user_.password));
    if (!opened) {
      trouble_ = opened.error().what;
      return;
    }
    inbox_ = std::move(*opened);
    narrator.tell("reader", "logged in to " + host_.mx() + " by IMAP over TLS as " + user_.address + ", looking for it");
  }
  for (const auto* mailbox : {"INBOX", "Junk"}) {
    auto seen = desk.run(inbox_->look_for(mailbox, errand.letter.message_id));
    if (!seen) {
      trouble_ = seen.error().what;
      inbox_.reset();
      return;
    }
    if (!*seen) continue;
    found_ = std::move(**seen);
    mailbox_ = mailbox;
    narrator.tell("reader", "there it is: " + mailbox_ + " of " + user_.address + ", UID " + std::to_string(found_->uid) + ", " + found_->size + " octets, \"" +
                                found_->subject + "\"");
    return;
  }
}

Result<std::string> Reader::fetch(Desk& desk) {
  if (!inbox_ || !found_) return fail(Errc::not_found, "the letter was not found");
  return desk.run(inbox_->fetch(found_->uid));
}

void Reader::close(Desk& desk) {
  if (inbox_) static_cast<void>(desk.run(log_out(*inbox_)));
  inbox_.reset();
}

void tell_news(Follower& follower, Errand& errand, Narrator& narrator) {
  for (const auto& line : follower.news())
    if (const auto step = narrate(line, errand.trail)) narrator.tell_at(line.time, step->who, step->text);
}

// Where the letter is, from the queues of all hosts that run; nothing if it is in none.
std::optional<std::string> where_it_waits(const Errand& errand) {
  for (const auto& host : errand.lab.hosts) {
    const auto config = load_config(errand.lab.config(host));
    if (!config) continue;
    const auto backend = connect_server(*config);
    if (!backend) continue;
    const auto answer = (*backend)->call(admin::Request{"queue.list", {}, {}});
    if (!answer || !answer->value.is_array()) continue;
    for (const auto& entry : answer->value.get_array()) {
      if (!errand.trail.ids.contains(std::string(entry.at("id").as_string()))) continue;
      std::string why = errand.trail.trouble;
      for (const auto& r : entry.at("recipients").as_array())
        if (const auto& text = r.at("answer").as_string(); !text.empty()) why = std::string(r.at("host").as_string()) + " " + std::string(text);
      return "it waits in the queue of " + host.mx() + " as " + std::string(entry.at("id").as_string()) + "; next attempt " +
             std::string(entry.at("next_attempt").as_string()) + (why.empty() ? "" : "; the reason: " + why);
    }
  }
  return std::nullopt;
}

// Until all readers have it, nobody will, or time is over.
bool watch(Desk& desk, Errand& errand, Follower& follower, std::vector<Reader>& readers, Narrator& narrator) {
  const bool local = errand.lab.find_host(errand.to) == &errand.host;
  const auto end = desk.clock().steady() + patience;
  auto next_look = desk.clock().steady();
  const auto all_found = [&readers] { return std::ranges::all_of(readers, [](const Reader& one) { return one.found().has_value(); }); };
  while (desk.clock().steady() < end) {
    tell_news(follower, errand, narrator);
    if (errand.trail.failed) return false;
    if (readers.empty() && errand.trail.delivered) return true;
    if (desk.clock().steady() >= next_look) {
      next_look = desk.clock().steady() + inbox_step;
      // A notice tells of a delay or, once the letter is in no queue any more, of its end; it is logged before that is committed.
      if (errand.trail.notified && !where_it_waits(errand)) errand.trail.failed = true;
      if (local || errand.trail.delivered)
        for (auto& reader : readers) reader.look(desk, errand, narrator);
      if (!readers.empty() && all_found()) return true;
    }
    std::this_thread::sleep_for(log_step);
  }
  return false;
}

}  // namespace posthorn::app::lab
