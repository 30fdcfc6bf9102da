// The whole post office in virtual time: what is accepted, where it goes, what comes back (faults.md 1, 3, 7, 8; attacks.md A11-A18).
#include <algorithm>

#include "post/world.h"

namespace posthorn::post {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Strings = std::vector<std::string>;

TEST(Office, CarriesALetterFromBlueToGreen) {
  World w;
  w.start();
  w.green_up();
  const auto reply = w.send({"bob@green.test"});
  ASSERT_EQ(reply.code, 250) << reply.text;
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 1, minutes(1)));
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(1)));
  const auto mail = World::inbox(w.green, w.bob).at(0);
  EXPECT_TRUE(mail.starts_with("Return-Path: <alice@blue.test>\r\nReceived: from mx.blue.test ([198.51.100.1])\r\n\tby mx.green.test")) << mail;
  EXPECT_NE(mail.find("Received: from laptop (authenticated)\r\n\tby mx.blue.test"), std::string::npos);
  EXPECT_NE(mail.find("\r\nMessage-ID: <"), std::string::npos);
  EXPECT_NE(mail.find("\r\nDate: "), std::string::npos);
  EXPECT_TRUE(mail.ends_with("\r\n\r\nHi\r\n"));
  w.pass(hours(48));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
}

TEST(Office, DeliversLocallyAtOnce) {
  World w;
  const auto carol = w.account(w.blue, "carol@blue.test");
  ASSERT_EQ(w.send({"carol@blue.test", "Alice@blue.test", "carol+lists@BLUE.test"}).code, 250);
  EXPECT_EQ(World::inbox(w.blue, carol).size(), 1u);
  EXPECT_EQ(World::inbox(w.blue, w.alice).size(), 1u);
  EXPECT_TRUE(World::queue(w.blue).empty());
}

// faults.md 4: twice the size that the client announces must be free.
TEST(Office, RefusesMailForNowWhileTheDiskHasNoRoomForIt) {
  World w;
  w.account(w.blue, "carol@blue.test");
  w.blue.office.ask_for_room([] { return std::uint64_t{2000}; });
  smtp::MailFrom from;
  from.size = 1001;
  const auto refused = w.hand_in(w.blue, World::stranger(), from, {World::to("carol@blue.test")}, "Subject: x\r\n\r\nHi\r\n");
  EXPECT_EQ(refused.code, 452);
  EXPECT_EQ(refused.enhanced, "4.3.1");
  from.size = 1000;
  EXPECT_EQ(w.hand_in(w.blue, World::stranger(), from, {World::to("carol@blue.test")}, "Subject: x\r\n\r\nHi\r\n").code, 250);
}

TEST(Office, TakesBccOutForEverybody) {
  World w;
  const auto carol = w.account(w.blue, "carol@blue.test");
  ASSERT_EQ(w.send({"carol@blue.test"}, "From: alice@blue.test\r\nBcc: carol@blue.test,\r\n eve@x.test\r\nSubject: x\r\n\r\nHi\r\n").code, 250);
  const auto mail = World::inbox(w.blue, carol).at(0);
  EXPECT_EQ(mail.find("Bcc"), std::string::npos);
  EXPECT_EQ(mail.find("eve@"), std::string::npos);
}

TEST(Office, TriesAgainWithGrowingPauses) {
  World w;
  w.start();
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(hours(3));
  // 5 min, 10, 20, 40, then 67 each, a fifth more or less.
  EXPECT_GE(w.dialer.tries, 5u);
  EXPECT_LE(w.dialer.tries, 8u);
  EXPECT_EQ(World::queue(w.blue).at(0).rounds, w.dialer.tries);
  EXPECT_EQ(World::queue(w.blue).at(0).begun, 0u);
  w.green_up();
  EXPECT_TRUE(w.wait_for_mail(w.green, w.bob, 1, hours(2)));
  EXPECT_TRUE(World::queue(w.blue).empty());
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
}

TEST(Office, WarnsOnceAndGivesUpAfterFiveDays) {
  World w;
  w.start();
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(hours(30));
  EXPECT_EQ(w.reports("delayed"), 1u);
  EXPECT_EQ(w.reports("failed"), 0u);
  w.pass(hours(88));
  EXPECT_EQ(w.reports("failed"), 0u);
  w.pass(hours(6));
  EXPECT_EQ(w.reports("delayed"), 1u);
  ASSERT_EQ(w.reports("failed"), 1u);
  EXPECT_TRUE(World::queue(w.blue).empty());
  const auto dsn = World::inbox(w.blue, w.alice).back();
  EXPECT_TRUE(dsn.starts_with("Return-Path: <>\r\n"));
  EXPECT_NE(dsn.find("Final-Recipient: rfc822; bob@green.test\r\n"), std::string::npos);
  EXPECT_NE(dsn.find("\r\nStatus: 5.4.1\r\n"), std::string::npos) << dsn;
  w.green_up();
  w.pass(hours(24));
  EXPECT_TRUE(World::inbox(w.green, w.bob).empty());
}

TEST(Office, ReturnsOnlyWhoWasRefused) {
  World w;
  w.start();
  w.green_up();
  ASSERT_EQ(w.send({"bob@green.test", "nobody@green.test"}).code, 250);
  ASSERT_TRUE(w.wait_for_mail(w.blue, w.alice, 1, minutes(5)));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  const auto dsn = World::inbox(w.blue, w.alice).at(0);
  EXPECT_NE(dsn.find("Final-Recipient: rfc822; nobody@green.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"), std::string::npos) << dsn;
  EXPECT_EQ(dsn.find("bob@green.test\r\nAction"), std::string::npos);
  EXPECT_NE(dsn.find("Subject: Hello"), std::string::npos);
  EXPECT_TRUE(World::queue(w.blue).empty());
  w.pass(hours(24));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_EQ(World::inbox(w.blue, w.alice).size(), 1u);
}

// faults.md 8: what a remote may do to us. All of it ends in a retry; then the real server takes the letter.
struct Misdeed {
  const char* name;
  std::function<std::optional<std::string>(const std::string&)> bad;
  bool text_heard = false;  // the fake has had the whole text
  bool in_doubt = false;    // and its answer was lost
};

std::function<std::optional<std::string>(const std::string&)> at(const std::string& start, const std::string& answer) {
  return [start, answer](const std::string& line) -> std::optional<std::string> {
    if (start.empty() ? line.empty() : line.starts_with(start)) return answer;
    return std::nullopt;
  };
}

class Misdeeds : public testing::TestWithParam<Misdeed> {};

TEST_P(Misdeeds, LoseNothing) {
  World w;
  w.start();
  const auto& deed = GetParam();
  std::size_t texts = 0;
  w.dialer.fake("8.8.8.1", mostly_good([&](const std::string& line) {
    if (line == ".") ++texts;
    return deed.bad(line);
  }));
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(hours(1));
  ASSERT_EQ(World::queue(w.blue).size(), 1u);
  const auto entry = World::queue(w.blue).at(0);
  EXPECT_GE(entry.rounds, 1u) << "an attempt takes too long";
  EXPECT_EQ(entry.recipients.at(0).state, RecipientState::waiting);
  EXPECT_NE(entry.recipients.at(0).text, "");
  EXPECT_FALSE(entry.held);
  EXPECT_EQ(entry.in_doubt, deed.in_doubt);
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
  EXPECT_EQ(texts > 0, deed.text_heard);
  w.green_up();
  EXPECT_TRUE(w.wait_for_mail(w.green, w.bob, 1, hours(6)));
  w.pass(hours(24));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_TRUE(World::queue(w.blue).empty());
  EXPECT_EQ(w.reports("failed"), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Remote, Misdeeds,
    testing::Values(Misdeed{"greets_421", at("", "421 busy")}, Misdeed{"greets_450", at("", "450 later")}, Misdeed{"greets_554", at("", "554 go away")},
                    Misdeed{"closes_at_once", at("", "CLOSE")}, Misdeed{"never_greets", at("", "HANG")}, Misdeed{"greets_garbage", at("", "\x16\x03\x01 HTTP/1.1 200 OK")},
                    Misdeed{"half_closes", at("", "HALF 220 hello")}, Misdeed{"refuses_helo", [](const std::string& line) -> std::optional<std::string> {
                              if (line.starts_with("EHLO") || line.starts_with("HELO")) return "451 no";
                              return std::nullopt;
                            }},
                    Misdeed{"closes_at_ehlo", at("EHLO", "CLOSE")}, Misdeed{"mail_421", at("MAIL", "421 closing")}, Misdeed{"mail_451", at("MAIL", "451 later")},
                    Misdeed{"mail_garbage", at("MAIL", "what?")}, Misdeed{"mail_hangs", at("MAIL", "HANG")}, Misdeed{"rcpt_450", at("RCPT", "450 4.2.0 greylisted")},
                    Misdeed{"rcpt_452", at("RCPT", "452 too many")}, Misdeed{"rcpt_closes", at("RCPT", "CLOSE")}, Misdeed{"rcpt_endless", at("RCPT", "250-" + std::string(100'000, 'x'))},
                    Misdeed{"data_451", at("DATA", "451 no")}, Misdeed{"data_250", at("DATA", "250 what text?")}, Misdeed{"data_hangs", at("DATA", "HANG")},
                    Misdeed{"tarpit", [](const std::string&) -> std::optional<std::string> { return "SLOW 451 slowly"; }},
                    Misdeed{"end_452", at(".", "452 disk full"), true}, Misdeed{"end_lost", at(".", "CLOSE"), true, true}, Misdeed{"end_hangs", at(".", "HANG"), true, true},
                    Misdeed{"end_garbage", at(".", "thank you"), true, true}),
    [](const testing::TestParamInfo<Misdeed>& row) { return std::string(row.param.name); });

TEST(Office, GoesToTheNextHost) {
  for (const auto* first : {"421 busy", "CLOSE", "220 fine"}) {
    World w;
    w.start();
    const std::string greeting = first;
    w.dialer.fake("8.8.8.3", mostly_good([greeting](const std::string& line) -> std::optional<std::string> {
      if (line.empty()) return greeting;
      if (line.starts_with("MAIL")) return "421 closing";
      return std::nullopt;
    }));
    std::size_t got = 0;
    w.dialer.fake("8.8.8.4", mostly_good([&got](const std::string& line) -> std::optional<std::string> {
      if (line == ".") ++got;
      return std::nullopt;
    }));
    ASSERT_EQ(w.send({"x@red.test"}).code, 250);
    EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(4))) << first;
    EXPECT_EQ(got, 1u);
  }
}

// faults.md 9: the queue waits as long as it would have, and goes on trying, whatever is done to the wall clock.
TEST(Office, AJumpOfTheClockNeitherReturnsNorForgetsMail) {
  constexpr auto decade = hours(87'600);
  for (const auto jump : {hours(1), hours(-1), decade, -decade}) {
    for (const auto back : {hours(0), -jump}) {
      World w;
      w.start();
      ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
      w.pass(hours(2));
      w.clock.jump_wall(jump);
      w.pass(hours(10));
      w.clock.jump_wall(back);
      const auto tries = w.dialer.tries;
      w.pass(hours(106));
      EXPECT_GE(w.dialer.tries, tries + 70) << jump.count() << " h: it stopped trying";
      EXPECT_EQ(w.reports("failed"), 0u) << jump.count() << " h: returned too early";
      EXPECT_EQ(World::queue(w.blue).size(), 1u);
      w.pass(hours(8));
      EXPECT_EQ(w.reports("failed"), 1u) << jump.count() << " h: never returned";
      EXPECT_GE(w.blue.log.count("clock.jumped"), 1u);
    }
  }
}

// Found by the simulation, seeds 245, 329 and 354: what is due in ten years counts as due now, and was taken up again and again at
// once while its new time could not be written.
TEST(Office, AClockThatWasAheadAndADiskThatFailsDoNotSpin) {
  store::Fault fault;
  World w({}, {.fault = &fault});
  w.check = false;
  w.start();
  w.clock.jump_wall(hours(87'600));
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(minutes(1));
  w.clock.jump_wall(-hours(87'600));
  fault.at(0);
  w.pass(hours(2));
  EXPECT_TRUE(fault.fired());
  EXPECT_LE(w.blue.log.count("queue.unreadable"), 30u);
}

TEST(Office, ARestartWithAWrongClockReturnsNothing) {
  for (const auto off : {hours(87'600), hours(-87'600)}) {
    World w;
    w.start();
    w.check = false;
    ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
    w.pass(hours(30));
    World after({}, w, 1);
    after.clock.jump_wall(off);
    after.start();
    after.pass(hours(60));
    EXPECT_EQ(after.reports("failed"), 0u) << off.count();
    EXPECT_EQ(World::queue(after.blue).size(), 1u);
    after.green_up();
    EXPECT_TRUE(after.wait_for_mail(after.green, after.bob, 1, hours(2))) << off.count();
  }
}

TEST(Office, NeverReturnsMailBecauseDnsIsBroken) {
  for (const auto mood : {FakeDns::Mood::servfail, FakeDns::Mood::slow_servfail}) {
    World w;
    w.start();
    w.green_up();
    w.resolver.mood = mood;
    for (int i = 0; i < 20; ++i) ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
    w.pass(hours(100));
    EXPECT_EQ(World::queue(w.blue).size(), 20u);
    EXPECT_EQ(w.reports("failed"), 0u);
    EXPECT_EQ(World::queue(w.blue).at(0).recipients.at(0).enhanced, "4.4.3");
    w.resolver.mood = FakeDns::Mood::good;
    EXPECT_TRUE(w.wait_for_mail(w.green, w.bob, 20, hours(3)));
    w.pass(hours(48));
    EXPECT_EQ(World::inbox(w.green, w.bob).size(), 20u);
    EXPECT_EQ(w.reports("failed"), 0u);
  }
}

TEST(Office, ReturnsWhatDnsRulesOut) {
  World w;
  w.start();
  ASSERT_EQ(w.send({"x@null.test", "y@nowhere.test"}).code, 250);
  ASSERT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(5)));
  std::string all;
  for (const auto& m : World::inbox(w.blue, w.alice)) all += m;
  EXPECT_NE(all.find("x@null.test\r\nAction: failed\r\nStatus: 5.1.10\r\n"), std::string::npos) << all;
  EXPECT_NE(all.find("y@nowhere.test\r\nAction: failed\r\nStatus: 5.1.2\r\n"), std::string::npos);
}

TEST(Office, WritesNoReportToNobody) {
  World w;
  w.start();
  w.green_up();
  ASSERT_EQ(w.hand_in(w.blue, w.submitter(), World::from(""), {World::to("nobody@green.test")}, World::letter()).code, 250);
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(5)));
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
  EXPECT_TRUE(World::inbox(w.green, w.bob).empty());
}

TEST(Office, HonoursNotify) {
  World w;
  w.start();
  w.green_up();
  auto silent = World::to("nobody@green.test");
  silent.notify = {true, true, false, false, false};
  ASSERT_EQ(w.hand_in(w.blue, w.submitter(), World::from("alice@blue.test"), {silent}, World::letter()).code, 250);
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(5)));
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
  // Local success.
  const auto carol = w.account(w.blue, "carol@blue.test");
  auto glad = World::to("carol@blue.test");
  glad.notify = {true, false, true, false, false};
  ASSERT_EQ(w.hand_in(w.blue, w.submitter(), World::from("alice@blue.test"), {glad}, World::letter()).code, 250);
  EXPECT_EQ(World::inbox(w.blue, carol).size(), 1u);
  EXPECT_EQ(w.reports("delivered"), 1u);
  // A server without DSN: handed on.
  w.dialer.fake("8.8.8.1", mostly_good([](const std::string&) { return std::nullopt; }));
  auto far = World::to("bob@green.test");
  far.notify = {true, false, true, false, false};
  ASSERT_EQ(w.hand_in(w.blue, w.submitter(), World::from("alice@blue.test"), {far}, World::letter()).code, 250);
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(5)));
  EXPECT_EQ(w.reports("relayed"), 1u);
}

TEST(Office, KeepsAStrangersForwardThatFailsInsteadOfReturningIt) {
  World w;
  w.start();
  w.green_up();
  ASSERT_TRUE(w.run(w.blue.store.set_alias("fan@blue.test", {"nobody@green.test"})));
  ASSERT_EQ(w.hand_in(w.blue, World::stranger(), World::from("victim@red.test"), {World::to("fan@blue.test")}, World::letter()).code, 250);
  ASSERT_TRUE(w.wait([&] { return !World::queue(w.blue).empty() && World::queue(w.blue)[0].held; }, minutes(5)));
  w.pass(hours(200));
  const auto entries = World::queue(w.blue);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_NE(entries[0].held_because.find("not authenticated"), std::string::npos);
  EXPECT_EQ(w.blue.log.count("dsn.sent"), 0u);
  // The operator mends green and lets it go.
  const auto nobody = w.account(w.green, "nobody@green.test");
  ASSERT_TRUE(w.run(w.blue.sender.retry(entries[0].id)));
  EXPECT_TRUE(w.wait_for_mail(w.green, nobody, 1, minutes(5)));
  EXPECT_TRUE(World::queue(w.blue).empty());
}

TEST(Office, ForwardsAliasesOnceToEach) {
  World w;
  w.start();
  w.green_up();
  ASSERT_TRUE(w.run(w.blue.store.set_alias("team@blue.test", {"alice@blue.test", "bob@green.test", "all@blue.test"})));
  ASSERT_TRUE(w.run(w.blue.store.set_alias("all@blue.test", {"bob@green.test", "team@blue.test"})));
  ASSERT_EQ(w.hand_in(w.blue, World::stranger(), World::from("x@red.test"), {World::to("team@blue.test"), World::to("all@blue.test")}, World::letter()).code, 250);
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 1, minutes(5)));
  w.pass(hours(2));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_EQ(World::inbox(w.blue, w.alice).size(), 1u);
  // Under an address of blue's, by which a notice, and nothing else, finds the way back (attacks.md C14).
  EXPECT_TRUE(World::inbox(w.blue, w.alice)[0].starts_with("Return-Path: <x@red.test>"));
  const auto there = World::inbox(w.green, w.bob)[0];
  ASSERT_TRUE(there.starts_with("Return-Path: <SRS0=")) << there;
  const auto path = there.substr(14, there.find('>') - 14);
  EXPECT_TRUE(path.ends_with("=red.test=x@blue.test")) << path;
  EXPECT_EQ(w.hand_in(w.blue, World::stranger(), World::from("x@red.test"), {World::to(path)}, World::letter()).code, 550);
  EXPECT_EQ(w.hand_in(w.blue, World::stranger(), smtp::MailFrom(), {World::to(path)}, World::letter()).code, 250);
  ASSERT_EQ(World::queue(w.blue).size(), 1u);
  EXPECT_EQ(World::queue(w.blue)[0].recipients.at(0).to.recipient.text(), "x@red.test");
}

// attacks.md B2: answers in clear behind STARTTLS are an attack, and no reason to go on in clear.
TEST(Office, B2_GivesAServerUpThatAnswersInClearBehindStarttls) {
  World w;
  w.start();
  std::size_t texts = 0;
  w.dialer.fake("8.8.8.1", mostly_good([&texts](const std::string& line) -> std::optional<std::string> {
    if (line.starts_with("EHLO")) return "250-fake\r\n250 STARTTLS";
    if (line.starts_with("STARTTLS")) return "220 go\r\n250 injected";
    if (line == ".") ++texts;
    return std::nullopt;
  }));
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  EXPECT_FALSE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(20)));
  EXPECT_EQ(texts, 0u);
  EXPECT_EQ(w.blue.log.count("delivery.in_clear"), 0u);
}

TEST(Office, GoesInClearIfTlsIsBrokenAndSaysSo) {
  for (const auto* answer : {"454 no TLS now", "CLOSE", "HANG"}) {
    World w;
    w.start();
    std::size_t texts = 0;
    const std::string starttls = answer;
    w.dialer.fake("8.8.8.1", mostly_good([&texts, starttls](const std::string& line) -> std::optional<std::string> {
      if (line.starts_with("EHLO")) return "250-fake\r\n250 STARTTLS";
      if (line.starts_with("STARTTLS")) return starttls;
      if (line == ".") ++texts;
      return std::nullopt;
    }));
    ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
    EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(20))) << answer;
    EXPECT_EQ(texts, 1u);
    EXPECT_EQ(w.dialer.connections, 2u);
    EXPECT_EQ(w.blue.log.count("delivery.in_clear"), 1u) << answer;
    EXPECT_EQ(w.blue.log.count("tls=none cipher"), 1u);
  }
}

TEST(Office, UsesTlsWhereItWorks) {
  World w;
  w.start();
  w.green_up();
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 1, minutes(5)));
  EXPECT_NE(World::inbox(w.green, w.bob)[0].find(" with ESMTPS\r\n"), std::string::npos);
  EXPECT_EQ(w.blue.log.count("delivery.in_clear"), 0u);
}

TEST(Office, ObeysItsOperator) {
  World w;
  w.start();
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(minutes(1));
  const auto id = World::queue(w.blue).at(0).id;
  auto& queue = w.blue.sender.queue();
  ASSERT_TRUE(w.run(queue.hold(id, "wait")));
  w.green_up();
  w.pass(hours(300));
  EXPECT_TRUE(World::inbox(w.green, w.bob).empty());
  EXPECT_EQ(World::queue(w.blue).at(0).held_because, "wait");
  EXPECT_EQ(w.reports("failed"), 0u);
  ASSERT_TRUE(w.run(w.blue.sender.retry(id)));
  EXPECT_TRUE(w.wait_for_mail(w.green, w.bob, 1, minutes(1)));
  EXPECT_FALSE(w.run(w.blue.sender.retry(id)));

  w.green_down();
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(minutes(1));
  ASSERT_TRUE(w.run(queue.drop(World::queue(w.blue).at(0).id)));
  w.green_up();
  w.pass(hours(200));
  EXPECT_TRUE(World::queue(w.blue).empty());
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
}

TEST(Office, RetriesAtOnceWhenToldButKeepsThePauseAfterIt) {
  World w;
  w.start();
  ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(minutes(40));
  const auto tries = w.dialer.tries;
  ASSERT_TRUE(w.run(w.blue.sender.retry(World::queue(w.blue).at(0).id)));
  w.pass(seconds(10));
  EXPECT_EQ(w.dialer.tries, tries + 1);
  const auto due = World::queue(w.blue).at(0).due;
  w.pass(std::chrono::duration_cast<seconds>(due - w.clock.now()) - seconds(5));
  EXPECT_EQ(w.dialer.tries, tries + 1) << "the wake-up of before the retry was taken for one of now";
}

TEST(Office, ASlowHostDoesNotHoldUpTheOthersNorTheNextConnection) {
  World w;
  w.start();
  int count = 0;
  w.dialer.fake("8.8.8.1", [&count](const std::string& line) -> std::string {
    if (line.empty() && ++count == 1) return "HANG";
    return mostly_good([](const std::string&) { return std::nullopt; })(line);
  });
  ASSERT_EQ(w.send({"first@green.test"}).code, 250);
  w.pass(seconds(1));
  ASSERT_EQ(w.send({"second@green.test"}).code, 250);
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).size() == 1; }, seconds(10)));
  EXPECT_EQ(World::queue(w.blue).at(0).recipients.at(0).to.recipient.local, "first");
}

TEST(Office, OpensFewConnectionsToOneDestination) {
  World w;
  w.start();
  w.dialer.fake("8.8.8.1", mostly_good(at(".", "SLOW 250 ok")));
  for (int i = 0; i < 30; ++i) ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.pass(seconds(100));
  EXPECT_EQ(w.dialer.most_open, 5u);
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, hours(1)));
  EXPECT_LE(w.dialer.most_open, 20u);
  EXPECT_LE(w.dialer.connections, 20u);
}

TEST(Office, OpensFewConnectionsInAll) {
  Options few;
  few.connections = 10;  // a fifth of them to one destination
  World w(few);
  w.start();
  for (const auto* address : {"8.8.8.1", "8.8.8.3"}) w.dialer.fake(address, mostly_good(at(".", "SLOW 250 ok")));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(w.send({"bob@green.test", "x@red.test"}).code, 250);
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, hours(3)));
  EXPECT_EQ(w.dialer.most_open, 4u);
}

TEST(Office, SendsManyMessagesOverOneConnection) {
  Options o;
  o.start_concurrency = o.most_concurrency = 1;
  o.messages_per_connection = 4;
  World w(o);
  w.green_up();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(w.send({"bob@green.test"}).code, 250);
  w.start();
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 10, minutes(5)));
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, minutes(1)));
  EXPECT_EQ(w.dialer.connections, 3u);
}

TEST(Office, ForgetsNoLetterWhoseJobsEndTogether) {
  World w;
  w.start();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(w.send({"bob@green.test", "x@red.test"}).code, 250);
  w.pass(hours(2));
  for (const auto& e : World::queue(w.blue)) EXPECT_GE(e.rounds, 4u);
  w.green_up();
  std::size_t red = 0;
  w.dialer.fake("8.8.8.3", mostly_good([&red](const std::string& line) -> std::optional<std::string> {
    if (line == ".") ++red;
    return std::nullopt;
  }));
  EXPECT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, hours(3)));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 10u);
  EXPECT_EQ(red, 10u);
}

TEST(Office, AFullMailboxOfTheSenderSendsNothingTwice) {
  World w;
  w.start();
  w.green_up();
  ASSERT_EQ(w.send({"bob@green.test", "nobody@green.test"}).code, 250);
  ASSERT_TRUE(w.run(w.blue.store.set_account("alice@blue.test", std::nullopt, 1)));
  w.pass(hours(24));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
  const auto entries = World::queue(w.blue);
  ASSERT_EQ(entries.size(), 1u) << "what nobody could be told of is kept";
  EXPECT_TRUE(entries[0].held);
  EXPECT_GE(w.blue.log.count("dsn.undeliverable"), 1u);
  // With room again and a retry the report comes.
  ASSERT_TRUE(w.run(w.blue.store.set_account("alice@blue.test", std::nullopt, 0)));
  ASSERT_TRUE(w.run(w.blue.sender.retry(entries[0].id)));
  ASSERT_TRUE(w.wait_for_mail(w.blue, w.alice, 1, minutes(5)));
  EXPECT_EQ(World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_EQ(w.reports("failed"), 1u);
}

TEST(Office, HoldsWhatStopsTheServerThreeTimesAndNothingElse) {
  Options one;
  one.connections = one.start_concurrency = one.most_concurrency = 1;
  // The first to be sent is begun once, then the smallest id comes first: after five crashes that one is held.
  auto w = std::make_unique<World>(one);
  w->dialer.fake("8.8.8.1", mostly_good(at("MAIL", "HANG")));
  for (int i = 0; i < 5; ++i) ASSERT_EQ(w->send({"bob@green.test"}).code, 250);
  for (int crash = 0; crash < 5; ++crash) {
    w->dialer.fake("8.8.8.1", mostly_good(at("MAIL", "HANG")));
    w->start();
    w->pass(seconds(30));
    if (crash < 3) {
      EXPECT_EQ(*w->dialer.open, 1u);
    }
    auto next = std::make_unique<World>(one, *w, static_cast<std::uint64_t>(crash));
    w->check = false;
    w = std::move(next);
  }
  std::size_t held = 0;
  for (const auto& e : World::queue(w->blue)) {
    held += e.held ? 1 : 0;
    if (!e.held) { EXPECT_LE(e.begun, 2u); }
    if (e.held) { EXPECT_NE(e.held_because.find("stopped three times"), std::string::npos); }
  }
  EXPECT_EQ(held, 1u);
  w->green_up();
  w->start();
  EXPECT_TRUE(w->wait_for_mail(w->green, w->bob, 4, hours(1)));
}

TEST(Office, AnOrderlyStopIsNoCrash) {
  auto w = std::make_unique<World>();
  for (int i = 0; i < 30; ++i) ASSERT_EQ(w->send({"bob@green.test", "x@red.test"}).code, 250);
  for (int stop = 0; stop < 5; ++stop) {
    for (const auto* a : {"8.8.8.1", "8.8.8.3"}) w->dialer.fake(a, mostly_good(at("MAIL", "SLOW 451 later")));
    w->start();
    w->pass(seconds(30));
    w->blue.sender.stop();
    EXPECT_TRUE(w->wait([&] { return w->blue.sender.active() == 0; }, minutes(30)));
    w->pass(hours(2));  // so that all is due again
    auto next = std::make_unique<World>(Options{}, *w, 1);
    next->clock.advance(hours(3) * (stop + 1));
    w = std::move(next);
  }
  for (const auto& e : World::queue(w->blue)) {
    EXPECT_FALSE(e.held) << e.held_because;
    EXPECT_EQ(e.begun, 0u);
  }
}

TEST(Office, RefusesInTheSession) {
  World w;
  const auto as = [&](const smtp::Peer& peer, const std::string& from, const std::string& to, const std::string& text = World::letter()) {
    const auto reply = w.hand_in(w.blue, peer, World::from(from), {World::to(to)}, text);
    return std::to_string(reply.code) + " " + reply.enhanced;
  };
  const auto stranger = World::stranger();
  auto logged_in_on_25 = w.submitter();
  logged_in_on_25.submission = false;
  const auto alice = w.submitter();
  auto nobody = alice;
  nobody.account.reset();

  EXPECT_EQ(as(stranger, "x@red.test", "bob@green.test"), "550 5.7.1");
  EXPECT_EQ(as(logged_in_on_25, "alice@blue.test", "bob@green.test"), "550 5.7.1");
  EXPECT_EQ(as(stranger, "x@red.test", "unknown@blue.test"), "550 5.1.1");
  EXPECT_EQ(as(alice, "alice@blue.test", "bob@[192.0.2.1]"), "550 5.1.2");
  EXPECT_EQ(as(nobody, "alice@blue.test", "bob@green.test"), "553 5.7.1");
  EXPECT_EQ(as(stranger, "x@red.test", "alice@blue.test"), "250 2.0.0");
  EXPECT_TRUE(World::queue(w.blue).empty());
}

TEST(Office, RefusesAFullMailboxAtRcpt) {
  World w;
  w.account(w.blue, "full@blue.test", 300);
  const auto peer = World::stranger();
  auto sized = World::from("x@red.test");
  sized.size = 1000;
  const auto reply = w.run(w.blue.office.rcpt(peer, sized, World::to("full@blue.test")));
  EXPECT_EQ(reply.code, 552);
  EXPECT_EQ(reply.enhanced, "5.2.2");
  ASSERT_EQ(w.hand_in(w.blue, peer, World::from("x@red.test"), {World::to("full@blue.test")}, "Subject: a\r\n\r\nb\r\n").code, 250);
  // The next brings more than there is room for, and did not say so before: one refusal of the text would be one of all recipients.
  const auto text = std::string(400, 'x') + "\r\n";
  const auto second = w.hand_in(w.blue, peer, World::from("x@red.test"), {World::to("full@blue.test")}, text);
  EXPECT_EQ(second.code, 452) << second.text;
  const auto third = w.hand_in(w.blue, peer, World::from("x@red.test"), {World::to("full@blue.test"), World::to("alice@blue.test")}, text);
  EXPECT_EQ(third.code, 250) << third.text;
  EXPECT_EQ(World::inbox(w.blue, w.alice).size(), 1u);
}

TEST(Office, LetsPeopleSendAsThemselvesOnly) {
  Options o;
  o.senders_for_any = {"gateway@blue.test"};
  World w(o);
  w.account(w.blue, "carol@blue.test");
  w.account(w.blue, "gateway@blue.test");
  ASSERT_TRUE(w.run(w.blue.store.set_alias("sales@blue.test", {"alice@blue.test"})));
  ASSERT_TRUE(w.run(w.blue.store.set_alias("both@blue.test", {"alice@blue.test", "carol@blue.test"})));
  const auto send = [&](const smtp::Peer& peer, const std::string& from, const std::string& header) {
    const auto reply = w.hand_in(w.blue, peer, World::from(from), {World::to("carol@blue.test")}, header + "\r\n\r\nx\r\n");
    return std::to_string(reply.code) + " " + reply.enhanced;
  };
  const auto alice = w.submitter();
  EXPECT_EQ(send(alice, "alice@blue.test", "From: alice@blue.test"), "250 2.0.0");
  EXPECT_EQ(send(alice, "Alice@blue.test", "From: ALICE@blue.test"), "250 2.0.0");
  EXPECT_EQ(send(alice, "", "From: alice@blue.test"), "250 2.0.0");
  EXPECT_EQ(send(alice, "alice+x@blue.test", "From: alice+y@blue.test"), "250 2.0.0");
  EXPECT_EQ(send(alice, "sales@blue.test", "From: Sales <sales@blue.test>\r\nSender: alice@blue.test"), "250 2.0.0");
  EXPECT_EQ(send(alice, "carol@blue.test", "From: alice@blue.test"), "553 5.7.1");
  EXPECT_EQ(send(alice, "both@blue.test", "From: alice@blue.test"), "553 5.7.1");
  EXPECT_EQ(send(alice, "ceo@red.test", "From: alice@blue.test"), "553 5.7.1");
  EXPECT_EQ(send(alice, "alice@blue.test", "From: carol@blue.test"), "553 5.7.1");
  EXPECT_EQ(send(alice, "alice@blue.test", "From: alice@blue.test, carol@blue.test"), "553 5.7.1");
  EXPECT_EQ(send(alice, "alice@blue.test", "From: alice@blue.test\r\nSender: carol@blue.test"), "553 5.7.1");
  EXPECT_EQ(send(alice, "alice@blue.test", "From: alice@blue.test\r\nFrom: carol@blue.test"), "553 5.7.1");
  EXPECT_EQ(send(alice, "alice@blue.test", "Subject: no From"), "550 5.6.0");
  EXPECT_EQ(send(w.submitter("gateway@blue.test"), "ceo@red.test", "From: ceo@red.test"), "250 2.0.0");
  auto nobody = alice;
  nobody.account.reset();
  EXPECT_EQ(send(nobody, "alice@blue.test", "From: alice@blue.test"), "553 5.7.1");
}

TEST(Office, RefusesWhatGoesInCircles) {
  World w;
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "Received: from a by b; date\r\n";
  const auto send = [&](const std::string& text) {
    return w.hand_in(w.blue, World::stranger(), World::from("x@red.test"), {World::to("alice@blue.test")}, text).code;
  };
  EXPECT_EQ(send(hundred + "\r\nReceived: in the text\r\n"), 250);
  EXPECT_EQ(send("Received: one more\r\n" + hundred + "\r\nx\r\n"), 554);
  EXPECT_EQ(World::inbox(w.blue, w.alice).size(), 1u);
}

TEST(Office, ALoopBetweenTwoServersEnds) {
  World w;
  w.start();
  w.green_up();
  w.dialer.hosts["8.8.8.3"] = [&w](std::unique_ptr<Stream> s) { w.blue.serve(std::move(s)); };
  ASSERT_TRUE(w.run(w.blue.store.add_domain("red.test")));
  ASSERT_TRUE(w.run(w.blue.store.set_alias("ping@red.test", {"pong@green.test"})));
  ASSERT_TRUE(w.run(w.green.store.set_alias("pong@green.test", {"ping@red.test"})));
  ASSERT_EQ(w.send({"pong@green.test"}).code, 250);
  EXPECT_TRUE(w.wait([&] { return w.blue.log.count("queue.held") + w.green.log.count("queue.held") > 0; }, hours(10)));
  EXPECT_LE(w.dialer.connections, 110u);
  w.pass(hours(200));
  EXPECT_EQ(World::queue(w.blue).size() + World::queue(w.green).size(), 1u);
  EXPECT_TRUE(World::inbox(w.blue, w.alice).empty());
}

TEST(Office, TakesMailForPostmasterWithoutADomain) {
  World w;
  smtp::RcptTo postmaster;
  postmaster.recipient.local = "Postmaster";
  const auto send = [&] { return w.hand_in(w.blue, World::stranger(), World::from("x@red.test"), {postmaster}, World::letter()); };
  EXPECT_EQ(send().code, 550);
  ASSERT_TRUE(w.run(w.blue.store.add_domain("aqua.test")));
  ASSERT_TRUE(w.run(w.blue.store.set_alias("postmaster@blue.test", {"alice@blue.test"})));
  EXPECT_EQ(send().code, 250);
  ASSERT_EQ(World::inbox(w.blue, w.alice).size(), 1u);
  EXPECT_NE(World::inbox(w.blue, w.alice)[0].find("for <Postmaster@blue.test>"), std::string::npos);
}

TEST(Office, CountsTextUnderWay) {
  Options o;
  o.receive_budget = 1000;
  World w(o);
  EXPECT_TRUE(w.blue.office.reserve(600));
  EXPECT_FALSE(w.blue.office.reserve(401));
  EXPECT_TRUE(w.blue.office.reserve(400));
  EXPECT_FALSE(w.blue.office.reserve(~std::uint64_t{0}));
  w.blue.office.release(1000);
  EXPECT_TRUE(w.blue.office.reserve(1000));
}

// faults.md 2: after a power cut at any step there is all of an acknowledged letter, and of any letter all or nothing.
TEST(Office, APowerCutNeverLeavesHalfALetter) {
  store::Fault fault;
  std::size_t acknowledged = 0, kept = 0;
  World base;
  const auto carol = base.account(base.blue, "carol@blue.test");
  for (std::size_t n = 0; fault.at(n); ++n) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      fault.at(n);
      World w({}, base, 0, {.fault = &fault});
      w.check = false;
      std::vector<smtp::Reply> replies;
      for (int i = 0; i < 3; ++i) replies.push_back(w.send({"alice@blue.test", "carol@blue.test", "bob@green.test"}, World::letter("number " + std::to_string(i))));
      World after({}, w, seed);
      const auto a = World::inbox(after.blue, w.alice), c = World::inbox(after.blue, carol);
      const auto q = World::queue(after.blue);
      EXPECT_EQ(a.size(), c.size());
      EXPECT_EQ(a.size(), q.size());
      for (const auto& e : q) EXPECT_TRUE(after.blue.sender.queue().message(e));
      for (std::size_t i = 0; i < replies.size(); ++i) {
        const bool there = i < a.size() && a[i].contains("Subject: number " + std::to_string(i));
        if (replies[i].code == 250) { EXPECT_TRUE(there) << "step " << n << " seed " << seed; }
        else { EXPECT_EQ(replies[i].code, 451); }
        acknowledged += replies[i].code == 250 ? 1 : 0;
        kept += there ? 1 : 0;
      }
    }
    fault.at(n);
    World last({}, base, 0, {.fault = &fault});  // the loop ends when a whole run meets no fault
    last.check = false;
    for (int i = 0; i < 3; ++i) static_cast<void>(last.send({"alice@blue.test", "carol@blue.test", "bob@green.test"}));
  }
  EXPECT_GT(acknowledged, 0u);
  EXPECT_GT(kept, acknowledged) << "no cut between durable and told was tried";
}

}  // namespace
}  // namespace posthorn::post
