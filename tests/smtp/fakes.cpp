#include "smtp/fakes.h"

#include "base/cursor.h"
#include "smtp/grammar/parsed.h"

namespace posthorn::smtp {

Task<Reply> FakePost::connected(const Peer& peer) {
  if (peer.client.address == "192.0.2.66") co_return make_reply(554, "5.7.1", "No mail from you");
  co_return make_reply(220, "", "");
}

Task<Reply> FakePost::mail(const Peer&, const MailFrom& from) {
  if (from.reverse_path.local == "bad") co_return make_reply(550, "5.7.1", "Not from you");
  co_return make_reply(250, "2.1.0", "Ok");
}

Task<Reply> FakePost::rcpt(const Peer& peer, const MailFrom&, const RcptTo& to) {
  const auto& domain = to.recipient.domain;
  const bool local = domain.empty() || domain == "blue.test" || domain == "green.test";
  if (!local && !peer.account) co_return make_reply(550, "5.7.1", "Relaying denied");
  if (to.recipient.local.starts_with("unknown")) co_return make_reply(550, "5.1.1", "No such user");
  if (to.recipient.local == "later") co_return make_reply(451, "4.7.1", "Not now");
  if (to.recipient.local == "closing") co_return make_reply(421, "4.3.2", "Closing");
  co_return make_reply(250, "2.1.5", "Ok");
}

Task<Reply> FakePost::message(const Peer& peer, Transaction transaction) {
  const auto text = "Accepted " + std::to_string(transaction.message.size()) + " octets for " + std::to_string(transaction.recipients.size());
  peers.push_back(peer);
  messages.push_back(std::move(transaction));
  co_return make_reply(250, "2.0.0", text);
}

bool FakePost::reserve(std::uint64_t bytes) {
  if (reserved + bytes > budget) return false;
  reserved += bytes;
  most_reserved = std::max(most_reserved, reserved);
  return true;
}

Task<Result<sasl::Login>> FakeAccounts::check_password(std::string user, std::string password, std::string service, std::string address) {
  ++checks;
  if (service != "smtp" || address.empty()) co_return fail(Errc::invalid, "wrong question");
  if (user == "busy") co_return fail(Errc::unavailable, "the store is away");
  if (user != "alice@blue.test" || password != "secret") co_return fail(Errc::refused, "wrong password");
  co_return sasl::Login{AccountId{7}, user};
}

Task<Result<crypto::ScramVerifier>> FakeAccounts::scram_verifier(std::string, std::string, std::string) {
  co_return fail(Errc::unavailable, "no verifiers here");
}

Task<Result<sasl::Login>> FakeAccounts::finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string, std::string) {
  if (!fitted) co_return fail(Errc::refused, "wrong proof");
  co_return sasl::Login{AccountId{7}, user};
}

Office::Office(talk::Settings settings) {
  options.host_name = "mx.blue.test";
  const auto number = [&](const char* name, auto& option) {
    if (settings.contains(name)) option = Cursor(settings[name]).take_number().value();
  };
  if (settings["service"] == "submission") options.service = Service::submission;
  if (settings["service"] == "submissions") options.service = Service::submissions;
  options.insecure_auth = settings["insecure-auth"] == "yes";
  stopping = settings["stopping"] == "yes";
  number("message-limit", options.message_limit);
  number("recipient-limit", options.recipient_limit);
  number("error-limit", options.error_limit);
  number("line-limit", options.line_limit);
  number("transaction-limit", options.transaction_limit);
  number("budget", post.budget);
}

}  // namespace posthorn::smtp
