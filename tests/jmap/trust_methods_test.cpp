// Methods of ours beside RFC 8621: lists that are left, when by one click (RFC 8058); what speaks against a message; filters by its evidence.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "jmap/mail/doubts.h"
#include "jmap/mail/email_filter.h"
#include "jmap/mail/leaving.h"
#include "jmap/world.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using How = Leaving::How;

const std::string both_covered = R"({"judgement":{"dkim":[{"result":"pass","domain":"news.test","signed_fields":["from","list-unsubscribe","list-unsubscribe-post"]}]}})";

Leaving leave(const std::string& fields, const std::string& evidence) {
  const auto message = fields + "\r\nHi\r\n";
  const auto kept = evidence.empty() ? json::value() : json::parse(evidence);
  return leaving_of(mail::parse(message), kept.is_object() ? &kept.get_object() : nullptr);
}

// rfc:8058#4
TEST(Leaving, one_click_only_where_a_signature_that_held_covers_both_fields) {
  const std::string one = "List-Unsubscribe: <mailto:out@news.test>, <https://news.test/out?x=1>\r\n", post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  struct Case {
    const char* name;
    std::string fields, evidence;
    How how;
  };
  const auto evidence = [](const char* result, const char* fields) { return std::string(R"({"judgement":{"dkim":[{"result":")") + result + R"(","domain":"news.test","signed_fields":[)" + fields + "]}]}}"; };
  const Case all[] = {
      {"signed", one + post, both_covered, How::one_click},
      {"nothing was kept", one + post, "", How::mail},
      {"handed in by our own people", one + post, R"({"login":"alice"})", How::mail},
      {"not signed", one + post, R"({"judgement":{"dkim":[]}})", How::mail},
      {"the signature failed", one + post, evidence("fail", R"("list-unsubscribe","list-unsubscribe-post")"), How::mail},
      {"could not be checked", one + post, evidence("temperror", R"("list-unsubscribe","list-unsubscribe-post")"), How::mail},
      {"covers one field only", one + post, evidence("pass", R"("from","list-unsubscribe")"), How::mail},
      {"each field by another signature", one + post,
       R"({"judgement":{"dkim":[{"result":"pass","domain":"a.test","signed_fields":["list-unsubscribe"]},{"result":"pass","domain":"b.test","signed_fields":["list-unsubscribe-post"]}]}})", How::mail},
      {"a field put on top", "List-Unsubscribe: <https://victim.test/>\r\n" + one + post, both_covered, How::page},
      {"two posts", one + post + post, both_covered, How::mail},
      {"not its words", one + "List-Unsubscribe-Post: Now\r\n", both_covered, How::mail},
      {"http is no https", "List-Unsubscribe: <http://news.test/out>\r\n" + post, both_covered, How::none},
      {"no post", one, both_covered, How::mail},
      {"the leftmost", "List-Unsubscribe: <https://news.test/out>, <mailto:out@news.test>\r\n", both_covered, How::page},
      {"nothing", "Subject: x\r\n", both_covered, How::none},
  };
  for (const auto& c : all) {
    const auto got = leave(c.fields, c.evidence);
    EXPECT_EQ(got.how, c.how) << c.name;
    EXPECT_EQ(got.how == How::one_click, got.how != How::none && got.why_not.empty() && c.fields.contains("-Post")) << c.name << ": " << got.why_not;
  }
  const auto got = leave(one + post, both_covered);
  EXPECT_EQ(got.url, "https://news.test/out?x=1");
  EXPECT_EQ(got.to, "news.test");
  EXPECT_EQ(got.signed_by, "news.test");
  EXPECT_EQ(leave("List-Unsubscribe: <mailto:out@news.test?subject=x>\r\n", "").to, "out@news.test");
}

TEST(Leaving, an_email_is_asked_about_and_not_clicked_without_proof) {
  World w;
  const auto made = w.test.append(w.alice, "From: a@news.test\r\nList-Unsubscribe: <https://news.test/out>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHi\r\n", {},
                                  (*w.test.store.view(w.alice).mailbox("INBOX"))->id);
  ASSERT_TRUE(made);
  const auto id = store::object_id(made->email), account = "\"accountId\":\"" + account_text(w.alice) + "\"";
  const auto all = w.answers(R"([["Unsubscribe/get",{)" + account + R"(,"ids":[")" + id + R"(","M99"]},"a"],["Email/unsubscribe",{)" + account + R"(,"emailId":")" + id + R"("},"b"],["Email/unsubscribe",{)" + account +
                             R"(,"emailId":"M99"},"c"],["DeliverySecurity/get",{)" + account + R"(,"domains":["blue.test","green.test","not a name"]},"d"]])",
                             R"("urn:ietf:params:jmap:core","urn:posthorn:unsubscribe","urn:posthorn:journey")");
  ASSERT_EQ(all.size(), 4u);
  const auto& got = all[0].as_array()[1].as_object();
  EXPECT_EQ(got.at("list").as_array()[0].as_object().at("how"), "page") << json::serialize(got);
  EXPECT_EQ(got.at("notFound"), json::array{"M99"});
  EXPECT_EQ(all[1].as_array()[1].as_object().at("type"), "forbidden");
  EXPECT_EQ(all[2].as_array()[1].as_object().at("type"), "notFound");
  // Nothing was ever sent: nothing is known, and nothing said.
  for (const auto& one : all[3].as_array()[1].as_object().at("list").as_array()) {
    EXPECT_TRUE(one.as_object().at("last").is_null() && one.as_object().at("policy").is_null()) << json::serialize(one);
    EXPECT_EQ(one.as_object().at("here"), one.as_object().at("domain") == "blue.test") << json::serialize(one);
  }
}

// What the evidence says; of what was kept without, nothing is true.
TEST(EvidenceFilters, tell_what_was_seen_and_nothing_else) {
  struct Case {
    const char* filter;
    const char* evidence;
    bool found;
  };
  const Case all[] = {
      {R"({"arrivedEncrypted":true})", R"({"tls":{"version":"TLSv1.3"}})", true},
      {R"({"arrivedEncrypted":false})", R"({"tls":{"version":"TLSv1.3"}})", false},
      {R"({"arrivedEncrypted":false})", R"({"tls":null})", true},
      {R"({"arrivedEncrypted":true})", "{}", false},
      {R"({"arrivedEncrypted":false})", "{}", false},
      {R"({"altered":true})", R"({"judgement":{"dkim":[{"result":"pass","fault":"none"},{"result":"fail","fault":"body hash"}]}})", true},
      {R"({"altered":true})", R"({"judgement":{"dkim":[{"result":"fail","fault":"header hash"}]}})", true},
      {R"({"altered":false})", R"({"judgement":{"dkim":[{"result":"pass","fault":"none"}]}})", true},
      {R"({"altered":true})", R"({"judgement":{"dkim":[{"result":"temperror","fault":"dns"}]}})", false},
      {R"({"altered":false})", R"({"judgement":{"dkim":[{"result":"temperror","fault":"dns"}]}})", false},
      {R"({"altered":false})", R"({"judgement":{"dkim":[]}})", false},
      {R"({"altered":false})", "{}", false},
      {R"({"country":"DE"})", R"({"client":{"ip":"192.0.2.1","country":"DE"}})", true},
      {R"({"country":"de"})", R"({"client":{"ip":"192.0.2.1","country":"DE"}})", true},
      {R"({"country":"FR"})", R"({"client":{"ip":"192.0.2.1","country":"DE"}})", false},
      {R"({"country":"FR"})", R"({"client":{"ip":"192.0.2.1"}})", false},
      {R"({"country":"FR"})", R"({"client":7})", false},
      {R"({"country":"FR"})", "{}", false},
  };
  const mail::Summary summary;
  const store::Catalog catalog;
  const store::Catalog::Row row;
  for (const auto& one : all) {
    const auto filter = EmailFilter::parse(json::parse(one.filter));
    ASSERT_TRUE(filter) << one.filter;
    const auto evidence = json::parse(one.evidence);
    EmailFilter::Data data{catalog, row, &summary};
    EXPECT_EQ(filter->evaluate(data), EmailFilter::Is::needs_evidence) << one.filter;
    data.evidence = &evidence.get_object();
    EXPECT_EQ(filter->evaluate(data), one.found ? EmailFilter::Is::yes : EmailFilter::Is::no) << one.filter << " of " << one.evidence;
  }
  for (const auto* bad : {R"({"altered":"yes"})", R"({"country":"DEU"})", R"({"country":""})", R"({"country":"D1"})", R"({"country":1})"}) EXPECT_FALSE(EmailFilter::parse(json::parse(bad))) << bad;
}

// To find nothing would look like an answer.
TEST_F(MailTest, WithoutAFileOfCountriesASearchForThemSaysSo) {
  const auto asked = R"("filter":{"operator":"NOT","conditions":[{"country":"DE"}]})";
  auto refused = run("Email/query", asked);
  EXPECT_EQ(refused["error"], "unsupportedFilter");
  EXPECT_TRUE(std::string_view(refused["description"].as_string()).contains("[trust] countries")) << json::serialize(refused);
  EXPECT_EQ(error("Email/queryChanges", std::string(R"("sinceQueryState":"1",)") + asked), "unsupportedFilter");
  w.services.countries = true;
  const auto id = deliver("Subject: a\r\n");
  EXPECT_EQ(run("Email/query", asked)["ids"], json::array{id});
}

// The name that is looked at is the one that people are shown.
TEST(EvidenceFilters, names_of_attachments_are_looked_at_as_they_are_shown) {
  const store::Catalog catalog;
  const store::Catalog::Row row;
  struct Case {
    const char *disposition, *words;
    bool found;
  };
  const Case all[] = {
      {"filename=\"=?utf-8?q?B=C3=A4renplan=2Epdf?=\"", "bärenplan", true},      {"filename=\"=?utf-8?q?B=C3=A4renplan=2Epdf?=\"", "pdf", true},
      {"filename=\"=?utf-8?q?B=C3=A4renplan=2Epdf?=\"", "utf", false},          {"filename*=utf-8''B%C3%A4renplan.pdf", "bärenplan", true},
      {"filename*0=garden; filename*1=plan.pdf", "gardenplan", true},           {"filename=\"=?utf-8?b?0L/Qu9Cw0L0ucGRm?=\"", "план", true},
      {"filename=\"secret/folder/plan.pdf\"", "plan", true},                   {"filename=\"secret/folder/plan.pdf\"", "folder", false},
      {"filename=\"fdp.\xe2\x80\xaenalp\"", "nalp", true},
  };
  for (const auto& one : all) {
    const auto bytes = std::string("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; ") + one.disposition + "\r\n\r\nx\r\n--b--\r\n";
    const auto message = mail::parse(bytes);
    const auto summary = mail::summarize(message);
    json::object filter{{"attachmentName", one.words}};
    EXPECT_EQ(EmailFilter::parse(filter)->evaluate({catalog, row, &summary}) == EmailFilter::Is::yes, one.found) << one.disposition << " " << one.words << ": shown as " << mail::file_name(message.parts.back());
  }
}

TEST(EvidenceFilters, names_of_attachments_are_words) {
  const std::string bytes = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; name=body.txt\r\n\r\nplan\r\n--b\r\nContent-Type: application/pdf; name=x\r\n"
                            "Content-Disposition: attachment; filename=\"garden plan.pdf\"\r\n\r\nx\r\n--b--\r\n";
  const auto summary = mail::summarize(mail::parse(bytes));
  const store::Catalog catalog;
  const store::Catalog::Row row;
  const auto finds = [&](const char* words) {
    json::object filter{{"attachmentName", words}};
    return EmailFilter::parse(filter)->evaluate({catalog, row, &summary}) == EmailFilter::Is::yes;
  };
  EXPECT_TRUE(finds("plan.pdf"));
  EXPECT_TRUE(finds("GARDEN"));
  EXPECT_TRUE(finds("body.txt"));
  EXPECT_FALSE(finds("x"));
  EXPECT_FALSE(finds("house"));
}

std::string kinds(const std::string& fields, const std::string& judgement) {
  const std::string message = fields + "\r\nHi\r\n";
  const Acquaintance known{{"blue.test", "posthorn-mail.org"}, {"ana@example.org"}};
  std::string out;
  for (const auto& one : doubts_of(mail::parse(message), json::parse(judgement).as_object(), known)) out += (out.empty() ? "" : " ") + std::string(one.kind);
  return out;
}

TEST(Doubts, are_few_and_none_for_ordinary_mail) {
  const std::string good = R"({"disposition":"none","dmarc":{"result":"pass"}})", none = R"({"disposition":"none","dmarc":{"result":"none"}})", fails = R"({"disposition":"none","dmarc":{"result":"fail"}})";
  struct Case {
    const char* name;
    std::string fields, judgement, want;
  };
  const Case all[] = {
      {"honest", "From: Ana <ana@example.org>\r\n", good, ""},
      {"no policy at all is no doubt", "From: Ana <ana@example.org>\r\n", none, ""},
      {"answers elsewhere are usual", "From: Shop <news@shop.test>\r\nReply-To: help@desk.test\r\n", good, ""},
      {"forged", "From: Boss <boss@blue.test>\r\n", fails, "unproven"},
      {"forged, and answers go elsewhere", "From: Boss <boss@blue.test>\r\nReply-To: boss@gmail.test\r\n", fails, "unproven replyTo"},
      {"a list breaks signatures", "From: Ana <ana@example.org>\r\n", R"({"disposition":"none","mailing_list":true,"dmarc":{"result":"fail"}})", ""},
      {"but not what was put to Junk", "From: Ana <ana@example.org>\r\n", R"({"disposition":"quarantine","mailing_list":true,"dmarc":{"result":"fail"}})", "unproven"},
      {"a name that shows another address", "From: \"boss@blue.test\" <x@evil.test>\r\n", good, "name"},
      {"the same in encoded words", "From: =?utf-8?q?boss=40blue=2Etest?= <x@evil.test>\r\n", good, "name"},
      {"its own address as name", "From: \"x@mail.evil.test\" <x@evil.test>\r\n", good, ""},
      {"a list says who wrote", "From: \"ana@example.org via crew\" <crew@list.test>\r\n", R"({"disposition":"none","mailing_list":true,"dmarc":{"result":"pass"}})", ""},
      {"an at sign that is no address", "From: \"Sale @ Shop\" <x@shop.test>\r\n", good, ""},
      {"looks like our own", "From: IT <it@posthorn-rnail.org>\r\n", good, "lookAlike"},
      {"looks like a contact", "From: Ana <ana@examp1e.org>\r\n", good, "lookAlike"},
      {"is the contact's", "From: Ana <ana@mail.example.org>\r\n", good, ""},
      {"mixes alphabets", "From: P <x@xn--pypal-4ve.com>\r\n", good, "scripts"},
      {"without From", "Subject: x\r\n", fails, ""},
  };
  for (const auto& c : all) EXPECT_EQ(kinds(c.fields, c.judgement), c.want) << c.name;
}

}  // namespace
}  // namespace posthorn::jmap
