// posthorn lab send: a letter through FROM's submission port, told step by step until it is seen in TO's mailbox; or, with --as, one
// that others lay hands on.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <thread>

#include "app/control/backend.h"
#include "app/lab/errand.h"
#include "app/lab/files.h"
#include "app/lab/lab.h"
#include "app/lab/roles.h"
#include "app/lab/running.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "mail/address.h"

namespace posthorn::app {
namespace {

using namespace lab;
namespace json = boost::json;

// The verdict of the server that took it, as it stands on the letter.
std::string verdict_on(Desk& desk, Reader& reader) {
  const auto letter = reader.fetch(desk);
  return letter ? field_text(*letter, "Authentication-Results") : std::string();
}

// What that server finds to have been changed on the way: with the list, what the list did.
json::value altered_on(const Errand& errand, const Reader& reader) {
  const auto config = load_config(errand.lab.config(reader.host()));
  if (!config || !reader.found()) return nullptr;
  const auto backend = connect_server(*config);
  if (!backend) return nullptr;
  const auto answer = (*backend)->call(admin::Request{"mail.evidence", {{"address", reader.user().address}, {"mailbox", reader.mailbox()}, {"uid", reader.found()->uid}}, {}});
  if (!answer) return nullptr;
  boost::system::error_code wrong;
  const auto evidence = json::parse(answer->payload, wrong);
  const auto* altered = wrong || !evidence.is_object() ? nullptr : evidence.get_object().if_contains("altered");
  return altered == nullptr ? json::value(nullptr) : *altered;
}

// An impostor's letter in the INBOX is the one outcome that must not be.
int arrived(const LabOptions& options, Desk& desk, Narrator& narrator, const Errand& errand, const Sent& sent, std::vector<Reader>& readers, Role role) {
  const auto took = (desk.clock().now() - narrator.start()).count();
  const auto mailbox = readers.empty() ? std::string("INBOX") : readers[0].mailbox();
  const auto verdict = readers.empty() ? std::string() : verdict_on(desk, readers[0]);
  const auto altered = readers.empty() ? json::value(nullptr) : altered_on(errand, readers[0]);
  for (auto& reader : readers) reader.close(desk);
  const bool good = role != Role::impostor || mailbox != "INBOX";
  if (options.json) {
    print_json(json::object{{"arrived", true}, {"mailbox", mailbox}, {"id", sent.id}, {"message_id", errand.letter.message_id}, {"after_ms", took},
                            {"authentication_results", verdict}, {"altered", altered}, {"steps", narrator.steps()}});
    return good ? 0 : 1;
  }
  if (role != Role::sender && !verdict.empty()) std::printf("\nWhat stands on it: Authentication-Results: %s\n", printable(verdict, 2000).c_str());
  if (role != Role::sender && altered.is_object()) std::printf("\nWhat happened to it on its way: %s", std::string(altered.at("text").as_string()).c_str());
  std::printf("\nArrived after %lld ms%s.\n", static_cast<long long>(took), mailbox == "INBOX" ? "" : (" in " + mailbox).c_str());
  return good ? 0 : 1;
}

int refused(const LabOptions& options, Narrator& narrator, const Errand& errand, const smtp::Reply& reply, Role role) {
  const auto text = std::to_string(reply.code) + " " + reply.enhanced + " " + reply.text;
  if (options.json)
    print_json(json::object{{"arrived", false}, {"refused", true}, {"reply", text}, {"message_id", errand.letter.message_id}, {"steps", narrator.steps()}});
  else
    std::printf("\nIt was refused: %s\n", printable(text, 1000).c_str());
  return role == Role::impostor ? 0 : 1;
}

int lost(const LabOptions& options, Narrator& narrator, const Errand& errand, const std::string& id, const std::string& why) {
  if (options.json) {
    print_json(json::object{{"arrived", false}, {"id", id}, {"message_id", errand.letter.message_id}, {"why", why}, {"steps", narrator.steps()}});
    return 1;
  }
  std::printf("\n%s: %s.\n", errand.trail.failed ? "It did not arrive, and its sender is told" : "It has not arrived yet", printable(why).c_str());
  const auto* there = errand.lab.find_host(errand.to);
  if (there != nullptr && !is_running(errand.lab, *there)) std::printf("%s is stopped; start it with: posthorn lab start %s\n", there->domain.c_str(), there->name.c_str());
  if (!errand.trail.failed) std::printf("Look at it with: posthorn --config %s queue show %s\n", errand.lab.config(errand.host).c_str(), id.c_str());
  return 1;
}

Result<Sent> send_as(Role role, Desk& desk, Errand& errand, Follower& follower, Narrator& narrator) {
  if (role == Role::impostor) return send_as_impostor(desk, errand, narrator);
  if (role == Role::forwarder) return send_by_forwarder(desk, errand, narrator);
  if (role == Role::list) return send_by_list(desk, errand, follower, narrator);
  TRY_ASSIGN(auto id, desk.run(submit(desk, errand, narrator)));
  return Sent{std::move(id), std::nullopt};
}

// The server's log comes a moment after its reply.
void settle(Follower& follower, Errand& errand, Narrator& narrator) {
  for (int i = 0; i < 10; ++i) {
    tell_news(follower, errand, narrator);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

int lab_send(const LabOptions& options, const std::string& from, const std::string& to, const std::string& as) {
  const auto role = role_named(as);
  if (!role) return report(Error{Errc::invalid, "nobody is called \"" + as + "\" here", "Say impostor, forwarder or list"}, options.format());
  const auto lab = load_existing(options.dir);
  if (!lab) return report(lab.error(), options.format());
  const auto* user = lab->find_user(from);
  if (user == nullptr) return report(Error{Errc::invalid, from + " is no user of the lab", "See them with: posthorn lab status"}, options.format());
  if (auto good = mail::parse_address(to); !good) return report(good.error(), options.format());
  const auto& host = *lab->find_host(user->address);
  if (!is_running(*lab, host)) return report(Error{Errc::unavailable, host.domain + " does not run", "Start it with: posthorn lab start " + host.name}, options.format());

  Desk desk;
  Narrator narrator(desk.clock(), options.format());
  const auto make_letter = *role == Role::impostor ? impostor_letter : lab_letter;
  Errand errand{*lab, host, *user, to, make_letter(user->address, to, hex(crypto::random_bytes(12)), desk.clock().now()), {}};
  errand.trail.from = user->address;
  errand.trail.to = to;
  Follower follower(*lab);
  const auto sent = send_as(*role, desk, errand, follower, narrator);
  if (!sent) return report(sent.error(), options.format());
  if (sent->refused) {
    settle(follower, errand, narrator);
    return refused(options, narrator, errand, *sent->refused, *role);
  }
  errand.trail.ids.insert(sent->id);
  // Who hands it to the last server leaves no delivery in any queue.
  if (*role == Role::impostor || *role == Role::list) errand.trail.delivered = true;
  std::vector<Reader> readers;
  for (const auto* one : lab->readers(to)) readers.emplace_back(*lab, *one);
  if (watch(desk, errand, follower, readers, narrator)) return arrived(options, desk, narrator, errand, *sent, readers, *role);
  tell_news(follower, errand, narrator);
  std::string why = errand.trail.trouble;
  if (!errand.trail.failed) why = where_it_waits(errand).value_or(why.empty() ? "no queue of the lab holds it; the logs may say more" : why);
  for (const auto& reader : readers)
    if (!errand.trail.failed && errand.trail.delivered && !reader.trouble().empty()) why = "it was delivered, but the mailbox cannot be read: " + reader.trouble();
  return lost(options, narrator, errand, sent->id, why);
}

}  // namespace posthorn::app
