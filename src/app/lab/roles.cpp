#include "app/lab/roles.h"

#include <vector>

#include "app/lab/stage.h"
#include "base/text.h"

namespace posthorn::app::lab {
namespace {

constexpr std::string_view list_address = "crew@list.test";

// As a stranger's or another server's program would: to port 25, without logging in.
Handing to_mail_exchanger(const Errand& errand, const Host& there, std::string who, std::string from_address, std::string helo) {
  Handing out;
  out.at = Endpoint{there.ip, port_of("smtp")};
  out.from_address = std::move(from_address);
  out.who = std::move(who);
  out.options.helo = std::move(helo);
  out.options.tls_options = tls_to(errand.lab, there);
  return out;
}

Result<const Host*> running_host(const Lab& lab, std::string_view name) {
  const auto* host = lab.find_host(name);
  if (host == nullptr) return fail(Errc::not_found, "this lab has no " + std::string(name), "It was made by an older Posthorn; take it down and up again");
  if (!is_running(lab, *host)) return fail(Errc::unavailable, host->domain + " does not run", "Start it with: posthorn lab start " + host->name);
  return host;
}

Sent outcome_of(const smtp::Reply& reply) {
  Sent out;
  if (reply.code >= 200 && reply.code < 300) out.id = queue_id_in(reply.text);
  else out.refused = reply;
  return out;
}

}  // namespace

std::optional<Role> role_named(std::string_view name) {
  if (name.empty()) return Role::sender;
  if (name == "impostor") return Role::impostor;
  if (name == "forwarder") return Role::forwarder;
  if (name == "list") return Role::list;
  return std::nullopt;
}

Result<Sent> send_as_impostor(Desk& desk, Errand& errand, Narrator& narrator) {
  TRY_ASSIGN(const auto* there, running_host(errand.lab, errand.to));
  auto handing = to_mail_exchanger(errand, *there, "impostor", errand.lab.impostor_ip(), "mail.impostor.test");
  handing.reverse_path = errand.user.address;
  handing.to = errand.to;
  handing.message = errand.letter.text;
  narrator.tell("impostor", "has neither the password nor the keys of " + errand.user.address + ", and writes in that name from " + errand.lab.impostor_ip());
  errand.trail.ids.insert(errand.letter.message_id);  // it is under way, so that what green says of it is told
  TRY_ASSIGN(const auto reply, desk.run(hand_over(desk, std::move(handing), narrator)));
  return outcome_of(reply);
}

Result<Sent> send_by_forwarder(Desk& desk, Errand& errand, Narrator& narrator) {
  TRY_ASSIGN(const auto* forwarder, running_host(errand.lab, "forward.test"));
  const auto via = errand.to.substr(0, errand.to.rfind('@')) + "@" + forwarder->domain;
  if (errand.lab.readers(via).empty())
    return fail(Errc::invalid, forwarder->domain + " forwards nothing to " + errand.to, "See the aliases of forward.test in: posthorn lab status");
  narrator.tell("client", errand.to + " has mail for " + via + " forwarded to it; the letter goes there");
  errand.to = via;
  TRY_ASSIGN(auto id, desk.run(submit(desk, errand, narrator)));
  return Sent{std::move(id), std::nullopt};
}

Result<Sent> send_by_list(Desk& desk, Errand& errand, Follower& follower, Narrator& narrator) {
  TRY_ASSIGN(const auto* list, running_host(errand.lab, "list.test"));
  TRY_ASSIGN(const auto* there, running_host(errand.lab, errand.to));
  const auto* account = errand.lab.find_user(list_address);
  if (account == nullptr) return fail(Errc::not_found, "list.test has no mailbox " + std::string(list_address));
  const auto member = std::exchange(errand.to, std::string(list_address));
  errand.trail.to = errand.to;
  TRY_ASSIGN(const auto id, desk.run(submit(desk, errand, narrator)));
  errand.trail.ids.insert(id);
  std::vector<Reader> readers;
  readers.emplace_back(errand.lab, *account);
  if (!watch(desk, errand, follower, readers, narrator)) return fail(Errc::unavailable, "the letter did not reach the list: " + errand.trail.trouble);
  auto letter = readers[0].fetch(desk);
  readers[0].close(desk);
  if (!letter) return fail(letter.error());

  narrator.tell("list", "puts [crew] before the subject, adds List- fields and a footer, and sends it to its member " + member);
  auto handing = to_mail_exchanger(errand, *there, "list", list->ip, list->mx());
  handing.reverse_path = "crew-bounces@" + list->domain;
  handing.to = member;
  handing.message = list_copy(*letter, list_address);
  errand.to = errand.trail.to = member;
  errand.trail.from = handing.reverse_path;
  errand.trail.delivered = false;
  TRY_ASSIGN(const auto reply, desk.run(hand_over(desk, std::move(handing), narrator)));
  return outcome_of(reply);
}

}  // namespace posthorn::app::lab
