// Files of the webmail: found by their paths, told apart by ETag, in Brotli only for those who take it, under a strict policy.
#include "http/static_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace posthorn::http {
namespace {

constexpr std::array<StaticFile, 3> files = {{
    {"/app/main-12.js", "text/javascript; charset=utf-8", "abc", "plain script", "packed script"},
    {"/index.html", "text/html; charset=utf-8", "def", "<p>page", "packed page"},
    {"/posthorn.svg", "image/svg+xml", "123", "<svg>", {}},
}};

std::string field(const FileAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.fields)
    if (key == name) return value;
  return "-";
}

TEST(StaticFiles, are_found_by_their_paths_and_the_addresses_of_the_webmail_are_its_page) {
  constexpr std::pair<std::string_view, std::string_view> cases[] = {
      {"/", "/index.html"},          {"/mail", "/index.html"},           {"/mail/inbox/T12", "/index.html"}, {"/settings/security", "/index.html"},
      {"/search/a%20b", "/index.html"}, {"/contacts", "/index.html"},    {"/index.html", "/index.html"},     {"/app/main-12.js", "/app/main-12.js"},
      {"/posthorn.svg", "/posthorn.svg"}, {"/mailbox", ""},              {"/app/", ""},                      {"/app/../index.html", ""},
      {"//index.html", ""},          {"", ""},                           {"/jmap/api", ""},                  {"/index.html.br", ""},
  };
  for (const auto& [path, want] : cases) {
    const auto* found = find_static(files, path);
    EXPECT_EQ(found == nullptr ? "" : found->path, want) << path;
  }
}

TEST(StaticFiles, go_in_brotli_to_those_who_take_it) {
  struct Case {
    std::string_view accept;
    bool packed;
  };
  constexpr Case cases[] = {{"gzip, deflate, br", true}, {"br", true}, {"BR;q=0.5", true}, {"*", true}, {"br;q=0, *", false}, {"br; q=0.000", false}, {"br;q=0.001", true},
                            {"", false}, {"gzip", false}, {"brr", false}, {"*;q=0", false}, {"gzip;q=1, *;q=0.1", true}};
  for (const auto& one : cases) {
    const auto answer = answer_static(files[0], one.accept, "");
    EXPECT_EQ(answer.body, one.packed ? "packed script" : "plain script") << one.accept;
    EXPECT_EQ(field(answer, "Content-Encoding"), one.packed ? "br" : "-") << one.accept;
    EXPECT_EQ(field(answer, "Vary"), "Accept-Encoding");
  }
  EXPECT_EQ(answer_static(files[2], "br", "").body, "<svg>");
}

TEST(StaticFiles, are_not_sent_again_to_who_has_them) {
  const auto tag = field(answer_static(files[1], "", ""), "ETag"), packed = field(answer_static(files[1], "br", ""), "ETag");
  EXPECT_EQ(tag, "\"def\"");
  EXPECT_NE(tag, packed);
  for (const std::string& sent : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const auto answer = answer_static(files[1], "", sent);
    EXPECT_EQ(answer.status, 304u) << sent;
    EXPECT_TRUE(answer.body.empty());
    EXPECT_EQ(field(answer, "ETag"), tag);  // rfc:9110#15.4.5
  }
  for (const std::string& sent : {packed, std::string("\"x\""), std::string("def")}) EXPECT_EQ(answer_static(files[1], "", sent).status, 200u) << sent;
}

TEST(StaticFiles, with_a_hash_in_their_names_are_kept_for_a_year_and_the_page_never_without_asking) {
  EXPECT_EQ(field(answer_static(files[0], "", ""), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(field(answer_static(files[1], "", ""), "Cache-Control"), "no-cache");
}

// hardening.md 5.10
TEST(StaticFiles, pages_come_with_the_policy_and_it_allows_no_inline_script) {
  EXPECT_EQ(field(answer_static(files[1], "", ""), "Content-Security-Policy"), content_security_policy());
  const auto policy = content_security_policy();
  for (const char* part : {"default-src 'none'", "script-src 'self';", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "require-trusted-types-for 'script'"})
    EXPECT_TRUE(policy.contains(part)) << part;
  EXPECT_FALSE(policy.contains("unsafe"));
}

TEST(StaticFiles, what_is_embedded_is_sorted_has_a_page_and_a_type_each) {
  const auto all = embedded_files();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &StaticFile::path));
  ASSERT_NE(find_static(all, "/"), nullptr);
  for (const auto& one : all) {
    EXPECT_FALSE(one.bytes.empty()) << one.path;
    EXPECT_FALSE(one.type.empty()) << one.path;
    EXPECT_FALSE(one.etag.empty()) << one.path;
  }
}

}  // namespace
}  // namespace posthorn::http
