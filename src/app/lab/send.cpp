// posthorn lab send: a letter through FROM's submission port, told step by step until it is seen in TO's INBOX.
#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdio>
#include <thread>

#include "app/control/backend.h"
#include "app/lab/files.h"
#include "app/lab/follow.h"
#include "app/lab/inbox.h"
#include "app/lab/lab.h"
#include "app/lab/letter.h"
#include "app/lab/running.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "mail/address.h"
#include "smtp/client.h"

namespace posthorn::app {
namespace {

using namespace lab;
namespace json = boost::json;

constexpr auto patience = std::chrono::seconds(20);
constexpr auto log_step = std::chrono::milliseconds(20);
constexpr auto inbox_step = std::chrono::milliseconds(250);

// Prints each step as it happens, or keeps them for JSON.
class Narrator {
 public:
  Narrator(const Clock& clock, Format format) : clock_(clock), format_(format), start_(clock.now()) {}
  WallTime start() const { return start_; }
  void tell(const std::string& who, const std::string& text) { tell_at(clock_.now(), who, text); }
  void tell_at(WallTime when, const std::string& who, const std::string& text) {
    const auto after = std::max<std::int64_t>(0, (when - start_).count());
    if (format_ == Format::json) {
      steps_.push_back(json::object{{"after_ms", after}, {"who", who}, {"what", text}});
      return;
    }
    std::printf("%10s  %-8s %s\n", ("+" + std::to_string(after) + " ms").c_str(), who.c_str(), printable(text).c_str());
    std::fflush(stdout);
  }
  json::array steps() { return std::move(steps_); }

 private:
  const Clock& clock_;
  Format format_;
  WallTime start_;
  json::array steps_;
};

TlsClientOptions tls_to(const Lab& lab, const Host& host) {
  TlsClientOptions out;
  out.server_name = host.mx();
  out.ca_file = lab.ca();
  out.require_verified = true;
  return out;
}

// Everything about this one letter.
struct Errand {
  const Lab& lab;
  const Host& host;  // the sender's
  const User& user;
  std::string to;
  Letter letter;
  Trail trail;
};

Task<Result<std::string>> submit(Desk& desk, const Errand& errand, Narrator& narrator) {
  const Endpoint at{errand.host.ip, port_of("submission")};
  auto stream = co_await desk.dialer().connect(at, std::string(), std::chrono::seconds(5));
  if (!stream) co_return fail(stream.error());
  narrator.tell("client", "connected to " + errand.host.mx() + ", " + at.text() + " (submission)");
  smtp::ClientOptions options;
  options.helo = "laptop." + errand.host.domain;
  options.tls = smtp::TlsNeed::verified;
  options.tls_options = tls_to(errand.lab, errand.host);
  options.user = errand.user.address;
  options.password = errand.user.password;
  smtp::Listener listener = [&narrator](const smtp::Spoken& spoken) { narrator.tell("client", (spoken.client ? "--> " : "<-- ") + spoken.line); };
  auto client = smtp::make_client(std::move(*stream), std::move(options), desk.clock(), std::move(listener));
  auto opened = co_await client->open();
  if (!opened) co_return fail(opened.error());
  auto from = mail::parse_address(errand.user.address);
  auto to = mail::parse_address(errand.to);
  if (!from) co_return fail(from.error());
  if (!to) co_return fail(to.error());
  smtp::Outgoing outgoing;
  outgoing.from.reverse_path = *from;
  smtp::RcptTo recipient;
  recipient.recipient = *to;
  outgoing.recipients.push_back(std::move(recipient));
  outgoing.message = errand.letter.text;
  auto outcome = co_await client->send(outgoing);
  co_await client->quit();
  const auto& reply = outcome.fates.front().reply;
  if (!outcome.fates.front().delivered())
    co_return fail(Errc::refused, errand.host.mx() + " did not take the letter: " + std::to_string(reply.code) + " " + reply.enhanced + " " + reply.text);
  co_return queue_id_in(reply.text);
}

// Looks into one reader's INBOX; keeps its connection.
class Reader {
 public:
  Reader(const Lab& lab, const User& user) : lab_(lab), user_(user), host_(*lab.find_host(user.address)) {}
  bool found() const { return found_; }
  const std::string& trouble() const { return trouble_; }

  void look(Desk& desk, const Errand& errand, Narrator& narrator) {
    if (found_ || !is_running(lab_, host_)) return;
    if (!inbox_) {
      auto opened = desk.run(Inbox::open(desk, Endpoint{host_.ip, port_of("imaps")}, tls_to(lab_, host_), user_.address, user_.password));
      if (!opened) {
        trouble_ = opened.error().what;
        return;
      }
      inbox_ = std::move(*opened);
      narrator.tell("reader", "logged in to " + host_.mx() + " by IMAP over TLS as " + user_.address + ", looking into INBOX");
    }
    auto seen = desk.run(inbox_->look_for(errand.letter.message_id));
    if (!seen) {
      trouble_ = seen.error().what;
      inbox_.reset();
    } else if (*seen) {
      found_ = true;
      narrator.tell("reader", "there it is: INBOX of " + user_.address + ", UID " + std::to_string((*seen)->uid) + ", " + (*seen)->size + " octets, \"" + (*seen)->subject + "\"");
      desk.run(close());
    }
  }

 private:
  Task<Status> close() {
    co_await inbox_->close();
    co_return Status{};
  }

  const Lab& lab_;
  const User& user_;
  const Host& host_;
  std::unique_ptr<Inbox> inbox_;
  bool found_ = false;
  std::string trouble_;
};

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
  const auto all_found = [&readers] { return std::ranges::all_of(readers, &Reader::found); };
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

int arrived(const LabOptions& options, Narrator& narrator, const Errand& errand, const std::string& id, WallTime now) {
  const auto took = (now - narrator.start()).count();
  if (options.json)
    print_json(json::object{{"arrived", true}, {"id", id}, {"message_id", errand.letter.message_id}, {"after_ms", took}, {"steps", narrator.steps()}});
  else
    std::printf("\nArrived after %lld ms.\n", static_cast<long long>(took));
  return 0;
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

}  // namespace

int lab_send(const LabOptions& options, const std::string& from, const std::string& to) {
  const auto lab = load_existing(options.dir);
  if (!lab) return report(lab.error(), options.format());
  const auto* user = lab->find_user(from);
  if (user == nullptr) return report(Error{Errc::invalid, from + " is no user of the lab", "See them with: posthorn lab status"}, options.format());
  if (auto good = mail::parse_address(to); !good) return report(good.error(), options.format());
  const auto& host = *lab->find_host(user->address);
  if (!is_running(*lab, host)) return report(Error{Errc::unavailable, host.domain + " does not run", "Start it with: posthorn lab start " + host.name}, options.format());

  Desk desk;
  Narrator narrator(desk.clock(), options.format());
  Errand errand{*lab, host, *user, to, lab_letter(user->address, to, hex(crypto::random_bytes(12)), desk.clock().now()), {}};
  errand.trail.from = user->address;
  errand.trail.to = to;
  Follower follower(*lab);
  auto id = desk.run(submit(desk, errand, narrator));
  if (!id) return report(id.error(), options.format());
  errand.trail.ids.insert(*id);
  std::vector<Reader> readers;
  for (const auto* one : lab->readers(to)) readers.emplace_back(*lab, *one);
  if (watch(desk, errand, follower, readers, narrator)) return arrived(options, narrator, errand, *id, desk.clock().now());
  tell_news(follower, errand, narrator);
  std::string why = errand.trail.trouble;
  if (!errand.trail.failed) why = where_it_waits(errand).value_or(why.empty() ? "no queue of the lab holds it; the logs may say more" : why);
  for (const auto& reader : readers)
    if (!errand.trail.failed && errand.trail.delivered && !reader.trouble().empty()) why = "it was delivered, but the mailbox cannot be read: " + reader.trouble();
  return lost(options, narrator, errand, *id, why);
}

}  // namespace posthorn::app
