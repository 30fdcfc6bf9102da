// Answers of those who are away: to whom they go and to whom never (RFC 3834, RFC 5230 4.5, 4.6), what they say, how often, and that they are
// part of the delivery.
#include "post/vacation.h"

#include <algorithm>

#include "base/text.h"
#include "post/world.h"

namespace posthorn::post {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

std::string head(const std::string& more = {}) { return "From: bob@green.test\r\nTo: Alice <alice@blue.test>\r\nSubject: Lunch\r\nMessage-ID: <1@green.test>\r\n" + more + "\r\nHi\r\n"; }

TEST(Vacation, LettersOfProgramsAndListsGetNoAnswer) {
  struct Row {
    const char* sender;
    const char* fields;
    bool answered;
  };
  constexpr Row rows[] = {
      {"bob@green.test", "", true},
      {"bob@green.test", "Auto-Submitted: no\r\n", true},
      {"bob@green.test", "Auto-Submitted: No (a person)\r\n", true},
      {"bob@green.test", "Precedence: first-class\r\n", true},
      {"postmaster@green.test", "", true},  // rfc:5230#4.6 those are people
      {"owner@green.test", "", true},
      {"", "", false},
      {"bob@green.test", "Auto-Submitted: auto-replied\r\n", false},
      {"bob@green.test", "Auto-Submitted: auto-generated; x=y\r\n", false},
      {"bob@green.test", "auto-submitted:\r\n auto-notified\r\n", false},
      {"bob@green.test", "Auto-Submitted: no\r\nAuto-Submitted: auto-replied\r\n", false},
      {"bob@green.test", "List-Id: <x.green.test>\r\n", false},
      {"bob@green.test", "LIST-UNSUBSCRIBE: <mailto:x@green.test>\r\n", false},
      {"bob@green.test", "List-Post: NO\r\n", false},
      {"bob@green.test", "Precedence: bulk\r\n", false},
      {"bob@green.test", "Precedence: LIST \r\n", false},
      {"bob@green.test", "Precedence: junk\r\n", false},
      {"bob@green.test", "X-Auto-Response-Suppress: All\r\n", false},
      {"bob@green.test", "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n", false},
      {"MAILER-DAEMON@green.test", "", false},
      {"owner-list@green.test", "", false},
      {"list-request@green.test", "", false},
      {"LISTSERV@green.test", "", false},
      {"majordomo@green.test", "", false},
      {"no-reply@green.test", "", false},
      {"noreply+123@green.test", "", false},
      {"list-bounces+alice=blue.test@green.test", "", false},
      {"bounces+123@green.test", "", false},
  };
  for (const auto& row : rows) {
    const auto text = head(row.fields);
    const auto message = mail::parse(text);
    const mail::Address sender = *row.sender == '\0' ? mail::Address() : *mail::parse_address(row.sender);
    EXPECT_EQ(not_to_be_answered(message, sender).empty(), row.answered) << row.sender << " " << row.fields;
  }
}

TEST(Vacation, IsWrittenAsRfc3834Says) {
  const auto text = head("References: <0@green.test> <00@green.test>\r\n");
  const auto message = mail::parse(text);
  VacationRecord vacation;
  vacation.enabled = true;
  vacation.text = "Ich bin im Urlaub \xe2\x80\x93 bis Montag.\nTschau\n";
  const VacationReply reply{vacation, message, *mail::parse_address("alice@blue.test"), *mail::parse_address("bob@green.test"), "Al\xc3\xad" "ce \"A\"", "mx.blue.test", "u1", mail::Date{1'795'539'904, 0}};
  const auto out = write_vacation(reply);
  const auto answer = mail::parse(out);
  EXPECT_EQ(answer.ambiguities, 0u);
  const auto value = [&answer](std::string_view name) {
    const auto* field = mail::find(answer.root().fields, name);
    return field == nullptr ? std::string("absent") : mail::decode_words(mail::unfolded(field->value));
  };
  EXPECT_EQ(value("From"), "Al\xc3\xad" "ce \"A\" <alice@blue.test>");
  EXPECT_EQ(value("To"), "<bob@green.test>");
  EXPECT_EQ(value("Subject"), "Auto: Lunch");
  EXPECT_EQ(value("In-Reply-To"), "<1@green.test>");
  EXPECT_EQ(value("References"), "<0@green.test> <00@green.test> <1@green.test>");
  EXPECT_EQ(value("Auto-Submitted"), "auto-replied");
  EXPECT_EQ(mail::text_of(answer, answer.root()), "Ich bin im Urlaub \xe2\x80\x93 bis Montag.\r\nTschau\r\n");
  EXPECT_FALSE(not_to_be_answered(answer, *mail::parse_address("alice@blue.test")).empty()) << "no answer to an answer";
}

TEST(Vacation, NothingOfTheOthersHeaderBreaksItsOwn) {
  const std::string text = "From: bob@green.test\r\nTo: alice@blue.test\r\nSubject: =?utf-8?q?x=0D=0ABcc:_eve@x.test?=\r\nMessage-ID: <a\x01\r\n b> <c@d>\r\nReferences: <\xff@x> <ok@x>\r\n\r\n";
  const auto message = mail::parse(text);
  VacationRecord vacation;
  vacation.html = "<b>Away</b>";
  const VacationReply reply{vacation, message, *mail::parse_address("alice@blue.test"), *mail::parse_address("bob@green.test"), "", "mx.blue.test", "u1", mail::Date{}};
  const auto out = write_vacation(reply);
  const auto answer = mail::parse(out);
  EXPECT_EQ(mail::find(answer.root().fields, "Bcc"), nullptr);
  EXPECT_EQ(answer.root().type + "/" + answer.root().subtype, "multipart/alternative");
  ASSERT_EQ(answer.parts.size(), 3u);
  EXPECT_EQ(mail::text_of(answer, answer.parts[2]), "<b>Away</b>\r\n");
}

TEST(Vacation, IsKeptAsItWasSet) {
  VacationRecord one;
  one.enabled = true;
  one.from = WallTime(std::chrono::milliseconds(5));
  one.text = "";
  const auto read = decode_vacation(encode(one));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->from, one.from);
  EXPECT_EQ(read->to, std::nullopt);
  EXPECT_EQ(read->text, "");
  EXPECT_EQ(read->html, std::nullopt);
  EXPECT_FALSE(decode_vacation(encode(one).substr(1)));
}

class Away : public ::testing::Test {
 protected:
  void set(const VacationRecord& record) {
    std::vector<store::ObjectWrite> writes;
    const auto before = w.blue.store.view(carol).objects(store::DataType::vacation);
    writes.push_back({store::DataType::vacation, before->empty() ? ObjectId{} : before->front().id, encode(record)});
    ASSERT_TRUE(w.run(w.blue.store.write_objects(carol, std::move(writes))));
  }
  void be_away(const std::string& text = "Away") {
    VacationRecord record;
    record.enabled = true;
    record.text = text;
    set(record);
  }
  std::size_t answers() { return World::inbox(w.blue, w.alice).size(); }
  void write(const std::string& to = "carol@blue.test", const std::string& fields = {}) {
    EXPECT_EQ(w.send({to}, "From: alice@blue.test\r\nTo: " + to + "\r\n" + fields + "Subject: x\r\n\r\nHi\r\n").code, 250);
  }

  World w;
  AccountId carol = w.account(w.blue, "carol@blue.test");
};

TEST_F(Away, EachSenderIsAnsweredOnceInSevenDaysAndAgainWhenTheTextIsAnother) {
  write();
  EXPECT_EQ(answers(), 0u);
  be_away();
  for (int i = 0; i < 5; ++i) write();
  ASSERT_EQ(answers(), 1u);
  const auto answer = World::inbox(w.blue, w.alice).front();
  EXPECT_TRUE(answer.starts_with("Return-Path: <>\r\n")) << answer;
  EXPECT_NE(answer.find("Auto-Submitted: auto-replied\r\n"), std::string::npos);
  EXPECT_EQ(World::inbox(w.blue, carol).size(), 6u) << "and the letters came all the same";
  w.pass(days(6));
  write();
  EXPECT_EQ(answers(), 1u);
  w.pass(days(2));
  write();
  EXPECT_EQ(answers(), 2u);
  be_away("Away for longer");
  write();
  EXPECT_EQ(answers(), 3u);
  VacationRecord off;
  set(off);
  w.pass(days(8));
  write();
  EXPECT_EQ(answers(), 3u);
}

TEST_F(Away, OnlyBetweenItsDates) {
  VacationRecord record;
  record.enabled = true;
  record.from = w.clock.now() + hours(1);
  record.to = w.clock.now() + hours(2);
  set(record);
  write();
  EXPECT_EQ(answers(), 0u);
  w.pass(minutes(61));
  write();
  EXPECT_EQ(answers(), 1u);
  w.pass(days(8));
  write();
  EXPECT_EQ(answers(), 1u);
}

TEST_F(Away, OnlyToLettersThatAreOpenlyToThem) {
  ASSERT_TRUE(w.run(w.blue.store.set_alias("mine@blue.test", {"carol@blue.test"})));
  ASSERT_TRUE(w.run(w.blue.store.set_alias("all@blue.test", {"carol@blue.test", "alice@blue.test"})));
  be_away();
  EXPECT_EQ(w.send({"carol@blue.test"}, "From: alice@blue.test\r\nTo: someone@green.test\r\n\r\nHi\r\n").code, 250);
  EXPECT_EQ(answers(), 0u) << "a blind copy";
  write("all@blue.test");
  EXPECT_EQ(answers(), 1u) << "her own copy of it, but no answer for a whole office";
  write("carol+shop@blue.test");
  EXPECT_EQ(answers(), 2u);
  EXPECT_NE(World::inbox(w.blue, w.alice).back().find("From: <carol+shop@blue.test>"), std::string::npos);
  be_away("other");
  write("mine@blue.test");
  EXPECT_EQ(answers(), 3u);
}

TEST_F(Away, NeverToStrangersWhoProvedNothing) {
  be_away();
  const auto text = "From: bob@green.test\r\nTo: carol@blue.test\r\n\r\nHi\r\n";
  EXPECT_EQ(w.hand_in(w.blue, World::stranger(), World::from("bob@green.test"), {World::to("carol@blue.test")}, text).code, 250);
  EXPECT_EQ(World::inbox(w.blue, carol).size(), 1u);
  EXPECT_TRUE(World::queue(w.blue).empty());
}

TEST_F(Away, ToOtherServersThroughTheQueueWithANullReversePath) {
  w.start();
  w.green_up();
  w.blue.options.senders_for_any = {"alice@blue.test"};
  be_away();
  EXPECT_EQ(w.hand_in(w.blue, w.submitter(), World::from("bob@green.test"), {World::to("carol@blue.test")}, head("Cc: carol@blue.test\r\n")).code, 250);
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 1, minutes(5)));
  const auto answer = World::inbox(w.green, w.bob).front();
  EXPECT_TRUE(answer.starts_with("Return-Path: <>\r\n")) << answer;
  EXPECT_NE(answer.find("In-Reply-To: <1@green.test>"), std::string::npos);
}

TEST_F(Away, TwoWhoAreAwayDoNotAnswerEachOther) {
  be_away();
  std::vector<store::ObjectWrite> writes;
  VacationRecord record;
  record.enabled = true;
  writes.push_back({store::DataType::vacation, ObjectId{}, encode(record)});
  ASSERT_TRUE(w.run(w.blue.store.write_objects(w.alice, std::move(writes))));
  write();
  EXPECT_EQ(answers(), 1u);
  EXPECT_EQ(World::inbox(w.blue, carol).size(), 1u);
}

TEST_F(Away, AFullMailboxOfTheSenderHoldsNoLetterUp) {
  be_away();
  ASSERT_TRUE(w.run(w.blue.store.set_account("alice@blue.test", std::nullopt, 10)));
  write();
  EXPECT_EQ(World::inbox(w.blue, carol).size(), 1u);
  EXPECT_EQ(answers(), 0u);
}

TEST_F(Away, WhatCannotBeAnsweredIsLoggedAndKeepsNeitherLettersNorOtherAnswers) {
  const auto dave = w.account(w.blue, "dave@blue.test");
  be_away();
  std::vector<store::ObjectWrite> writes;
  writes.push_back({store::DataType::vacation, ObjectId{}, "no record of ours"});
  ASSERT_TRUE(w.run(w.blue.store.write_objects(dave, std::move(writes))));
  EXPECT_EQ(w.send({"dave@blue.test", "carol@blue.test"}, "From: alice@blue.test\r\nTo: carol@blue.test, dave@blue.test\r\n\r\nHi\r\n").code, 250);
  EXPECT_EQ(World::inbox(w.blue, dave).size(), 1u);
  EXPECT_EQ(answers(), 1u) << "carol's";
  EXPECT_EQ(w.blue.log.count("vacation.not_answered why="), 1u);
}

TEST_F(Away, NoMoreThan500In24Hours) {
  be_away();
  w.blue.options.senders_for_any = {"alice@blue.test"};
  for (int i = 0; i < 510; ++i) {
    const auto sender = "p" + std::to_string(i) + "@green.test";
    EXPECT_EQ(w.hand_in(w.blue, w.submitter(), World::from(sender), {World::to("carol@blue.test")}, "From: " + sender + "\r\nTo: carol@blue.test\r\n\r\nHi\r\n").code, 250);
  }
  EXPECT_EQ(World::queue(w.blue).size(), 500u);
}

}  // namespace
}  // namespace posthorn::post
