// Blob/upload, get, lookup (RFC 9404) and Blob/copy (RFC 8620 section 6.3) as whole requests.
#include <gtest/gtest.h>

#include "jmap/core/blobs.h"
#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr auto capabilities = R"("urn:ietf:params:jmap:core","urn:ietf:params:jmap:blob")";

class BlobMethods : public testing::Test {
 protected:
  std::string account() const { return account_text(world.alice); }
  json::array all(const std::string& calls) { return world.answers(calls, capabilities); }
  // The answer of one call; of an error {"error": type}.
  json::object one(const std::string& name, const std::string& arguments) {
    auto answers = all("[[\"" + name + "\",{\"accountId\":\"" + account() + "\"" + (arguments.empty() ? "" : ",") + arguments + "},\"0\"]]");
    if (answers.empty()) return {};
    const auto& first = answers[0].as_array();
    if (first[0].as_string() == "error") return {{"error", first[1].at("type")}};
    return first[1].as_object();
  }
  std::string upload(const std::string& data) {
    const auto answer = one("Blob/upload", R"("create":{"b":{"data":)" + data + "}}");
    return std::string(answer.at("created").at("b").at("id").as_string());
  }
  std::string error_of(const std::string& data) {
    const auto answer = one("Blob/upload", R"("create":{"b":{"data":)" + data + "}}");
    return answer.at("created").is_null() ? std::string(answer.at("notCreated").at("b").at("type").as_string()) : "created";
  }
  json::object get(const std::string& id, const std::string& more) {
    const auto answer = one("Blob/get", R"("ids":[")" + id + "\"]" + more);
    return answer.contains("error") ? answer : answer.at("list").at(0).as_object();
  }
  World world;
};

// rfc:9404#4.1.1 the example, its parts joined.
TEST_F(BlobMethods, upload_joins_text_base64_and_parts_of_blobs_section_4_1) {
  const auto first = upload(R"([{"data:asText":"The quick brown fox "},{"data:asBase64":"anVtcGVkIG92ZXI="}])");
  const auto second = upload(R"([{"blobId":")" + first + R"("},{"data:asText":" the "},{"blobId":")" + first + R"(","offset":4,"length":5},{"blobId":")" + first + R"(","offset":20}])");
  EXPECT_EQ(get(second, "")["data:asText"], "The quick brown fox jumped over the quickjumped over");
  const auto made = one("Blob/upload", R"("create":{"b":{"data":[],"type":"image/gif"},"c":{"data":[{"data:asText":"x"}]}})");
  EXPECT_EQ(made.at("created").at("b").at("size"), 0);
  EXPECT_EQ(made.at("created").at("b").at("type"), "image/gif");
  EXPECT_TRUE(made.at("created").at("c").at("type").is_null());
  EXPECT_TRUE(made.at("notCreated").is_null());
}

TEST_F(BlobMethods, upload_refuses_what_it_would_have_to_guess_section_4_1) {
  const auto id = upload(R"([{"data:asText":"12345"}])");
  const std::pair<std::string, const char*> cases[] = {
      {R"([{"data:asBase64":"AA="}])", "invalidProperties"},
      {R"([{"data:asBase64":"A A="}])", "invalidProperties"},
      {R"([{}])", "invalidProperties"},
      {R"([{"data:asText":"a","data:asBase64":"AAAA"}])", "invalidProperties"},
      {R"(["a"])", "invalidProperties"},
      {R"("a")", "invalidProperties"},
      {R"([{"blobId":"BO77"}])", "blobNotFound"},
      {R"([{"blobId":")" + id + R"(","offset":6}])", "invalidProperties"},
      {R"([{"blobId":")" + id + R"(","offset":3,"length":3}])", "invalidProperties"},
      {R"([{"blobId":")" + id + R"(","offset":-1}])", "invalidProperties"},
      {R"([{"blobId":")" + id + R"(","offset":1.5}])", "invalidProperties"},
      {R"([{"blobId":")" + id + R"(","length":18446744073709551615}])", "invalidProperties"},
      {R"([{"blobId":")" + id + R"(","offset":5}])", "created"},
      {R"([{"blobId":")" + id + R"(","offset":null,"length":null}])", "created"},
  };
  for (const auto& [data, want] : cases) EXPECT_EQ(error_of(data), want) << data;
  std::string many = "[";
  for (int i = 0; i < 65; ++i) many += std::string(i == 0 ? "" : ",") + R"({"data:asText":"x"})";
  EXPECT_EQ(error_of(many + "]"), "tooLarge");
}

// Doubling a blob again and again ends at the limit, not at the end of memory.
TEST_F(BlobMethods, upload_is_bounded_however_often_a_blob_is_named) {
  auto id = upload(R"([{"data:asText":")" + std::string(1 << 20, 'x') + R"("}])");
  std::string twice = "[";
  for (int i = 0; i < 17; ++i) twice += std::string(i == 0 ? "" : ",") + R"({"blobId":")" + id + "\"}";
  EXPECT_EQ(error_of(twice + "]"), "tooLarge");
}

TEST_F(BlobMethods, an_id_made_in_the_request_can_be_used_in_it_rfc_8620_section_5_3) {
  const auto answers = all(R"([["Blob/upload",{"accountId":")" + account() + R"(","create":{"a":{"data":[{"data:asText":"one"}]},"b":{"data":[{"blobId":"#a"},{"data:asText":" two"}]}}},"0"],)" +
                           R"(["Blob/get",{"accountId":")" + account() + R"(","ids":["#b"]},"1"]])");
  EXPECT_EQ(answers[1].at(1).at("list").at(0).at("data:asText"), "one two");
}

// rfc:9404#4.2
TEST_F(BlobMethods, get_tells_text_base64_size_and_digests_section_4_2) {
  const auto id = upload(R"([{"data:asText":"The quick brown fox jumped over the lazy dog."}])");
  const auto text = get(id, "");
  EXPECT_EQ(text.at("data:asText"), "The quick brown fox jumped over the lazy dog.");
  EXPECT_EQ(text.at("size"), 45);
  EXPECT_FALSE(text.contains("data:asBase64"));
  const auto digests = get(id, R"(,"properties":["digest:sha","digest:sha-256","size"])");
  EXPECT_EQ(digests.at("digest:sha"), "wIVPufsDxBzOOALLDSIFKebu+U4=");  // the example of section 4.2.1
  EXPECT_EQ(digests.at("size"), 45);
  EXPECT_FALSE(digests.contains("data:asText"));
  const auto part = get(id, R"(,"properties":["data:asText","size"],"offset":4,"length":9)");
  EXPECT_EQ(part.at("data:asText"), "quick bro");
  EXPECT_EQ(part.at("size"), 45);
  EXPECT_FALSE(part.contains("isTruncated"));
  const auto beyond = get(id, R"(,"properties":["data:asText"],"offset":40,"length":9)");
  EXPECT_EQ(beyond.at("data:asText"), " dog.");
  EXPECT_EQ(beyond.at("isTruncated"), true);
  EXPECT_EQ(get(id, R"(,"properties":["data:asText"],"offset":100)").at("data:asText"), "");
}

TEST_F(BlobMethods, get_of_octets_that_are_no_text_section_4_2) {
  const auto id = upload(R"([{"data:asBase64":"/wD/"}])");
  const auto both = get(id, "");
  EXPECT_EQ(both.at("data:asBase64"), "/wD/");
  EXPECT_EQ(both.at("isEncodingProblem"), true);
  EXPECT_FALSE(both.contains("data:asText"));
  const auto text = get(id, R"(,"properties":["data:asText"])");
  EXPECT_EQ(text.at("isEncodingProblem"), true);
  EXPECT_TRUE(text.at("data:asText").is_null());
  EXPECT_EQ(get(id, R"(,"properties":["data:asBase64"],"offset":1)").at("data:asBase64"), "AP8=");
  EXPECT_EQ(get(id, R"(,"properties":["data:asText"],"offset":1,"length":1)").at("data:asText").as_string(), std::string_view("\0", 1));
}

TEST_F(BlobMethods, get_refuses_what_it_does_not_know) {
  EXPECT_EQ(one("Blob/get", R"("ids":["BO1"],"properties":["colour"])").at("error"), "invalidArguments");
  EXPECT_EQ(one("Blob/get", R"("ids":null)").at("error"), "invalidArguments");
  EXPECT_EQ(one("Blob/get", R"("ids":["BO77","x"])").at("notFound"), (json::array{"BO77", "x"}));
  EXPECT_EQ(one("Blob/get", R"("ids":[],"offset":-1)").at("error"), "invalidArguments");
}

// rfc:9404#4.3
TEST_F(BlobMethods, lookup_names_the_objects_of_a_message_section_4_3) {
  const auto appended = world.test.append(world.alice, "From: a@blue.test\r\nSubject: x\r\n\r\nhello\r\n");
  const auto id = blob_of_email(appended->email);
  const auto answer = one("Blob/lookup", R"("typeNames":["Email","Mailbox","Thread"],"ids":[")" + id + R"(","BO99"])");
  EXPECT_EQ(answer.at("notFound"), json::array{"BO99"});
  const auto& matched = answer.at("list").at(0).at("matchedIds");
  EXPECT_EQ(matched.at("Email").as_array().size(), 1u);
  EXPECT_EQ(matched.at("Mailbox"), json::array{"F1"});
  EXPECT_EQ(matched.at("Thread").as_array().size(), 1u);
  EXPECT_EQ(one("Blob/lookup", R"("typeNames":["Cat"],"ids":[])").at("error"), "unknownDataType");
  const auto upload_id = upload(R"([{"data:asText":"x"}])");
  EXPECT_EQ(one("Blob/lookup", R"("typeNames":["Email"],"ids":[")" + upload_id + "\"]").at("list").at(0).at("matchedIds").at("Email"), json::array());
}

// rfc:8620#6.3
TEST_F(BlobMethods, copy_within_the_only_account_section_6_3) {
  const auto id = upload(R"([{"data:asText":"x"}])");
  const auto answer = one("Blob/copy", R"("fromAccountId":")" + account() + R"(","blobIds":[")" + id + R"(","BO99"])");
  EXPECT_EQ(answer.at("copied").at(id), id.c_str());
  EXPECT_EQ(answer.at("notCopied").at("BO99").at("type"), "notFound");
  EXPECT_EQ(one("Blob/copy", R"("fromAccountId":"A99","blobIds":[])").at("error"), "fromAccountNotFound");
}

// attacks.md F8
TEST_F(BlobMethods, of_another_account_are_not_there_F8) {
  const auto bob = world.test.add("bob@blue.test");
  const auto theirs = world.test.run(keep_upload(world.services, bob, "secret", ""));
  EXPECT_EQ(error_of(R"([{"blobId":")" + *theirs + "\"}]"), "blobNotFound");
  EXPECT_EQ(one("Blob/get", R"("ids":[")" + *theirs + "\"]").at("notFound").as_array().size(), 1u);
}

TEST_F(BlobMethods, need_their_capability_section_3_6_2) {
  EXPECT_EQ(world.answers(R"([["Blob/get",{"accountId":")" + account() + R"(","ids":[]},"0"]])")[0].at(1).at("type"), "unknownMethod");
}

}  // namespace
}  // namespace posthorn::jmap
