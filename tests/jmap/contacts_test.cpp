// Contacts (RFC 9610) in JSContact (RFC 9553): the MUSTs by section, what is refused, and what is kept as it came.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "jmap/contacts/card_query.h"
#include "jmap/contacts/deep_patch.h"
#include "jmap/contacts/shape.h"
#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class Contacts : public testing::Test {
 protected:
  // The answer of one method, "error" in it if it failed.
  json::object one(const std::string& method, const std::string& arguments) {
    auto answers = w.answers("[[\"" + method + "\",{\"accountId\":\"" + account_text(w.alice) + "\"" + (arguments.empty() ? "" : ",") + arguments + "},\"0\"]]",
                             R"("urn:ietf:params:jmap:core","urn:ietf:params:jmap:contacts","urn:ietf:params:jmap:blob")");
    if (answers.empty()) return {};
    auto out = answers[0].at(1).as_object();
    if (answers[0].at(0) == "error") out["error"] = out["type"];
    return out;
  }
  json::object set(const std::string& arguments) { return one("ContactCard/set", arguments); }
  std::string create(const std::string& card) {
    const auto answer = set("\"create\":{\"k\":" + card + "}");
    EXPECT_FALSE(answer.at("created").is_null()) << json::serialize(answer);
    return answer.at("created").is_null() ? "" : std::string(answer.at("created").at("k").at("id").as_string());
  }
  std::string create_error(const std::string& card) {
    const auto answer = set("\"create\":{\"k\":" + card + "}");
    return answer.at("notCreated").is_null() ? "none" : std::string(answer.at("notCreated").at("k").at("type").as_string());
  }
  std::string update_error(const std::string& id, const std::string& patch) {
    const auto answer = set("\"update\":{\"" + id + "\":" + patch + "}");
    return answer.at("notUpdated").is_null() ? "none" : std::string(answer.at("notUpdated").at(id).at("type").as_string());
  }
  json::object card(const std::string& id) {
    const auto answer = one("ContactCard/get", R"("ids":[")" + id + "\"]");
    return answer.at("list").as_array().empty() ? json::object() : answer.at("list").at(0).as_object();
  }
  std::string book(const std::string& name) {
    const auto answer = one("AddressBook/set", R"("create":{"b":{"name":")" + name + "\"}}");
    return std::string(answer.at("created").at("b").at("id").as_string());
  }
  std::vector<std::string> query(const std::string& arguments) {
    const auto answer = one("ContactCard/query", arguments);
    std::vector<std::string> out;
    if (const auto* ids = answer.if_contains("ids"))
      for (const auto& id : ids->as_array()) out.emplace_back(id.as_string());
    else out.push_back(std::string(answer.at("error").as_string()));
    return out;
  }
  World w;
};

using Ids = std::vector<std::string>;

// rfc:9610#2
TEST_F(Contacts, everybody_has_one_default_book_section_2) {
  const auto answer = one("AddressBook/get", R"("ids":null)");
  ASSERT_EQ(answer.at("list").as_array().size(), 1u);
  const auto& book = answer.at("list").at(0).as_object();
  EXPECT_EQ(book.at("id"), "B0");
  EXPECT_EQ(book.at("isDefault"), true);
  EXPECT_EQ(book.at("isSubscribed"), true);
  EXPECT_EQ(book.at("sortOrder"), 0);
  EXPECT_TRUE(book.at("description").is_null());
  EXPECT_TRUE(book.at("shareWith").is_null());
  EXPECT_EQ(book.at("myRights"), (json::object{{"mayRead", true}, {"mayWrite", true}, {"mayShare", false}, {"mayDelete", false}}));
  EXPECT_EQ(one("AddressBook/get", R"("ids":["B7"])").at("notFound"), json::array{"B7"});
  EXPECT_EQ(one("AddressBook/get", R"("ids":null,"properties":["colour"])").at("error"), "invalidArguments");
}

TEST_F(Contacts, books_are_checked_section_2) {
  const std::string long_name(256, 'x');
  const std::pair<std::string, const char*> cases[] = {
      {R"({"name":"Family"})", "none"},        {R"({"name":""})", "invalidProperties"},
      {"{\"name\":\"" + long_name + "\"}", "invalidProperties"}, {"{}", "invalidProperties"},
      {R"({"name":"a","sortOrder":2147483647})", "none"}, {R"({"name":"a","sortOrder":2147483648})", "invalidProperties"},
      {R"({"name":"a","sortOrder":-1})", "invalidProperties"}, {R"({"name":"a","description":"of us"})", "none"},
      {R"({"name":"a","description":1})", "invalidProperties"}, {R"({"name":"a","isSubscribed":"yes"})", "invalidProperties"},
      {R"({"name":"a","isDefault":true})", "invalidProperties"}, {R"({"name":"a","id":"B9"})", "invalidProperties"},
      {R"({"name":"a","shareWith":{"p":{"mayRead":true}}})", "forbidden"}, {R"({"name":"a","shareWith":null})", "none"},
      {R"({"name":"a","colour":"red"})", "invalidProperties"},
  };
  for (const auto& [book, want] : cases) {
    const auto answer = one("AddressBook/set", "\"create\":{\"b\":" + book + "}");
    EXPECT_EQ(answer.at("notCreated").is_null() ? "none" : std::string(answer.at("notCreated").at("b").at("type").as_string()), want) << book;
  }
}

// rfc:9610#2.3
TEST_F(Contacts, a_book_with_cards_goes_only_if_that_is_meant_section_2_3) {
  const auto family = book("Family");
  const auto both = create("{\"addressBookIds\":{\"B0\":true,\"" + family + "\":true}}"), only = create("{\"addressBookIds\":{\"" + family + "\":true}}");
  auto refused = one("AddressBook/set", "\"destroy\":[\"" + family + "\"]");
  EXPECT_EQ(refused.at("notDestroyed").at(family).at("type"), "addressBookHasContents");
  const auto state = std::string(one("ContactCard/get", R"("ids":[])").at("state").as_string());
  const auto done = one("AddressBook/set", "\"onDestroyRemoveContents\":true,\"destroy\":[\"" + family + "\"]");
  EXPECT_EQ(done.at("destroyed"), json::array{family});
  EXPECT_EQ(card(both).at("addressBookIds"), (json::object{{"B0", true}}));
  EXPECT_TRUE(card(only).empty());
  const auto changes = one("ContactCard/changes", "\"sinceState\":\"" + state + "\"");
  EXPECT_EQ(changes.at("updated"), json::array{both});
  EXPECT_EQ(changes.at("destroyed"), json::array{only});
  EXPECT_EQ(one("AddressBook/set", R"("destroy":["B0"])").at("notDestroyed").at("B0").at("type"), "forbidden");
  EXPECT_EQ(one("AddressBook/set", R"("destroy":["B99"])").at("notDestroyed").at("B99").at("type"), "notFound");
}

TEST_F(Contacts, the_default_book_changes_and_that_is_told_section_2_3) {
  const auto answer = one("AddressBook/set", R"("create":{"b":{"name":"New"}},"onSuccessSetIsDefault":"#b")");
  const auto fresh = std::string(answer.at("created").at("b").at("id").as_string());
  EXPECT_EQ(answer.at("created").at("b").at("isDefault"), true);
  EXPECT_EQ(answer.at("updated").at("B0").at("isDefault"), false);
  EXPECT_EQ(card(create("{}")).at("addressBookIds"), (json::object{{fresh, true}}));
  // Ignored: unknown, or something else failed.
  EXPECT_TRUE(one("AddressBook/set", R"("onSuccessSetIsDefault":"B99")").at("updated").is_null());
  EXPECT_TRUE(one("AddressBook/set", R"("onSuccessSetIsDefault":"B0","create":{"x":{"name":""}})").at("updated").is_null());
  // The default goes, so that another is it.
  const auto gone = one("AddressBook/set", "\"onDestroyRemoveContents\":true,\"destroy\":[\"" + fresh + "\"]");
  EXPECT_EQ(gone.at("updated").at("B0").at("isDefault"), true);
  // The own one was there before it was stored.
  const auto changes = one("AddressBook/changes", R"("sinceState":"0")");
  EXPECT_EQ(changes.at("created"), json::array());
  EXPECT_EQ(changes.at("updated"), json::array{"B0"});
}

TEST_F(Contacts, a_book_is_renamed_and_its_fixed_properties_may_be_sent_along) {
  EXPECT_TRUE(one("AddressBook/set", R"("update":{"B0":{"name":"People","isDefault":true,"id":"B0"}})").at("notUpdated").is_null());
  EXPECT_EQ(one("AddressBook/get", R"("ids":["B0"],"properties":["name"])").at("list").at(0).at("name"), "People");
  EXPECT_EQ(one("AddressBook/set", R"("update":{"B0":{"isDefault":false}})").at("notUpdated").at("B0").at("type"), "invalidProperties");
  EXPECT_EQ(one("AddressBook/set", R"("update":{"B0":{"name/x":"a"}})").at("notUpdated").at("B0").at("type"), "invalidPatch");
  EXPECT_EQ(one("AddressBook/set", R"("ifInState":"nonsense")").at("error"), "stateMismatch");
}

// rfc:9610#3
TEST_F(Contacts, a_card_gets_what_its_client_left_out_section_3) {
  const auto answer = set(R"("create":{"k":{"name":{"full":"Ada Lovelace"},"emails":{"e":{"address":"ada@blue.test"}}}})");
  const auto& told = answer.at("created").at("k").as_object();
  EXPECT_EQ(told.at("addressBookIds"), (json::object{{"B0", true}}));
  EXPECT_TRUE(told.at("uid").as_string().starts_with("urn:uuid:"));
  EXPECT_EQ(told.at("@type"), "Card");
  EXPECT_EQ(told.at("version"), "1.0");
  EXPECT_FALSE(told.contains("name")) << "the client knows it";
  const auto got = card(std::string(told.at("id").as_string()));
  EXPECT_EQ(got.at("emails").at("e").at("address"), "ada@blue.test");
  EXPECT_EQ(got.at("uid"), told.at("uid"));
  const auto some = one("ContactCard/get", "\"ids\":[\"" + std::string(told.at("id").as_string()) + "\",\"C99\",\"x\"],\"properties\":[\"name\",\"notes\"]");
  EXPECT_EQ(some.at("list").at(0), (json::object{{"id", told.at("id")}, {"name", json::object{{"full", "Ada Lovelace"}}}}));
  EXPECT_EQ(some.at("notFound"), (json::array{"C99", "x"}));
}

TEST_F(Contacts, what_is_not_known_is_kept_as_it_came_rfc_9553_section_1_7) {
  const auto id = create(R"({"example.com:shoe":{"size":[43,{"a":null}]},"emails":{"e":{"address":"a@b.test","example.com:verified":true}},"futureThing":"x"})");
  const auto got = card(id);
  EXPECT_EQ(got.at("example.com:shoe"), json::parse(R"({"size":[43,{"a":null}]})"));
  EXPECT_EQ(got.at("emails").at("e").at("example.com:verified"), true);
  EXPECT_EQ(got.at("futureThing"), "x");
  EXPECT_EQ(update_error(id, R"({"name":{"full":"B"}})"), "none");
  EXPECT_EQ(card(id).at("futureThing"), "x");
}

// rfc:9553#2, each kind of property once good and in each way bad.
TEST_F(Contacts, properties_have_the_types_of_rfc_9553) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"@type":"Card","version":"1.0","uid":"u1","kind":"individual","language":"de-AT","prodId":"x","created":"2026-01-01T00:00:00Z","updated":"2026-01-01T00:00:00Z"})", "none"},
      {R"({"@type":"Person"})", "invalidProperties"},
      {R"({"version":"3.0"})", "invalidProperties"},
      {R"({"version":1})", "invalidProperties"},
      {R"({"uid":""})", "invalidProperties"},
      {R"({"kind":1})", "invalidProperties"},
      {R"({"created":"yesterday"})", "invalidProperties"},
      {R"({"updated":"2026-01-01T00:00:00+01:00"})", "invalidProperties"},
      {R"({"id":"C5"})", "invalidProperties"},
      {R"({"extra":1})", "invalidProperties"},
      {R"({"kind":"group","members":{"urn:uuid:1":true}})", "none"},
      {R"({"kind":"group","members":{"urn:uuid:1":false}})", "invalidProperties"},
      {R"({"members":{"urn:uuid:1":true}})", "invalidProperties"},
      {R"({"relatedTo":{"urn:uuid:1":{"relation":{"friend":true}},"someone else":{}}})", "none"},
      {R"({"relatedTo":{"urn:uuid:1":{"relation":["friend"]}}})", "invalidProperties"},
      {R"({"name":{"components":[{"kind":"given","value":"Jane"},{"kind":"surname","value":"Doe"}],"isOrdered":true,"sortAs":{"surname":"Doe"}}})", "none"},
      {R"({"name":{}})", "invalidProperties"},
      {R"({"name":"Jane"})", "invalidProperties"},
      {R"({"name":{"components":[{"kind":"given"}]}})", "invalidProperties"},
      {R"({"name":{"components":["Jane"]}})", "invalidProperties"},
      {R"({"name":{"components":{"kind":"given","value":"x"}}})", "invalidProperties"},
      {R"({"name":{"full":"x","isOrdered":"no"}})", "invalidProperties"},
      {R"({"name":{"full":"x","@type":"Nickname"}})", "invalidProperties"},
      {R"({"nicknames":{"k391":{"name":"Johnny","pref":1,"contexts":{"private":true}}}})", "none"},
      {R"({"nicknames":{"k391":{"name":"Johnny","pref":0}}})", "invalidProperties"},
      {R"({"nicknames":{"k391":{"name":"Johnny","pref":101}}})", "invalidProperties"},
      {R"({"nicknames":{"k 391":{"name":"Johnny"}}})", "invalidProperties"},
      {R"({"nicknames":[{"name":"Johnny"}]})", "invalidProperties"},
      {R"({"organizations":{"o":{"name":"ABC, Inc.","units":[{"name":"North American Division"}],"sortAs":"ABC"}}})", "none"},
      {R"({"organizations":{"o":{}}})", "invalidProperties"},
      {R"({"speakToAs":{"grammaticalGender":"neuter","pronouns":{"k":{"pronouns":"they/them"}}}})", "none"},
      {R"({"speakToAs":{}})", "invalidProperties"},
      {R"({"titles":{"t":{"name":"Research Scientist","kind":"title","organizationId":"o"}}})", "none"},
      {R"({"emails":{"e":{"address":"jqpublic@xyz.example.com","contexts":{"work":true},"pref":1,"label":"x"}}})", "none"},
      {R"({"emails":{"e":{}}})", "invalidProperties"},
      {R"({"emails":{"e":{"address":["a@b"]}}})", "invalidProperties"},
      {R"({"emails":{"e":null}})", "invalidProperties"},
      {R"({"onlineServices":{"x":{"service":"Mastodon","user":"@x@y.test"}}})", "none"},
      {R"({"onlineServices":{"x":{"service":"Mastodon"}}})", "invalidProperties"},
      {R"({"phones":{"p":{"number":"tel:+1-555-555-5555;ext=5555","features":{"voice":true}}}})", "none"},
      {R"({"phones":{"p":{"number":"1","features":{"voice":1}}}})", "invalidProperties"},
      {R"({"preferredLanguages":{"l":{"language":"en"}}})", "none"},
      {R"({"calendars":{"c":{"kind":"calendar","uri":"webcal://calendar.example.com/calA.ics"}}})", "none"},
      {R"({"calendars":{"c":{"uri":"webcal://calendar.example.com/calA.ics"}}})", "invalidProperties"},
      {R"({"schedulingAddresses":{"s":{"uri":"mailto:janedoe@example.com"}}})", "none"},
      {R"({"addresses":{"a":{"components":[{"kind":"number","value":"54321"},{"kind":"name","value":"Oak St"}],"countryCode":"US","coordinates":"geo:1,2","timeZone":"Etc/UTC","full":"x"}}})", "none"},
      {R"({"addresses":{"a":{"countryCode":1}}})", "invalidProperties"},
      {R"({"cryptoKeys":{"k":{"uri":"https://www.example.com/keys/jdoe.cer","mediaType":"application/pgp-keys"}}})", "none"},
      {R"({"directories":{"d":{"kind":"entry","uri":"https://dir.example.com/x","listAs":1}}})", "none"},
      {R"({"links":{"l":{"kind":"contact","uri":"mailto:contact@example.com"}}})", "none"},
      {R"({"links":{"l":{}}})", "invalidProperties"},
      {R"({"media":{"m":{"kind":"photo","uri":"https://example.com/a.gif"}}})", "none"},
      {R"({"media":{"m":{"kind":"photo"}}})", "invalidProperties"},
      {R"({"localizations":{"de":{"name/full":"X","titles/t/name":null}}})", "none"},
      {R"({"localizations":{"de":"X"}})", "invalidProperties"},
      {R"({"anniversaries":{"a":{"kind":"birth","date":{"@type":"PartialDate","year":1953,"month":4,"day":15}},"b":{"kind":"death","date":{"@type":"Timestamp","utc":"2019-10-15T23:10:00Z"}}}})", "none"},
      {R"({"anniversaries":{"a":{"kind":"birth","date":{}}}})", "invalidProperties"},
      {R"({"anniversaries":{"a":{"kind":"birth","date":"1953-04-15"}}})", "invalidProperties"},
      {R"({"anniversaries":{"a":{"kind":"birth","date":{"year":-1}}}})", "invalidProperties"},
      {R"({"keywords":{"internet":true}})", "none"},
      {R"({"keywords":["internet"]})", "invalidProperties"},
      {R"({"notes":{"n":{"note":"Open office hours","created":"2022-11-23T15:01:32Z","author":{"name":"John"}}}})", "none"},
      {R"({"notes":{"n":{"note":"x","created":"now"}}})", "invalidProperties"},
      {R"({"personalInfo":{"p":{"kind":"expertise","value":"chemistry","level":"high"}}})", "none"},
      {R"({"personalInfo":{"p":{"kind":"expertise"}}})", "invalidProperties"},
      {R"({"addressBookIds":{}})", "invalidProperties"},
      {R"({"addressBookIds":{"B99":true}})", "invalidProperties"},
      {R"({"addressBookIds":{"B0":false}})", "invalidProperties"},
      {R"({"addressBookIds":["B0"]})", "invalidProperties"},
  };
  for (const auto& [card, want] : cases) EXPECT_EQ(create_error(card), want) << card;
}

TEST_F(Contacts, a_uid_is_there_once_section_3) {
  const auto first = create(R"({"uid":"urn:uuid:1"})"), second = create(R"({"uid":"urn:uuid:2"})");
  EXPECT_EQ(create_error(R"({"uid":"urn:uuid:1"})"), "invalidProperties");
  EXPECT_EQ(update_error(second, R"({"uid":"urn:uuid:1"})"), "invalidProperties");
  EXPECT_EQ(update_error(second, R"({"uid":"urn:uuid:2","kind":"org"})"), "none");
  const auto both = set(R"("create":{"a":{"uid":"urn:uuid:3"},"b":{"uid":"urn:uuid:3"}})");
  EXPECT_EQ(both.at("created").as_object().size(), 1u);
  EXPECT_EQ(both.at("notCreated").as_object().size(), 1u);
  EXPECT_EQ(set("\"destroy\":[\"" + first + "\"],\"update\":{\"" + first + "\":{\"kind\":\"org\"}}").at("notUpdated").at(first).at("type"), "willDestroy");
  EXPECT_EQ(create_error(R"({"uid":"urn:uuid:1"})"), "none") << "the other is gone";
}

TEST_F(Contacts, a_card_is_patched_deep_within_rfc_8620_section_5_3) {
  const auto id = create(R"({"emails":{"e":{"address":"a@b.test"}},"name":{"full":"A"}})");
  const auto answer = set("\"update\":{\"" + id + R"(":{"emails/e/label":"home","emails/f":{"address":"c@d.test"},"name":null,"kind":"org"}})");
  EXPECT_TRUE(answer.at("updated").at(id).as_object().contains("updated")) << "set by the server, so told";
  const auto got = card(id);
  EXPECT_EQ(got.at("emails").at("e").at("label"), "home");
  EXPECT_EQ(got.at("emails").at("f").at("address"), "c@d.test");
  EXPECT_FALSE(got.contains("name"));
  const std::pair<const char*, const char*> cases[] = {
      {R"({"emails/x/label":"a"})", "invalidPatch"},
      {R"({"kind/x":"a"})", "invalidPatch"},
      {R"({"emails":{},"emails/e/label":"a"})", "invalidPatch"},
      {R"({"emails/e":null,"emails/e/label":null})", "invalidPatch"},
      {R"({"emails/e/address":null})", "invalidProperties"},
      {R"({"uid":null})", "invalidProperties"},
      {R"({"addressBookIds/B0":null})", "invalidProperties"},
      {R"({"addressBookIds/B0":false})", "invalidProperties"},
      {R"({"id":"C77"})", "invalidProperties"},
      {R"({"notes/n":{"note":"x"}})", "invalidPatch"},
      {R"({"notes":{"n~1":{"note":"x"}}})", "invalidProperties"},
  };
  for (const auto& [patch, want] : cases) EXPECT_EQ(update_error(id, patch), want) << patch;
  EXPECT_EQ(card(id), got) << "what fails changes nothing";
  EXPECT_EQ(update_error(id, "{\"id\":\"" + id + "\"}"), "none");
  EXPECT_EQ(update_error("C99", R"({"kind":"org"})"), "notFound");
  EXPECT_EQ(set(R"("destroy":["C99"])").at("notDestroyed").at("C99").at("type"), "notFound");
}

// rfc:9610#3.5
TEST_F(Contacts, only_pictures_become_photos_section_3_5) {
  const auto upload = [this](const std::string& bytes) {
    return std::string(one("Blob/upload", R"("create":{"b":{"data":[{"data:asBase64":")" + base64_encode(bytes) + R"("}]}})").at("created").at("b").at("id").as_string());
  };
  const auto photo = [](const std::string& blob) { return R"({"media":{"m":{"kind":"photo","blobId":")" + blob + "\"}}}"; };
  const auto good = upload("\x89PNG\r\n\x1a\n...");
  const auto id = create(photo(good));
  const auto got = card(id).at("media").at("m").as_object();
  EXPECT_EQ(got.at("mediaType"), "image/png");
  EXPECT_FALSE(got.contains("uri")) << "rfc:9610#3 data: URIs are shown as blobs";
  const std::string blob(got.at("blobId").as_string());
  EXPECT_NE(blob, good) << "an upload does not last";
  const auto bytes_of = [this](const std::string& name) { return *read_blob(w.test.store, w.alice, name); };
  EXPECT_EQ(bytes_of(blob)->bytes, "\x89PNG\r\n\x1a\n...");
  EXPECT_EQ(bytes_of(blob)->type, "image/png");
  EXPECT_EQ(*read_blob(w.test.store, AccountId{number(w.alice) + 1}, blob), std::nullopt) << "F8: to others there is none";
  for (const auto& none : {blob + "0", blob.substr(0, blob.size() - 1), blob.substr(0, blob.find('-')), std::string("BC"), std::string("BC-"), std::string("BC99-") + std::string(32, '0')}) EXPECT_EQ(bytes_of(none), std::nullopt) << none;
  // What is sent back as it was shown, with a change beside it, stays; another picture is another blob.
  EXPECT_EQ(update_error(id, R"({"media/m/label":"portrait"})"), "none");
  EXPECT_EQ(update_error(id, R"({"media":{"m":{"kind":"photo","label":"portrait","mediaType":"image/png","blobId":")" + blob + "\"}}}"), "none");
  EXPECT_EQ(card(id).at("media").at("m").at("blobId"), json::value(blob));
  EXPECT_EQ(update_error(id, R"({"media/m/blobId":")" + upload("GIF89a...") + "\"}"), "none");
  EXPECT_EQ(card(id).at("media").at("m").at("mediaType"), "image/gif");
  EXPECT_EQ(bytes_of(std::string(card(id).at("media").at("m").at("blobId").as_string()))->bytes, "GIF89a...");
  EXPECT_EQ(bytes_of(blob), std::nullopt);
  // A data: URI that a client wrote is shown as a blob if it is a picture, and as it is if not.
  const auto written = card(create(R"({"media":{"p":{"kind":"photo","uri":"data:image/gif;base64,R0lGODlhLi4u"},"s":{"kind":"sound","uri":"data:audio/ogg;base64,T2dnUw=="},"u":{"kind":"photo","uri":"https://example.com/a.gif"}}})")).at("media").as_object();
  EXPECT_EQ(bytes_of(std::string(written.at("p").at("blobId").as_string()))->bytes, "GIF89a...");
  EXPECT_TRUE(written.at("s").as_object().contains("uri"));
  EXPECT_TRUE(written.at("u").as_object().contains("uri"));
  EXPECT_EQ(create_error(photo(upload("<svg onload=alert(1)>"))), "invalidProperties");
  EXPECT_EQ(create_error(photo("BO99")), "invalidProperties");
  EXPECT_EQ(create_error(photo(upload("\xff\xd8\xff" + std::string(200'000, 'x')))), "invalidProperties");
}

TEST_F(Contacts, cards_are_limited) {
  EXPECT_EQ(create_error(R"({"notes":{"n":{"note":")" + std::string(300'000, 'x') + "\"}}}"), "tooLarge");
  std::string many;
  for (int i = 0; i < 501; ++i) many += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":{}";
  EXPECT_EQ(set("\"create\":{" + many + "}").at("error"), "requestTooLarge");
}

// rfc:9610#3.3.1
TEST_F(Contacts, filters_find_by_each_condition_section_3_3_1) {
  const auto family = book("Family");
  const auto jane = create(R"({"uid":"jane","created":"2026-01-01T00:00:00Z","updated":"2026-02-01T00:00:00Z","name":{"components":[{"kind":"given","value":"Jane"},{"kind":"surname","value":"Müller-Straße"},{"kind":"surname2","value":"García"}]},"nicknames":{"n":{"name":"JJ"}},"organizations":{"o":{"name":"Blue Steel Works"}},"emails":{"e":{"address":"jane@blue.test","label":"office"}},"phones":{"p":{"number":"+49 30 1234"}},"onlineServices":{"s":{"service":"Mastodon","user":"@jane@social.test"}},"addresses":{"a":{"components":[{"kind":"locality","value":"Berlin"}]}},"notes":{"n":{"note":"likes tea and \"strong\" words"}},"addressBookIds":{")" + family + R"(":true}})");
  const auto team = create(R"({"uid":"team","kind":"group","name":{"full":"The Team"},"members":{"jane":true},"created":"2026-03-01T00:00:00Z","updated":"2026-03-01T00:00:00Z"})");
  const std::pair<std::string, Ids> cases[] = {
      {"null", {jane, team}},
      {"{}", {jane, team}},
      {"{\"inAddressBook\":\"" + family + "\"}", {jane}},
      {R"({"inAddressBook":"B99"})", {}},
      {R"({"uid":"jane"})", {jane}},
      {R"({"uid":"Jane"})", {}},
      {R"({"hasMember":"jane"})", {team}},
      {R"({"kind":"group"})", {team}},
      {R"({"createdBefore":"2026-03-01T00:00:00Z"})", {jane}},
      {R"({"createdAfter":"2026-03-01T00:00:00Z"})", {team}},
      {R"({"updatedBefore":"2026-02-01T00:00:00Z"})", {}},
      {R"({"updatedAfter":"2026-02-01T00:00:00Z"})", {jane, team}},
      {R"({"name":"jane MULLER"})", {}},
      {R"({"name":"müller"})", {jane}},
      {R"({"name":"MÜLLER-STRASSE jane"})", {jane}},
      {R"({"name":"team"})", {team}},
      {R"({"name/given":"jane"})", {jane}},
      {R"({"name/given":"müller"})", {}},
      {R"({"name/surname":"müller"})", {jane}},
      {R"({"name/surname2":"garcía"})", {jane}},
      {R"({"nickname":"jj"})", {jane}},
      {R"({"organization":"steel"})", {jane}},
      {R"({"email":"JANE@"})", {jane}},
      {R"({"email":"office"})", {jane}},
      {R"({"phone":"1234"})", {jane}},
      {R"({"onlineService":"mastodon"})", {jane}},
      {R"({"address":"berlin"})", {jane}},
      {R"({"note":"tea"})", {jane}},
      {R"({"note":"'tea and'"})", {jane}},
      {R"({"note":"'and tea'"})", {}},
      {R"({"note":"\"and \\\"strong\\\"\""})", {jane}},
      {R"({"text":"jane berlin tea"})", {jane}},
      {R"({"text":"jane paris"})", {}},
      {R"({"text":""})", {jane, team}},
      {R"({"text":"jane","kind":"group"})", {}},
      {R"({"operator":"NOT","conditions":[{"text":"jane"}]})", {team}},
      {R"({"operator":"OR","conditions":[{"name":"team"},{"email":"jane"}]})", {jane, team}},
      {R"({"colour":"red"})", {"unsupportedFilter"}},
      {R"({"name":1})", {"invalidArguments"}},
      {R"({"createdAfter":"soon"})", {"invalidArguments"}},
  };
  for (const auto& [filter, want] : cases) EXPECT_EQ(query("\"filter\":" + filter), want) << filter;
}

// rfc:9610#3.3.2
TEST_F(Contacts, cards_are_sorted_section_3_3_2) {
  const auto b = create(R"({"name":{"full":"berta"},"created":"2026-01-02T00:00:00Z","updated":"2026-01-05T00:00:00Z"})");
  const auto a = create(R"({"name":{"components":[{"kind":"given","value":"Anna"},{"kind":"surname","value":"Zuse"}]},"created":"2026-01-01T00:00:00Z","updated":"2026-01-06T00:00:00Z"})");
  EXPECT_EQ(query(R"("sort":[{"property":"created"}])"), (Ids{a, b}));
  EXPECT_EQ(query(R"("sort":[{"property":"updated"}])"), (Ids{b, a}));
  EXPECT_EQ(query(R"("sort":[{"property":"created","isAscending":false}])"), (Ids{b, a}));
  EXPECT_EQ(query(R"("sort":[{"property":"name/full"}])"), (Ids{a, b}));
  EXPECT_EQ(query(R"("sort":[{"property":"name/given"}])"), (Ids{b, a})) << "none comes first";
  EXPECT_EQ(query(R"("sort":[{"property":"name/surname","isAscending":false}])"), (Ids{a, b}));
  EXPECT_EQ(query(R"("sort":[{"property":"shoe"}])"), (Ids{"unsupportedSort"}));
  EXPECT_EQ(query(R"("sort":[{"property":"name/full"}],"limit":1,"position":1)"), (Ids{b}));
}

// rfc:8620#5.2, 5.6 against a model: what a client that follows has is what there is.
TEST_F(Contacts, changes_and_query_changes_keep_a_client_in_step) {
  std::string state = "0", query_state;
  std::vector<std::string> known, order, made;
  const auto everything = one("ContactCard/query", R"("sort":[{"property":"name/full"}])");
  query_state = std::string(everything.at("queryState").as_string());
  unsigned seed = 7;
  const auto random = [&seed](unsigned below) { return (seed = seed * 1103515245u + 12345u) / 65536u % below; };
  for (int round = 0; round < 60; ++round) {
    for (unsigned i = random(4); i-- > 0;) {
      const auto what = random(3);
      if (what == 0 || made.empty()) made.push_back(create(R"({"name":{"full":")" + std::to_string(random(1000)) + "\"}}"));
      else if (what == 1) update_error(made[random(static_cast<unsigned>(made.size()))], R"({"name/full":")" + std::to_string(random(1000)) + "\"}");
      else {
        const auto at = made.begin() + random(static_cast<unsigned>(made.size()));
        set("\"destroy\":[\"" + *at + "\"]");
        made.erase(at);
      }
    }
    if (random(4) == 0) w.test.append(w.alice, "From: a@blue.test\r\n\r\nnoise\r\n");
    bool more = true;
    while (more) {
      const auto changes = one("ContactCard/changes", "\"sinceState\":\"" + state + "\",\"maxChanges\":2");
      ASSERT_TRUE(changes.contains("newState")) << json::serialize(changes);
      for (const auto& id : changes.at("created").as_array()) known.emplace_back(id.as_string());
      for (const auto& id : changes.at("destroyed").as_array()) std::erase(known, std::string(id.as_string()));
      state = std::string(changes.at("newState").as_string());
      more = changes.at("hasMoreChanges").as_bool();
    }
    std::ranges::sort(known);
    auto want = made;
    std::ranges::sort(want);
    ASSERT_EQ(known, want);
    const auto changes = one("ContactCard/queryChanges", "\"sort\":[{\"property\":\"name/full\"}],\"sinceQueryState\":\"" + query_state + "\"");
    for (const auto& id : changes.at("removed").as_array()) std::erase(order, std::string(id.as_string()));
    for (const auto& added : changes.at("added").as_array()) order.insert(order.begin() + added.at("index").to_number<int>(), std::string(added.at("id").as_string()));
    query_state = std::string(changes.at("newQueryState").as_string());
    ASSERT_EQ(order, query(R"("sort":[{"property":"name/full"}])"));
  }
}

TEST_F(Contacts, there_is_nowhere_to_copy_from_section_3_6) {
  EXPECT_EQ(one("ContactCard/copy", R"("fromAccountId":"A99","create":{})").at("error"), "fromAccountNotFound");
  EXPECT_EQ(one("ContactCard/copy", "\"fromAccountId\":\"" + account_text(w.alice) + "\",\"create\":{}").at("error"), "invalidArguments");
  EXPECT_EQ(one("ContactCard/changes", R"("sinceState":"nonsense")").at("error"), "cannotCalculateChanges");
}

TEST(ContactTerms, are_words_and_phrases_rfc_9610_section_3_3_1) {
  const std::pair<const char*, Ids> cases[] = {{"a b", {"a", "b"}}, {"\"a b\" c", {"a b", "c"}}, {"'a b'", {"a b"}}, {"O'Brien's", {"o'brien's"}}, {"\"open", {"\"open"}},
                                               {R"("a \"b\" \\")", {R"(a "b" \)"}}, {"", {}}, {"  ", {}}};
  for (const auto& [text, want] : cases) EXPECT_EQ(search_terms(text), want) << text;
}

}  // namespace
}  // namespace posthorn::jmap
