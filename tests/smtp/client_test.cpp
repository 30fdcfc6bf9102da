// The client against servers good and bad (faults.md 8). Every misbehaviour ends in bounded time with one fate a recipient.
#include <gtest/gtest.h>

#include <algorithm>

#include "smtp/scripted_server.h"

namespace posthorn::smtp {
namespace {

using Then = Act::Then;

ClientOptions options() {
  ClientOptions o;
  o.helo = "mx.blue.test";
  o.tls = TlsNeed::never;
  return o;
}
Outgoing message(std::string_view text = "Subject: x\r\n\r\n.dot\r\n", std::size_t recipients = 1) {
  Outgoing out;
  out.from.reverse_path = {"alice", "blue.test"};
  for (std::size_t i = 0; i < recipients; ++i) {
    RcptTo to;
    to.recipient = {"r" + std::to_string(i), "green.test"};
    out.recipients.push_back(to);
  }
  out.message = text;
  return out;
}
const std::string greeting = "220 mx.green.test ESMTP\r\n";
const std::string pipelining = "250-mx.green.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 1000\r\n";

// Up to the end of one message, pipelined.
std::vector<Act> good_acts() {
  return {{"", greeting}, {"EHLO mx.blue.test", pipelining}, {"MAIL FROM:<alice@blue.test>*", "250 2.1.0 Ok\r\n"},
          {"RCPT TO:<r0@green.test>", "250 2.1.5 Ok\r\n"}, {"DATA", "354 go\r\n"}, {".", "250 2.0.0 Queued\r\n"}, {"QUIT", "221 bye\r\n"}};
}

bool heard(const Seen& seen, std::string_view start) {
  return std::any_of(seen.lines.begin(), seen.lines.end(), [start](const std::string& line) { return line.starts_with(start); });
}

TEST(SmtpClient, SendsAMessage) {
  const auto seen = play({good_acts()}, options(), {message()});
  ASSERT_TRUE(seen.opened);
  ASSERT_EQ(seen.outcomes.size(), 1U);
  EXPECT_TRUE(seen.outcomes[0].fates[0].delivered());
  EXPECT_EQ(seen.outcomes[0].fates[0].reply.enhanced, "2.0.0");
  EXPECT_TRUE(seen.outcomes[0].connection_usable);
  EXPECT_EQ(seen.text, "Subject: x\r\n\r\n.dot\r\n");
  EXPECT_TRUE(heard(seen, "QUIT"));
  EXPECT_TRUE(heard(seen, "MAIL FROM:<alice@blue.test> SIZE=20"));
}

TEST(SmtpClient, SaysTheSameWhateverTheCuts) {
  for (const std::size_t chunk : {1, 2, 3, 7}) {
    Play cut{good_acts()};
    cut.pipe.chunk = chunk;
    const auto seen = play(cut, options(), {message()});
    ASSERT_EQ(seen.outcomes.size(), 1U);
    EXPECT_TRUE(seen.outcomes[0].fates[0].delivered());
    EXPECT_EQ(seen.text, "Subject: x\r\n\r\n.dot\r\n");
  }
}

TEST(SmtpClient, FallsBackToHelo) {
  const auto seen = play({{{"", greeting}, {"EHLO *", "502 what?\r\n"}, {"HELO mx.blue.test", "250 hello\r\n"},
                           {"MAIL FROM:<alice@blue.test>", "250\r\n"}, {"RCPT TO:<r0@green.test>", "250\r\n"}, {"DATA", "354\r\n"},
                           {".", "250\r\n"}}},
                         options(), {message()});
  ASSERT_TRUE(seen.opened);
  EXPECT_TRUE(seen.outcomes[0].fates[0].delivered());
}

TEST(SmtpClient, TellsEachRecipientsFate) {
  auto acts = good_acts();
  acts[3].say = "250 Ok\r\n";
  acts.insert(acts.begin() + 4, {{"RCPT TO:<r1@green.test>", "550 5.1.1 Unknown\r\n"}, {"RCPT TO:<r2@green.test>", "451 4.7.1 Later\r\n"},
                                 {"RCPT TO:<r3@green.test>", "251 Forwarded\r\n"}});
  const auto seen = play({acts}, options(), {message("x\r\n", 4)});
  ASSERT_EQ(seen.outcomes.size(), 1U);
  const auto& fates = seen.outcomes[0].fates;
  EXPECT_TRUE(fates[0].delivered());
  EXPECT_TRUE(fates[1].permanent());
  EXPECT_EQ(fates[1].reply.enhanced, "5.1.1");
  EXPECT_EQ(fates[2].reply.code, 451);
  EXPECT_TRUE(fates[3].delivered());
}

// rfc:2920#3.1 a server that takes no recipient but wants text gets none.
TEST(SmtpClient, SendsNoTextToNobody) {
  auto acts = good_acts();
  acts[3].say = "550 no\r\n";
  const auto seen = play({acts}, options(), {message()});
  EXPECT_EQ(seen.outcomes[0].fates[0].reply.code, 550);
  EXPECT_EQ(seen.text, "");
  EXPECT_TRUE(seen.outcomes[0].connection_usable);
}

TEST(SmtpClient, ResetsWhatWasLeftOpen) {
  auto acts = good_acts();
  acts[3].say = "550 no\r\n";
  acts[4].say = "503 no recipients\r\n";
  acts[5] = {"RSET", "250 Ok\r\n"};
  acts.resize(6);
  const auto again = good_acts();
  acts.insert(acts.end(), again.begin() + 2, again.end());
  const auto seen = play({acts}, options(), {message(), message()});
  ASSERT_EQ(seen.outcomes.size(), 2U);
  EXPECT_EQ(seen.outcomes[0].fates[0].reply.code, 550);
  EXPECT_TRUE(seen.outcomes[1].fates[0].delivered());
}

TEST(SmtpClient, PassesDsnWishesOnlyToThoseWhoKnowThem) {
  auto out = message();
  out.from.ret = Ret::headers;
  out.from.envid = "a+b";
  out.recipients[0].notify = {.given = true, .success = true, .delay = true};
  out.recipients[0].orcpt_type = "rfc822";
  out.recipients[0].orcpt = "q=q@c.test";
  auto acts = good_acts();
  acts[2].wait = "MAIL FROM:<alice@blue.test> SIZE=20 RET=HDRS ENVID=a+2Bb";
  acts[3].wait = "RCPT TO:<r0@green.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;q+3Dq@c.test";
  EXPECT_TRUE(play({acts}, options(), {out}).outcomes.at(0).fates[0].delivered());
  acts = good_acts();
  acts[1].say = "250-mx\r\n250 PIPELINING\r\n";
  acts[2].wait = "MAIL FROM:<alice@blue.test>";
  EXPECT_TRUE(play({acts}, options(), {out}).outcomes.at(0).fates[0].delivered());
}

// The message stays whole or does not leave: RFC 6152 3, 6531 3.2.
TEST(SmtpClient, RefusesWhatTheServerCannotTake) {
  auto utf8_from = message();
  utf8_from.from.reverse_path.local = "\xc3\xa4";
  auto utf8_header = message("Subject: \xc3\xa4\r\n\r\n");
  utf8_header.from.smtputf8 = true;
  auto mixed = message("x\r\n", 2);
  mixed.recipients[1].recipient.local = "\xc3\xb6";
  struct Case { Outgoing out; std::string enhanced; };
  const std::string big(2000, 'x');
  const Case cases[] = {{message("\r\n\xe4\r\n"), "5.6.3"}, {utf8_from, "5.6.7"}, {utf8_header, "5.6.7"}, {message(big), "5.3.4"},
                        {message("x\r.\r\nMAIL FROM:<>\r\n"), "5.6.0"}, {message("x\n.\nMAIL\r\n"), "5.6.0"}};
  for (const auto& c : cases) {
    const auto seen = play({{{"", greeting}, {"EHLO *", "250-mx\r\n250 SIZE 1000\r\n"}}}, options(), {c.out});
    EXPECT_EQ(seen.outcomes.at(0).fates[0].reply.enhanced, c.enhanced);
    EXPECT_TRUE(seen.outcomes[0].fates[0].permanent());
    EXPECT_TRUE(seen.outcomes[0].connection_usable);
    EXPECT_FALSE(heard(seen, "MAIL"));
  }
  auto acts = good_acts();
  acts[1].say = "250-mx\r\n250 PIPELINING\r\n";
  const auto seen = play({acts}, options(), {mixed});
  EXPECT_TRUE(seen.outcomes.at(0).fates[0].delivered());
  EXPECT_EQ(seen.outcomes[0].fates[1].reply.enhanced, "5.6.7");
  acts = good_acts();
  acts[2].wait = "MAIL FROM:<alice@blue.test> SIZE=3 SMTPUTF8";
  acts.insert(acts.begin() + 4, {"RCPT TO:<\xc3\xb6@green.test>", "250 Ok\r\n"});
  EXPECT_TRUE(play({acts}, options(), {mixed}).outcomes.at(0).fates[1].delivered());
}

TEST(SmtpClient, ObeysTheServersLimits) {
  auto acts = good_acts();
  acts[1].say = "250-mx\r\n250-PIPELINING\r\n250 LIMITS RCPTMAX=1 MAILMAX=1\r\n";
  const auto seen = play({acts}, options(), {message("x\r\n", 2)});
  EXPECT_TRUE(seen.outcomes.at(0).fates[0].delivered());
  EXPECT_EQ(seen.outcomes[0].fates[1].reply.enhanced, "4.5.3");
  EXPECT_FALSE(seen.outcomes[0].connection_usable);
}

// --- TLS

const std::string with_tls = "250-mx.green.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n";
std::vector<Act> tls_acts() {
  auto acts = good_acts();
  acts[1].say = with_tls;
  acts.insert(acts.begin() + 2, {{"STARTTLS", "220 go\r\n", Then::tls}, {"EHLO mx.blue.test", pipelining}});
  return acts;
}

TEST(SmtpClient, GoesToTlsAndSaysEhloAgain) {
  for (const auto need : {TlsNeed::opportunistic, TlsNeed::required, TlsNeed::verified}) {
    auto o = options();
    o.tls = need;
    const auto seen = play({tls_acts()}, o, {message()});
    ASSERT_TRUE(seen.opened);
    EXPECT_TRUE(seen.outcomes[0].fates[0].delivered());
  }
}

// attacks.md B3
TEST(SmtpClient, NeverSendsInClearWhatNeedsTls) {
  for (const auto need : {TlsNeed::required, TlsNeed::verified}) {
    auto o = options();
    o.tls = need;
    const auto seen = play({good_acts()}, o, {message()});
    EXPECT_FALSE(seen.opened);
    EXPECT_EQ(seen.opened.error().code, Errc::unavailable);
    EXPECT_TRUE(seen.tls_failed);
    EXPECT_FALSE(heard(seen, "MAIL"));
  }
  auto o = options();
  o.tls = TlsNeed::opportunistic;
  EXPECT_TRUE(play({good_acts()}, o, {message()}).opened) << "not offered, not needed";
}

TEST(SmtpClient, SaysThatTlsFailed) {
  auto o = options();
  o.tls = TlsNeed::verified;
  Play bad{tls_acts()};
  bad.pipe.verify_error = "self-signed";
  auto seen = play(bad, o, {message()});
  EXPECT_FALSE(seen.opened);
  EXPECT_TRUE(seen.tls_failed);
  EXPECT_TRUE(seen.opened.error().what.contains("TLS handshake failed"));
  o.tls = TlsNeed::opportunistic;
  EXPECT_TRUE(play(bad, o, {message()}).opened) << "opportunistic TLS takes any certificate";
  for (const auto* reply : {"454 not now\r\n", "502 no\r\n"}) {
    auto acts = tls_acts();
    acts[2] = {"STARTTLS", reply};
    seen = play({acts}, o, {message()});
    EXPECT_FALSE(seen.opened);
    EXPECT_TRUE(seen.tls_failed);
    EXPECT_FALSE(heard(seen, "MAIL"));
  }
}

// attacks.md B2
TEST(SmtpClient, AbortsOnBytesBeforeTheHandshake) {
  auto o = options();
  o.tls = TlsNeed::opportunistic;
  for (const std::size_t chunk : {0, 1, 8}) {
    Play injected{tls_acts()};
    injected.acts[2].say = "220 go\r\n250-INJECT\r\n";
    injected.pipe.chunk = chunk;
    const auto seen = play(injected, o, {message()});
    EXPECT_FALSE(seen.opened);
    EXPECT_FALSE(seen.tls_failed) << "or it would get the mail in clear";
    EXPECT_FALSE(heard(seen, "MAIL"));
  }
}

TEST(SmtpClient, LogsInOnlyUnderTls) {
  auto o = options();
  o.user = "u";
  o.password = "pass word";
  auto acts = good_acts();
  acts[1].say = "250-mx\r\n250 AUTH PLAIN\r\n";
  auto seen = play({acts}, o, {message()});
  EXPECT_FALSE(seen.opened);
  EXPECT_FALSE(heard(seen, "AUTH"));
  o.tls = TlsNeed::required;
  acts = tls_acts();
  acts[3].say = "250-mx\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n";
  acts.insert(acts.begin() + 4, {"AUTH PLAIN AHUAcGFzcyB3b3Jk", "235 2.7.0 in\r\n"});
  seen = play({acts}, o, {message()});
  ASSERT_TRUE(seen.opened) << seen.opened.error().text();
  EXPECT_TRUE(seen.outcomes[0].fates[0].delivered());
  for (const auto& spoken : seen.spoken) EXPECT_FALSE(spoken.line.contains("AHUA")) << "a password in the evidence";
  acts[4].say = "535 5.7.8 no\r\n";
  seen = play({acts}, o, {message()});
  EXPECT_FALSE(seen.opened);
  EXPECT_EQ(seen.opened.error().code, Errc::unavailable) << "the message waits until the operator has set it right";
}

// --- Misbehaviour: each step of the dialogue meets each fault (faults.md 8).

struct Fault {
  const char* name;
  Act act;             // replaces say and then
  std::uint16_t code;  // of the fate; 0: none came
};
const Fault faults[] = {
    {"4xx", {"", "451 4.3.0 not now\r\n"}, 451},
    {"5xx", {"", "550 5.3.0 never\r\n"}, 550},
    {"421", {"", "421 4.3.2 going down\r\n", Then::close}, 421},
    {"close", {"", "", Then::close}, 0},
    {"half-close", {"", "", Then::finish}, 0},
    {"silence", {"", "", Then::hang}, 0},
    {"no CRLF", {"", "250 Ok", Then::hang}, 0},
    {"half a code", {"", "55\r\n"}, 0},
    {"garbage", {"", "\x01\xff\x80 what\r\n"}, 0},
    {"NUL", {"", std::string("250 \0\r\n", 7)}, 0},
    {"bare LF", {"", "250 Ok\n"}, 0},
    {"http", {"", "HTTP/1.1 200 OK\r\n\r\n"}, 0},
    {"tarpit", {"", std::string("250-") + std::string(200, 'x') + "\r\n", Then::tarpit}, 0},
};
std::string endless() {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "250-x\r\n";
  return lines;
}

TEST(SmtpClientFaults, AtEachStepEndInOneFate) {
  std::vector<Fault> all(std::begin(faults), std::end(faults));
  const auto many = endless();
  all.push_back({"endless 250-", {"", many}, 0});
  all.push_back({"one endless line", {"", "250 " + std::string(100'000, 'x'), Then::hang}, 0});
  for (std::size_t step = 0; step < 6; ++step) {
    for (const auto& fault : all) {
      auto acts = good_acts();
      acts[step].say = fault.act.say;
      acts[step].then = fault.act.then;
      const auto seen = play({acts}, options(), {message()});
      const auto what = std::string(fault.name) + " at step " + std::to_string(step);
      ASSERT_TRUE(seen.finished) << what;
      EXPECT_LT(seen.took, std::chrono::minutes(40)) << what;
      if (step < 2) {
        // HELO is tried after a 5xx to EHLO, and its answer is silence here.
        EXPECT_FALSE(seen.opened) << what;
        if (step == 0) {
          EXPECT_EQ(seen.opened.error().code == Errc::refused, fault.code >= 500) << what;
        }
        continue;
      }
      ASSERT_EQ(seen.outcomes.size(), 1U) << what;
      const auto& outcome = seen.outcomes[0];
      ASSERT_EQ(outcome.fates.size(), 1U) << what;
      EXPECT_EQ(outcome.fates[0].reply.code, fault.code) << what;
      EXPECT_FALSE(outcome.fates[0].delivered()) << what;
      EXPECT_EQ(outcome.in_doubt, step == 5 && fault.code == 0) << what;
      EXPECT_EQ(outcome.connection_usable, fault.code == 451 || fault.code == 550) << what;
      if (fault.code == 0) {
        EXPECT_FALSE(outcome.fates[0].reply.text.empty()) << what;
      }
    }
  }
}

TEST(SmtpClientFaults, ARefusalDuringTheTextIsHeard) {
  const std::string big(3'000'000, 'x');
  auto acts = good_acts();
  acts[1].say = "250-mx\r\n250 PIPELINING\r\n";
  acts[4] = {"DATA", "354 go\r\n552 5.3.4 too much\r\n", Then::close};
  Play early{acts};
  early.pipe.window = 65'536;
  const auto seen = play(early, options(), {message(big)});
  ASSERT_TRUE(seen.finished);
  EXPECT_EQ(seen.outcomes.at(0).fates[0].reply.code, 552);
  EXPECT_FALSE(seen.outcomes[0].in_doubt);
}

TEST(SmtpClientFaults, AServerThatDoesNotReadIsGivenUp) {
  const std::string big(3'000'000, 'x');
  auto acts = good_acts();
  acts[1].say = "250-mx\r\n250 PIPELINING\r\n";
  acts[4] = {"DATA", "354 go\r\n", Then::hang};
  Play stuck{acts};
  stuck.pipe.window = 65'536;
  const auto seen = play(stuck, options(), {message(big)});
  ASSERT_TRUE(seen.finished);
  EXPECT_EQ(seen.outcomes.at(0).fates[0].reply.code, 0);
  EXPECT_FALSE(seen.outcomes[0].in_doubt) << "the dot was never sent";
  EXPECT_LT(seen.took, std::chrono::minutes(10));
}

TEST(SmtpClientFaults, MailRefusedInAGroupIsTheFateOfAll) {
  auto acts = good_acts();
  acts[2].say = "550 5.7.1 not from you\r\n";
  acts[3].say = "503 need MAIL\r\n";
  acts[4].say = "503 need RCPT\r\n";
  const auto seen = play({acts}, options(), {message()});
  EXPECT_EQ(seen.outcomes.at(0).fates[0].reply.text, "not from you");
}

}  // namespace
}  // namespace posthorn::smtp
