// The pure parts of JMAP mail as tables: header forms, bodies, keywords, dates, search words, snippets.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "jmap/mail/body.h"
#include "jmap/mail/email_filter.h"
#include "jmap/mail/email_json.h"
#include "jmap/mail/header_property.h"
#include "jmap/mail/snippet.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

// The example of rfc:8621#4.1.2.3 and 4.1.2.4, but for the name, whose encoding there spells "Smîth".
constexpr std::string_view friends = "\" James Smythe\" <james@example.com>, Friends:\r\n  jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\r\n  <john@example.com>;";

TEST(HeaderForms, AddressesAsInTheRfc) {
  EXPECT_EQ(in_form(friends, HeaderForm::addresses), json::parse(R"([{"name":"James Smythe","email":"james@example.com"},
    {"name":null,"email":"jane@example.com"},{"name":"John Smîth","email":"john@example.com"}])"));
  EXPECT_EQ(in_form(friends, HeaderForm::grouped_addresses), json::parse(R"([{"name":null,"addresses":[{"name":"James Smythe","email":"james@example.com"}]},
    {"name":"Friends","addresses":[{"name":null,"email":"jane@example.com"},{"name":"John Smîth","email":"john@example.com"}]}])"));
}

TEST(HeaderForms, EachFormOfAValue) {
  const struct {
    HeaderForm form;
    std::string_view value, wanted;
  } table[] = {
      {HeaderForm::raw, " =?utf-8?q?a?=\r\n b", R"(" =?utf-8?q?a?=\r\n b")"},
      {HeaderForm::text, "   =?utf-8?q?a=CC=88?=\r\n b", R"("ä b")"},
      {HeaderForm::text, " a=?utf-8?q?x?=b", R"("a=?utf-8?q?x?=b")"},
      {HeaderForm::message_ids, " <a@b>\r\n (c) <d@e>", R"(["a@b","d@e"])"},
      {HeaderForm::message_ids, " none", "null"},
      {HeaderForm::date, " Tue, 10 Jul 2018 11:03:11 +1000", R"("2018-07-10T11:03:11+10:00")"},
      {HeaderForm::date, " Thu, 1 Jan 1970 00:00:00 +0000", R"("1970-01-01T00:00:00Z")"},
      {HeaderForm::date, " soon", "null"},
      {HeaderForm::urls, " <mailto:a@b> (write), <https://c/ d>", R"(["mailto:a@b","https://c/d"])"},
      {HeaderForm::urls, " NO (closed)", "null"},
  };
  for (const auto& row : table) EXPECT_EQ(json::serialize(in_form(row.value, row.form)), json::serialize(json::parse(row.wanted))) << row.value;
}

// rfc:8621#4.1.2 which fields may be read in which form
TEST(HeaderForms, AFormIsAllowedForItsFieldsAndForUnknownOnes) {
  using F = HeaderForm;
  const struct {
    std::string_view field;
    F form;
    bool allowed;
  } table[] = {{"From", F::date, false},      {"From", F::addresses, true},     {"from", F::text, false},        {"Subject", F::text, true},       {"Subject", F::addresses, false},
               {"List-Id", F::text, true},    {"X-Anything", F::date, true},    {"Date", F::date, true},         {"Message-ID", F::message_ids, true}, {"Received", F::text, false},
               {"List-Post", F::urls, true},  {"List-Post", F::text, false},    {"Comments", F::text, true},     {"Resent-To", F::grouped_addresses, true}, {"Received", F::raw, true}};
  for (const auto& row : table) EXPECT_EQ(form_allowed(row.field, row.form), row.allowed) << row.field << " " << static_cast<int>(row.form);
}

TEST(HeaderProperties, AreReadAsTheyAreWritten) {
  const auto all = parse_header_property("header:Resent-To:asAddresses:all");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->all && all->form == HeaderForm::addresses && all->name == "Resent-To");
  for (const auto* bad : {"header:", "header:a b", "header:X:all:asText", "header:X:asNothing", "header:X:as", "header:From:asDate", "header:X:asText:all:all", "subject"})
    EXPECT_FALSE(parse_header_property(bad)) << bad;
}

TEST(HeaderProperties, TheLastInstanceOrAll) {
  const auto message = mail::parse("X: one\r\nx:two\r\n\r\n");
  const auto& fields = message.root().fields;
  EXPECT_EQ(header_value(fields, *parse_header_property("header:X")), json::value("two"));
  EXPECT_EQ(header_value(fields, *parse_header_property("header:x:all")), (json::array{" one", "two"}));
  EXPECT_TRUE(header_value(fields, *parse_header_property("header:Y")).is_null());
  EXPECT_EQ(header_value(fields, *parse_header_property("header:Y:asText:all")), json::array{});
}

std::string letters(const std::vector<std::size_t>& parts, const mail::Message& message) {
  std::string out;
  for (const auto index : parts) out += mail::find(message.parts[index].fields, "x-is")->value.back();
  return out;
}

std::string leaf(const std::string& type, const std::string& disposition, char letter) {
  return "Content-Type: " + type + "\r\n" + (disposition.empty() ? "" : "Content-Disposition: " + disposition + "\r\n") + "X-Is: " + letter + "\r\n\r\nx\r\n";
}
std::string multi(const std::string& subtype, const std::string& boundary, std::initializer_list<std::string> parts) {
  std::string out = "Content-Type: multipart/" + subtype + "; boundary=" + boundary + "\r\n\r\n";
  for (const auto& part : parts) out += "--" + boundary + "\r\n" + part;
  return out + "--" + boundary + "--\r\n";
}

// The example of rfc:8621#4.1.4
TEST(Bodies, TheExampleOfTheRfcComesApartAsItSays) {
  const auto text = multi("mixed", "b1", {leaf("text/plain", "inline", 'A'),
      multi("mixed", "b2", {multi("alternative", "b3", {multi("mixed", "b4", {leaf("text/plain", "inline", 'B'), leaf("image/jpeg", "inline", 'C'), leaf("text/plain", "inline", 'D')}),
                                                        multi("related", "b5", {leaf("text/html", "", 'E'), leaf("image/jpeg", "", 'F')})}),
                            leaf("image/jpeg", "attachment", 'G'), leaf("application/x-excel", "", 'H'), "Content-Type: message/rfc822\r\nX-Is: J\r\n\r\nSubject: x\r\n\r\nx\r\n"}),
      leaf("text/plain", "inline", 'K')});
  const auto message = mail::parse(text);
  const auto lists = body_lists(message);
  EXPECT_EQ(letters(lists.text, message), "ABCDK");
  EXPECT_EQ(letters(lists.html, message), "AEK");
  EXPECT_EQ(letters(lists.attachments, message), "CFGHJ");
}

TEST(Bodies, OneFormOfAnAlternativeIsShownToEverybody) {
  const auto html = mail::parse(multi("alternative", "b", {leaf("text/html", "", 'E')}));
  EXPECT_EQ(letters(body_lists(html).text, html), "E");
  const auto plain = mail::parse(multi("alternative", "b", {leaf("text/plain", "", 'A')}));
  EXPECT_EQ(letters(body_lists(plain).html, plain), "A");
  const auto named = mail::parse(multi("mixed", "b", {leaf("text/plain", "", 'A'), leaf("text/plain; name=log.txt", "", 'B')}));
  EXPECT_EQ(letters(body_lists(named).attachments, named), "B");
}

TEST(Bodies, PartsTellWhatTheyAre) {
  const auto text = multi("mixed", "b", {"\r\nhello\r\n", "Content-Type: image/png; name*=utf-8''B%C3%A4r.png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <c@d>\r\n"
                                                          "Content-Language: de, en\r\nContent-Location: http://x/\r\n\r\nAAEC\r\n"});
  const auto message = mail::parse(text);
  BodyRequest request;
  request.properties = *parse_body_properties(default_body_properties());
  const BodyView view(message, [](std::size_t part) { return "B-" + std::to_string(part); });
  const auto tree = view.structure(request);
  EXPECT_TRUE(tree.at("partId").is_null() && tree.at("blobId").is_null());
  EXPECT_EQ(tree.at("type"), json::value("multipart/mixed"));
  const auto& parts = tree.at("subParts").as_array();
  EXPECT_EQ(parts.at(0), json::parse(R"({"partId":"1","blobId":"B-1","size":5,"name":null,"type":"text/plain","charset":"us-ascii","disposition":null,"cid":null,"language":null,"location":null})"));
  EXPECT_EQ(parts.at(1), json::parse(R"({"partId":"2","blobId":"B-2","size":3,"name":"Bär.png","type":"image/png","charset":null,"disposition":null,"cid":"c@d","language":["de","en"],"location":"http://x/"})"));
}

// rfc:8621#4.2 truncation
TEST(Bodies, AValueIsCutBetweenCharactersAndOutsideTags) {
  EXPECT_EQ(cut_value("aäb", 2, false).text, "a");
  EXPECT_EQ(cut_value("aäb", 3, false).text, "aä");
  EXPECT_TRUE(cut_value("aäb", 3, false).truncated);
  EXPECT_FALSE(cut_value("aäb", 0, false).truncated);
  EXPECT_EQ(cut_value("<b>x</b><a href=\"y\">", 12, true).text, "<b>x</b>");
  EXPECT_EQ(cut_value("x < y and z", 6, true).text, "x ");
}

TEST(Bodies, ValuesAreTextWithPlainLineEnds) {
  const auto message = mail::parse("Content-Type: text/plain; charset=utf-8\r\n\r\na\r\nb\xff\r\n");
  BodyRequest request;
  request.all_values = true;
  const auto values = BodyView(message, [](std::size_t) { return std::string(); }).values(request);
  EXPECT_EQ(json::serialize(values), json::serialize(json::parse(R"({"0":{"value":"a\nb�\n","isEncodingProblem":true,"isTruncated":false}})")));
}

// rfc:8621#4.1.1
TEST(Keywords, SystemFlagsAndLowerCase) {
  EXPECT_EQ(jmap_keyword("\\Seen"), "$seen");
  EXPECT_EQ(jmap_keyword("$Forwarded"), "$forwarded");
  EXPECT_EQ(*imap_keyword("$SEEN"), "\\Seen");
  EXPECT_EQ(*imap_keyword("Work"), "work");
  for (const char c : std::string("(){]%*\"\\ \x7f\x01")) EXPECT_FALSE(imap_keyword(std::string("a") + c)) << c;
  EXPECT_FALSE(imap_keyword(""));
  EXPECT_FALSE(imap_keyword(std::string(256, 'a')));
}

TEST(Dates, AreRfc3339) {
  EXPECT_EQ(parse_moment("2018-07-10T11:03:11+10:00")->seconds, parse_moment("2018-07-10T01:03:11Z")->seconds);
  EXPECT_EQ(utc_date(*parse_utc_date("2018-06-27T00:20:35Z")), "2018-06-27T00:20:35Z");
  EXPECT_TRUE(parse_moment("2018-06-27T00:20:35.123Z"));
  for (const auto* bad : {"", "2018-06-27", "2018-06-27T00:20:35", "2018-06-31T00:20:35Z", "2018-06-27t00:20:35z", "2018-06-27T24:20:35Z", "2018-06-27T00:20:35.Z", "2018-06-27T00:20:35+1:00"})
    EXPECT_FALSE(parse_moment(bad)) << bad;
  EXPECT_FALSE(parse_utc_date("2018-07-10T11:03:11+10:00"));
}

// rfc:8621#4.4.1 phrases and words
TEST(SearchWords, PhrasesStayTogether) {
  using P = std::vector<mail::Phrase>;
  EXPECT_EQ(search_phrases("Foo  bar"), (P{{{"foo"}, true}, {{"bar"}, true}}));
  EXPECT_EQ(search_phrases("\"Foo bar\" baz"), (P{{{"foo", "bar"}, false}, {{"baz"}, true}}));
  EXPECT_EQ(search_phrases("'it\\'s me'"), (P{{{"it", "s", "me"}, false}}));
  EXPECT_EQ(search_phrases("don't \"open"), (P{{{"don", "t"}, true}, {{"open"}, true}}));
  EXPECT_EQ(search_phrases("jane@example.com"), (P{{{"jane", "example", "com"}, true}}));
  EXPECT_EQ(search_phrases("  "), P{});
  EXPECT_EQ(search_phrases("..."), P{});
}

TEST(SearchWords, NothingButPunctuationIsNotFound) {
  const mail::Summary summary;
  const store::Catalog catalog;
  const store::Catalog::Row row;
  const std::string message = "\r\n...\r\n";
  EXPECT_EQ(EmailFilter::parse(json::parse(R"({"text":"..."})"))->evaluate({catalog, row, &summary, &message}), EmailFilter::Is::no);
  EXPECT_EQ(EmailFilter::parse(json::parse(R"({"text":" "})"))->evaluate({catalog, row, &summary, &message}), EmailFilter::Is::yes);
}

// attacks.md F9
TEST(Filters, AreNotNestedWithoutEnd) {
  json::value deep = json::object{{"hasKeyword", "x"}};
  for (int i = 0; i < 40; ++i) {
    json::array inner;
    inner.push_back(std::move(deep));
    deep = json::object{{"operator", "NOT"}, {"conditions", std::move(inner)}};
  }
  EXPECT_EQ(EmailFilter::parse(deep).error().code, Errc::too_big);
}

// rfc:8621#5
TEST(Snippets, MarkWordsAndEscapeHtml) {
  const std::vector<mail::Phrase> foo = search_phrases("foo");
  EXPECT_EQ(*snippet("The Foosball & <b>", foo, 0), "The <mark>Foo</mark>sball &amp; &lt;b&gt;");
  EXPECT_FALSE(snippet("nothing", foo, 0));
  EXPECT_FALSE(snippet("a barfoo is another word", foo, 0));
  const auto long_one = *snippet(std::string(500, '&') + " foo " + std::string(500, '<'), foo, 255);
  EXPECT_LE(long_one.size(), 255u);
  EXPECT_TRUE(long_one.contains("<mark>foo</mark>")) << long_one;
  EXPECT_EQ(*snippet("STRASSE Straße", search_phrases("strasse"), 0), "<mark>STRASSE</mark> <mark>Straße</mark>");
  EXPECT_EQ(*snippet("Foo Bar foo-bar, foo: barn", search_phrases("'foo bar'"), 0), "<mark>Foo Bar</mark> <mark>foo-bar</mark>, foo: barn");
  EXPECT_EQ(*snippet("東京都に行く", search_phrases("京都"), 0), "東<mark>京都</mark>に行く");
}

}  // namespace
}  // namespace posthorn::jmap
