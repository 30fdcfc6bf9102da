// Notifications, read back by our own parser; who is owed one; nothing that a stranger's server says can add a line.
#include "post/dsn.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "mail/message.h"

namespace posthorn::post {
namespace {

const std::string original = "From: alice@blue.test\r\nSubject: Hello\r\n\r\nbody text\r\n";

QueuedRecipient failed(const std::string& local) {
  QueuedRecipient r;
  r.to.recipient = {local, "green.test"};
  r.state = RecipientState::failed;
  r.attempts = 1;
  r.code = 550;
  r.enhanced = "5.1.1";
  r.text = "No such user";
  r.remote = "mx.green.test [192.0.2.2]";
  return r;
}

Entry entry(std::vector<QueuedRecipient> recipients) {
  Entry e;
  e.id = QueueId{7};
  e.from.reverse_path = {"alice", "blue.test"};
  e.login = "alice@blue.test";
  e.arrived = WallTime(std::chrono::seconds(1'795'450'000));
  e.expires = e.arrived + std::chrono::hours(120);
  e.recipients = std::move(recipients);
  return e;
}

std::string write(const Entry& e, DsnAction action = DsnAction::failed, std::string_view message = original) {
  DsnInput in;
  in.entry = &e;
  for (const auto& r : e.recipients) in.recipients.push_back({&r, action});
  in.message = message;
  in.host_name = "mx.blue.test";
  in.unique = "0011";
  in.now = {1'795'450'100, 0};
  return write_dsn(in);
}

// A parsed report: the fields of the status part, group by group.
struct Report {
  explicit Report(std::string dsn) : bytes(std::move(dsn)), message(mail::parse(bytes)) {
    EXPECT_EQ(message.ambiguities, 0u) << bytes;
    EXPECT_EQ(message.root().type + "/" + message.root().subtype, "multipart/report");
    EXPECT_EQ(message.root().children.size(), 3u) << bytes;
    if (message.root().children.size() != 3) return;
    std::string_view rest = message.body(part(1));
    while (!rest.empty()) {
      const auto end = rest.find("\r\n\r\n");
      const auto group = std::string(rest.substr(0, end == rest.npos ? end : end + 2)) + "\r\n";
      groups.push_back(group);
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 4);
    }
  }
  const mail::Part& part(std::size_t i) const { return message.parts[message.root().children[i]]; }
  std::string type(std::size_t i) const { return part(i).type + "/" + part(i).subtype; }
  std::string body(std::size_t i) const { return std::string(message.body(part(i))); }
  // "-" if absent; a field that stands twice is a failure.
  std::string field(std::size_t group, std::string_view name) const {
    if (group >= groups.size()) return "no group";
    const auto parsed = mail::parse(groups[group]);
    std::string value = "-";
    for (const auto& f : parsed.root().fields) {
      if (!equal_icase(f.name, name)) continue;
      EXPECT_EQ(value, "-") << name << " twice";
      value = mail::unfolded(f.value);
    }
    return value;
  }
  std::string bytes;
  mail::Message message;
  std::vector<std::string> groups;
};

TEST(Dsn, HasTheThreePartsOfRfc3464) {
  auto e = entry({failed("bob"), failed("carol")});
  e.from.envid = "QQ314";
  e.recipients[0].to.orcpt_type = "rfc822";
  e.recipients[0].to.orcpt = "robert@green.test";
  const Report r(write(e));
  EXPECT_EQ(r.message.root().parameters[0], (std::pair<std::string, std::string>("report-type", "delivery-status")));
  EXPECT_EQ(r.type(0), "text/plain");
  EXPECT_EQ(r.type(1), "message/delivery-status");
  EXPECT_EQ(r.type(2), "message/rfc822");
  EXPECT_EQ(r.body(2), original);
  ASSERT_EQ(r.groups.size(), 3u);
  EXPECT_EQ(r.field(0, "Reporting-MTA"), "dns; mx.blue.test");
  EXPECT_EQ(r.field(0, "Original-Envelope-Id"), "QQ314");
  EXPECT_EQ(r.field(0, "Arrival-Date"), mail::format_date({1'795'450'000, 0}));
  EXPECT_EQ(r.field(1, "Original-Recipient"), "rfc822; robert@green.test");
  EXPECT_EQ(r.field(1, "Final-Recipient"), "rfc822; bob@green.test");
  EXPECT_EQ(r.field(1, "Action"), "failed");
  EXPECT_EQ(r.field(1, "Status"), "5.1.1");
  EXPECT_EQ(r.field(1, "Remote-MTA"), "dns; mx.green.test");
  EXPECT_EQ(r.field(1, "Diagnostic-Code"), "smtp; 550 5.1.1 No such user");
  EXPECT_EQ(r.field(1, "Will-Retry-Until"), "-");
  EXPECT_EQ(r.field(2, "Original-Recipient"), "-");
  EXPECT_EQ(r.field(2, "Final-Recipient"), "rfc822; carol@green.test");
  EXPECT_NE(r.body(0).find("bob@green.test"), std::string::npos);
  EXPECT_NE(r.body(0).find("No such user"), std::string::npos);
}

TEST(Dsn, HasTheHeaderOfAnAutomaticAnswer) {
  const auto e = entry({failed("bob")});
  const Report r(write(e));
  const auto value = [&r](const char* name) { return mail::unfolded(mail::find(r.message.root().fields, name)->value); };
  EXPECT_EQ(value("From"), "\"Mail Delivery\" <MAILER-DAEMON@mx.blue.test>");
  EXPECT_EQ(value("To"), "<alice@blue.test>");
  EXPECT_EQ(value("Auto-Submitted"), "auto-replied");
  EXPECT_EQ(value("MIME-Version"), "1.0");
  EXPECT_EQ(value("Message-ID"), "<0011@mx.blue.test>");
}

TEST(Dsn, SaysWhatHappened) {
  struct Row { DsnAction action; const char *enhanced, *word, *status; };
  for (const auto& row : {Row{DsnAction::failed, "5.2.2", "failed", "5.2.2"}, Row{DsnAction::failed, "4.2.2", "failed", "5.2.2"},
                          Row{DsnAction::failed, "", "failed", "5.0.0"}, Row{DsnAction::failed, "5.1.1\r\nX: y", "failed", "5.0.0"},
                          Row{DsnAction::failed, "2.0.0", "failed", "5.0.0"}, Row{DsnAction::delayed, "4.7.1", "delayed", "4.7.1"},
                          Row{DsnAction::delayed, "", "delayed", "4.4.1"}, Row{DsnAction::delivered, "", "delivered", "2.1.5"},
                          Row{DsnAction::relayed, "2.6.0", "relayed", "2.1.9"}}) {
    auto e = entry({failed("bob")});
    e.recipients[0].enhanced = row.enhanced;
    const Report r(write(e, row.action));
    EXPECT_EQ(r.field(1, "Action"), row.word) << row.enhanced;
    EXPECT_EQ(r.field(1, "Status"), row.status) << row.enhanced;
    if (row.action == DsnAction::delayed) { EXPECT_EQ(r.field(1, "Will-Retry-Until"), mail::format_date({1'795'450'000 + 120 * 3600, 0})); }
  }
}

TEST(Dsn, GivesBackAsMuchAsWasAskedFor) {
  auto e = entry({failed("bob")});
  const std::string head = "From: alice@blue.test\r\nSubject: Hello\r\n";
  EXPECT_EQ(Report(write(e)).body(2), original);
  e.from.ret = smtp::Ret::full;
  EXPECT_EQ(Report(write(e)).body(2), original);
  const auto large = original + std::string(70'000, 'x') + "\r\n";
  EXPECT_EQ(Report(write(e, DsnAction::failed, large)).body(2), head);
  // rfc:3461#4.3 RET is for failures: the others bring the header only.
  EXPECT_EQ(Report(write(e, DsnAction::delayed)).body(2), head);
  e.from.ret = smtp::Ret::headers;
  EXPECT_EQ(Report(write(e)).type(2), "text/rfc822-headers");
  EXPECT_EQ(Report(write(e)).body(2), head);
  EXPECT_EQ(Report(write(e, DsnAction::failed, head)).body(2), head);
  EXPECT_EQ(Report(write(e, DsnAction::failed, "")).type(2), "text/rfc822-headers");
}

TEST(Dsn, LetsNoRemoteTextAddALine) {
  for (const std::string& text : {std::string("one\r\nStatus: 2.0.0"), std::string("one\nAction: delivered\n\nFinal-Recipient: rfc822; eve@x"),
                                  std::string("--posthorn-report-0011--"), std::string("\r\n--posthorn-report-0011\r\n\r\nx"), std::string("a\0b", 3),
                                  std::string(100'000, 'x'), std::string("\xff\xfe\x80"), std::string("caf\xc3\xa9 \xe2\x80\xa8"), std::string(899, 'a') + "\xc3\xa9",
                                  std::string(5000, '\xff')}) {
    auto e = entry({failed("bob"), failed("carol")});
    auto& q = e.recipients[0];
    q.text = q.remote = q.enhanced = q.to.orcpt = q.to.orcpt_type = e.from.envid = text;
    const bool ascii_orcpt = is_ascii(text);
    for (const std::uint16_t code : {550, 0}) {
      q.code = code;
      const Report r(write(e));
      ASSERT_EQ(r.groups.size(), 3u) << r.bytes;
      EXPECT_EQ(r.field(1, "Final-Recipient"), "rfc822; bob@green.test");
      EXPECT_EQ(r.field(1, "Action"), "failed");
      EXPECT_EQ(r.field(1, "Status"), "5.0.0");
      EXPECT_EQ(r.type(1), ascii_orcpt ? "message/delivery-status" : "message/global-delivery-status");
      for (std::size_t at = 0; at < r.bytes.size();) {
        const auto end = r.bytes.find("\r\n", at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 998u);
        at = end + 2;
      }
    }
  }
}

TEST(Dsn, IsAsciiUnlessTheLetterWasNot) {
  auto e = entry({failed("bob")});
  e.recipients[0].text = "caf\xc3\xa9";
  const Report plain(write(e));
  EXPECT_EQ(plain.type(1), "message/delivery-status");
  EXPECT_TRUE(is_ascii(plain.groups[1])) << plain.groups[1];
  EXPECT_NE(plain.body(0).find("caf\xc3\xa9"), std::string::npos);
}

TEST(Dsn, IsGlobalForSmtpUtf8) {
  auto e = entry({failed("b\xc3\xb6\xc3\xb6")});
  e.from.smtputf8 = true;
  e.recipients[0].text = "caf\xc3\xa9";
  const Report r(write(e));
  EXPECT_EQ(r.type(1), "message/global-delivery-status");
  EXPECT_EQ(r.type(2), "message/global");
  EXPECT_EQ(r.field(1, "Final-Recipient"), "utf-8; b\xc3\xb6\xc3\xb6@green.test");
  EXPECT_EQ(r.field(1, "Diagnostic-Code"), "smtp; 550 5.1.1 caf\xc3\xa9");
  e.from.ret = smtp::Ret::headers;
  EXPECT_EQ(Report(write(e)).type(2), "message/global-headers");
  // Without SMTPUTF8 on the way in, an alias may still have led to such an address.
  e.from.smtputf8 = false;
  EXPECT_EQ(Report(write(e)).type(1), "message/global-delivery-status");
}

std::string owed_actions(const Entry& e, Duration after_arrival) {
  Entry later = e;
  later.waited = after_arrival;
  std::string out;
  for (const auto& d : owed(later, std::chrono::hours(4)))
    out += d.action == DsnAction::failed ? "F" : d.action == DsnAction::delayed ? "D" : d.action == DsnAction::relayed ? "R" : "?";
  return out;
}

TEST(Owed, FollowsNotify) {
  using S = RecipientState;
  const smtp::Notify unset{}, never{true, true, false, false, false}, success{true, false, true, false, false}, failure{true, false, false, true, false},
      delay{true, false, false, false, true}, all{true, false, true, true, true};
  struct Row { S state; smtp::Notify notify; const char* early; const char* late; };
  const Row rows[] = {
      {S::failed, unset, "F", "F"},   {S::failed, never, "", ""},   {S::failed, success, "", ""}, {S::failed, failure, "F", "F"},
      {S::failed, delay, "", ""},     {S::failed, all, "F", "F"},   {S::relayed, unset, "", ""},  {S::relayed, never, "", ""},
      {S::relayed, success, "R", "R"}, {S::relayed, failure, "", ""}, {S::relayed, all, "R", "R"}, {S::delivered, all, "", ""},
      {S::waiting, unset, "", "D"},   {S::waiting, never, "", ""},  {S::waiting, success, "", ""}, {S::waiting, failure, "", ""},
      {S::waiting, delay, "", "D"},   {S::waiting, all, "", "D"}};
  for (const auto& row : rows) {
    auto e = entry({failed("bob")});
    e.recipients[0].state = row.state;
    e.recipients[0].to.notify = row.notify;
    const auto at = std::to_string(&row - rows);
    EXPECT_EQ(owed_actions(e, std::chrono::hours(1)), row.early) << at;
    EXPECT_EQ(owed_actions(e, std::chrono::hours(4)), row.late) << at;
    auto told = e;
    told.recipients[0].reported = told.recipients[0].warned = true;
    EXPECT_EQ(owed_actions(told, std::chrono::hours(4)), "") << at;
    auto null = e;
    null.from.reverse_path = {};
    EXPECT_EQ(owed_actions(null, std::chrono::hours(4)), "") << at;
    auto stranger = e;
    stranger.login.clear();
    EXPECT_EQ(owed_actions(stranger, std::chrono::hours(4)), "") << at;
  }
  auto untried = entry({failed("bob")});
  untried.recipients[0].state = S::waiting;
  untried.recipients[0].attempts = 0;
  EXPECT_EQ(owed_actions(untried, std::chrono::hours(50)), "");
}

TEST(DsnLetter, GoesFromNobodyToTheSenderAndAsksForNothing) {
  const auto e = entry({failed("bob")});
  const std::vector<DsnRecipient> who{{&e.recipients[0], DsnAction::failed}};
  const auto letter = dsn_letter(e, who, original, "mx.blue.test", e.arrived);
  ASSERT_TRUE(letter);
  EXPECT_TRUE(letter->from.reverse_path.empty());
  EXPECT_TRUE(letter->login.empty());
  ASSERT_EQ(letter->recipients.size(), 1u);
  EXPECT_EQ(letter->recipients[0].recipient.text(), "alice@blue.test");
  EXPECT_TRUE(letter->recipients[0].notify.never);
  EXPECT_FALSE(dsn_letter(e, {}, original, "mx.blue.test", e.arrived));
  auto null = e;
  null.from.reverse_path = {};
  EXPECT_FALSE(dsn_letter(null, who, original, "mx.blue.test", e.arrived));
}

}  // namespace
}  // namespace posthorn::post
