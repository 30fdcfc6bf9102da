// smtp/client/send.cpp - one message: MAIL, RCPT, DATA (pipelined if the server offers it), its text, and who got it.
// Whatever happens, each recipient gets exactly one fate. Fails never: a lost connection is a fate too (faults.md 3, 8).
#include <algorithm>

#include "smtp/client/plan.h"
#include "smtp/client/session.h"
#include "smtp/grammar/dot_stuffing.h"
#include "smtp/grammar/parsed.h"

namespace posthorn::smtp {
namespace {

// rfc:2920#3.1 so many commands go in one write that neither side's window can be full while both write.
constexpr std::size_t window = 100;
constexpr std::size_t block = 65'536;

Reply lost_reply(const Error& error) {
  Reply reply;
  reply.text = error.what;
  return reply;
}

}  // namespace

// A message on its way. The fates of those still under way are empty until something ends them all.
class Sending {
 public:
  Sending(const Outgoing& outgoing, const Plan& plan) {
    outcome.fates.resize(outgoing.recipients.size());
    for (std::size_t i = 0; i < plan.recipients.size(); ++i) {
      const auto& recipient = plan.recipients[i];
      const auto& refusal = plan.refusal ? plan.refusal : recipient.refusal;
      if (refusal) {
        outcome.fates[i].reply = *refusal;
      } else {
        under_way.push_back(i);
        commands.push_back(recipient.rcpt + "\r\n");
      }
    }
    commands.insert(commands.begin(), plan.mail + "\r\n");
    commands.emplace_back("DATA\r\n");
    asked = under_way;
  }

  // The reply to commands[index].
  void record(std::size_t index, const Reply& reply) {
    if (reply.code == 421) return end_all(reply);
    if (index == 0) {
      mail_accepted = reply.code / 100 == 2;
      if (!mail_accepted) end_all(reply);
    } else if (index + 1 == commands.size()) {
      data = reply;
    } else if (mail_accepted && reply.code / 100 != 2) {
      end(asked[index - 1], reply);
    }
  }
  void end(std::size_t recipient, const Reply& reply) {
    outcome.fates[recipient].reply = reply;
    std::erase(under_way, recipient);
  }
  void end_all(const Reply& reply) {
    for (const auto i : under_way) outcome.fates[i].reply = reply;
    under_way.clear();
  }
  // For a reply that is no answer to what was asked, such as 354 to the end of the text.
  void end_confused(std::string_view where, const Reply& reply) {
    Reply confused;
    confused.text = told(where, reply) + ", which makes no sense";
    end_all(confused);
  }

  Outcome outcome;
  std::vector<std::string> commands;    // MAIL, RCPT..., DATA
  std::vector<std::size_t> asked;       // the recipient of each RCPT
  std::vector<std::size_t> under_way;   // not refused so far
  bool mail_accepted = false;
  std::optional<Reply> data;
};

namespace {

// MAIL to DATA. An error: the connection is lost.
Task<Status> envelope(Dialogue& dialogue, Sending& sending, std::size_t at_once, Duration patience, Duration data_patience) {
  const auto& commands = sending.commands;
  for (std::size_t at = 0; at < commands.size();) {
    const auto end = std::min(at + at_once, commands.size());
    // Without anybody left nothing more is asked; in a group that is on its way already it does no harm.
    if (at > 0 && sending.under_way.empty()) co_return Status{};
    std::string group;
    for (auto i = at; i < end; ++i) group += commands[i];
    auto said = co_await dialogue.say(std::move(group), patience);
    for (; at < end; ++at) {
      const Duration wait = at + 1 == commands.size() ? data_patience : patience;
      const auto reply = co_await dialogue.hear(wait);
      if (!reply) co_return fail(said ? reply.error() : said.error());
      sending.record(at, *reply);
      if (!dialogue.alive()) co_return Status{};
    }
    if (!said) co_return said;
  }
  co_return Status{};
}

struct TextSent {
  Status status;
  bool dot_sent = false;  // the end of the text may have reached the server
};
Task<TextSent> send_text(Dialogue& dialogue, std::string_view message, Duration patience) {
  DotStuffer stuffer(message);
  TextSent sent;
  std::string out;
  while (true) {
    out.clear();
    if (!stuffer.next(out, block)) break;
    sent.dot_sent = stuffer.done();
    sent.status = co_await dialogue.say_text(out, patience);
    if (!sent.status) break;
  }
  co_return sent;
}

}  // namespace

Task<Outcome> ClientSession::send(const Outgoing& outgoing) {
  const auto plan = make_plan(outgoing, capabilities_);
  Sending sending(outgoing, plan);
  auto& outcome = sending.outcome;
  if (!opened_ || !dialogue_.alive()) {
    sending.end_all(lost_reply(Error{Errc::closed, "the connection is closed", {}}));
    outcome.connection_usable = false;
    co_return outcome;
  }
  if (sending.under_way.empty()) co_return outcome;
  if (needs_reset_) {
    const auto reset = co_await dialogue_.ask("RSET\r\n", options_.command_timeout);
    if (!reset) sending.end_all(lost_reply(reset.error()));
    else if (reset->code != 250) sending.end_confused("RSET", *reset);
    needs_reset_ = false;
  }
  if (!sending.under_way.empty()) co_await transact(sending, outgoing.message);
  ++sent_;
  const bool enough = sent_ >= capabilities_.limit("MAILMAX").value_or(SIZE_MAX);
  outcome.connection_usable = dialogue_.alive() && !enough;
  co_return outcome;
}

Task<void> ClientSession::transact(Sending& sending, std::string_view message) {
  const auto at_once = capabilities_.has("PIPELINING") ? window : 1;
  needs_reset_ = true;
  auto done = co_await envelope(dialogue_, sending, at_once, options_.command_timeout, options_.data_timeout);
  if (!done) {
    sending.end_all(lost_reply(done.error()));
    dialogue_.close();
    co_return;
  }
  if (!dialogue_.alive() || !sending.data) co_return;
  if (sending.data->code != 354) {
    if (sending.data->code < 400) sending.end_confused("DATA", *sending.data);
    else sending.end_all(*sending.data);
    co_return;
  }
  co_await text(sending, message);
}

// After 354.
Task<void> ClientSession::text(Sending& sending, std::string_view message) {
  // rfc:2920#3.1 a server that wants text though it took no recipient gets none.
  const bool nobody = sending.under_way.empty();
  if (nobody) message = {};
  auto sent = co_await send_text(dialogue_, message, options_.block_timeout);
  if (!sent.status && sent.status.error().code == Errc::timeout) dialogue_.close();
  // A server that had enough says so and closes: its reason may be there although writing failed.
  const Duration patience = sent.status ? options_.end_timeout : std::chrono::seconds(5);
  const auto reply = co_await dialogue_.hear(patience);
  if (reply && (sent.status || !reply->positive())) {
    needs_reset_ = false;
    if (reply->code / 100 == 3) {
      sending.end_confused("the text", *reply);
      dialogue_.close();
    } else {
      sending.end_all(*reply);
    }
    if (!sent.status) dialogue_.close();
    co_return;
  }
  sending.outcome.in_doubt = sent.dot_sent && !nobody;
  sending.end_all(lost_reply(sent.status ? reply.error() : sent.status.error()));
  dialogue_.close();
}

}  // namespace posthorn::smtp
