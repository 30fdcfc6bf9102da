// What the search must not do: claim what is not proven, cost more than its limits. And what it says besides the edits.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>

#include "kit.h"

namespace posthorn::trust::altered {
namespace {

const std::string letter =
    "From: Alice Example <alice@example.org>\r\nTo: Test <test@lists.example.net>\r\nSubject: Lunch on Friday\r\n"
    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
    "charset=utf-8\r\n\r\n"
    "Dear all,\r\n\r\nshall we meet for lunch?\r\nThe place at the corner is open.\r\n\r\nAlice\r\n";
const std::string footer =
    "_______________________________________________\r\nTest mailing list\r\nhttps://lists.example.net/test\r\n";

TEST(AlteredSearch, SaysNothingOfAWordChangedInTheMiddle) {
  for (const auto& way : ways) {
    const auto signed_one = signed_letter(letter, way);
    const auto result = search_in(replaced(signed_one, "corner", "market"), dns_of(way.key));
    EXPECT_FALSE(result.found) << way.name;
    EXPECT_FALSE(result.gave_up) << way.name;
    EXPECT_GT(result.cost.attempts, 5U);
  }
}

TEST(AlteredAccount, NeverTakesNobodyCanTellForNothingWasChanged) {
  const auto& way = ways.front();
  const std::string lunch = "From: a@example.org\r\nTo: b@example.com\r\nSubject: Lunch\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\nAt noon?\r\nBring bread.\r\n";
  const auto whole = signed_letter(lunch, way);
  const auto told = [](const std::string& bytes, const Dns& dns) {
    const auto message = mail::parse(bytes);
    Answers answers;
    auto signatures = dkim::verify(message, answers, now);
    if (!signatures) {
      dns.fill(answers);
      signatures = dkim::verify(message, answers, now);
    }
    return account_of(message, *signatures, answers);
  };
  const auto dns = dns_of(way.key);
  EXPECT_EQ(told(whole, dns).known, Known::nothing_changed);
  EXPECT_EQ(told(whole + "-- \r\nlist\r\n", dns).known, Known::changed);
  EXPECT_EQ(told(replaced(whole, "bread", "wine"), dns).known, Known::changed_somehow);
  EXPECT_EQ(told(lunch, dns).known, Known::unknown);
  EXPECT_EQ(told(whole, Dns{}).known, Known::unknown);  // no key
  EXPECT_EQ(to_json(told(whole + "-- \r\nlist\r\n", dns)).at("result").as_string(), "found");
}

TEST(AlteredSearch, SaysNothingOfAGoodMessageOrOneWithoutSignature) {
  const auto result = search_in(signed_letter(letter, ways[0]), dns_of(ways[0].key));
  EXPECT_FALSE(result.found);
  EXPECT_EQ(result.cost.attempts + result.cost.signatures + result.cost.bytes, 0U);
  EXPECT_FALSE(search_in(letter, dns_of(ways[0].key)).found);
  EXPECT_FALSE(search_in("", {}).found);
}

// What is behind the first line is not proven: nothing is claimed but what is.
TEST(AlteredSearch, SaysThatTheBodyIsWholeWhenOnlyTheHeaderCannotBeRestored) {
  for (const auto& way : ways) {
    const auto edited = replaced(replaced(signed_letter(letter, way), "Alice Example <alice", "Mallory <alice"), "Subject: Lunch",
                                 "Subject: [Test] Dinner");
    const auto result = search_in(edited, dns_of(way.key));
    ASSERT_TRUE(result.found) << way.name;
    EXPECT_EQ(result.found->proof, Proof::body_hash);
    EXPECT_TRUE(result.found->edits.empty());
    EXPECT_EQ(result.found->suspects, std::vector<std::string>{"Subject"});
    const auto with_footer = search_in(edited + footer, dns_of(way.key));
    ASSERT_TRUE(with_footer.found);
    EXPECT_EQ(with_footer.found->proof, Proof::body_hash);
    EXPECT_EQ(kinds_of(*with_footer.found), std::set<std::string>{"footer"});
    EXPECT_TRUE(with_footer.found->sentence.contains("could not be found")) << with_footer.found->sentence;
  }
}

TEST(AlteredSearch, ClaimsNothingByAKeyThatIsNotTheSigners) {
  const auto edited = signed_letter(letter, ways[1]) + footer;
  const auto other = crypto::SigningKey::generate(crypto::KeyKind::ed25519);
  const Dns dns{{{"s1._domainkey.example.org", {dkim::key_record(*other)}}}, {}};
  const auto result = search_in(edited, dns);
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->proof, Proof::body_hash);
  EXPECT_FALSE(search_in(edited, {}).found);  // no key at all
}

TEST(AlteredSearch, NamesTheLinesAndTheTextOfAnEdit) {
  const auto edited = replaced(signed_letter(letter, ways[0]), "Subject: ", "Subject: [Test] ") + footer;
  const auto result = search_in(edited, dns_of(ways[0].key));
  ASSERT_TRUE(result.found);
  ASSERT_EQ(result.found->edits.size(), 2U);
  const auto lines = split(edited, '\n');
  const auto& subject = result.found->edits[0];
  EXPECT_EQ(subject.where, "Subject");
  EXPECT_EQ(subject.sentence, "the Subject got \"[Test]\" before it");
  ASSERT_EQ(subject.first_line, subject.last_line);
  EXPECT_EQ(lines[subject.first_line - 1], "Subject: [Test] Lunch on Friday\r");
  EXPECT_EQ(subject.removed, "Subject: Lunch on Friday\n");
  const auto& below = result.found->edits[1];
  EXPECT_EQ(below.sentence, "3 lines were added at the end of the text");
  EXPECT_EQ(std::string(lines[below.first_line - 1]) + "\n", footer.substr(0, footer.find('\n') + 1));
  EXPECT_EQ(below.last_line, below.first_line + 2);
  EXPECT_EQ(below.added, replaced(footer, "\r\n", "\n"));
}

TEST(AlteredSearch, FindsWhatStandsBehindTheSignedLength) {
  const std::string tags = "v=1; a=ed25519-sha256; d=example.org; s=s1; h=from:subject; l=" +
                           std::to_string(letter.size() - letter.find("\r\n\r\n") - 4) + "; bh=@;";
  const auto signed_one = crafted(letter, tags, test_key(crypto::KeyKind::ed25519)) + letter;
  const auto result = search_in(signed_one + footer, dns_of(crypto::KeyKind::ed25519));
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->proof, Proof::signature);
  EXPECT_EQ(kinds_of(*result.found), std::set<std::string>{"footer"});
  EXPECT_EQ(result.found->restored, signed_one);
}

TEST(AlteredSearch, FindsTheEditorBetweenTheHops) {
  const auto signed_one = "Received: from laptop.example.org by mail.example.org; Tue, 14 Nov 2023 22:13:20 +0000\r\n" + letter;
  const auto edited =
      "Received: from lists.example.net by mx.example.com; Tue, 14 Nov 2023 22:13:40 +0000\r\n"
      "ARC-Authentication-Results: i=1; lists.example.net; dkim=pass header.d=example.org\r\n"
      "Received: from mail.example.org by lists.example.net; Tue, 14 Nov 2023 22:13:30 +0000\r\n" +
      replaced(signed_letter(signed_one, ways[1]), "Subject: ", "Subject: [Test] ");
  const auto with_list = "List-Id: Test <test.lists.example.net>\r\n" + edited;
  const auto result = search_in(edited, dns_of(ways[1].key));
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->between.after, "lists.example.net");
  EXPECT_EQ(result.found->between.before, "mx.example.com");
  EXPECT_EQ(result.found->between.editor, "lists.example.net");
  const auto named = search_in(with_list, dns_of(ways[1].key));
  ASSERT_TRUE(named.found);
  EXPECT_EQ(named.found->between.editor, "test.lists.example.net");
  EXPECT_TRUE(describe(*named.found).contains("probably by test.lists.example.net")) << describe(*named.found);
}

// Undoes a recipe of a Message-Instance as its drafts say.
std::string applied(const boost::json::array& steps, const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& step : steps) {
    if (const auto* copy = step.as_object().if_contains("c")) {
      for (auto i = copy->as_array()[0].to_number<std::size_t>(); i <= copy->as_array()[1].to_number<std::size_t>(); ++i)
        out += lines.at(i - 1) + "\n";
    } else {
      for (const auto& literal : step.at("d").as_array()) out += std::string(literal.as_string()) + "\n";
    }
  }
  return out;
}

TEST(AlteredSearch, GivesARecipeThatLeadsBack) {
  const auto original = signed_letter(letter, ways[0]);
  const auto edited = replaced(original, "Subject: ", "Subject: [Test] ") + footer;
  const auto result = search_in("CAUTION\r\n\r\n", {});
  EXPECT_FALSE(result.found);
  for (const auto& body : {halves(edited).body, "[EXTERNAL]\r\n\r\n" + halves(edited).body}) {
    const auto found =
        search_in(halves(edited).header + "Reply-To: test@lists.example.net\r\n\r\n" + body, dns_of(ways[0].key)).found;
    ASSERT_TRUE(found);
    const auto shown = to_json(*found);
    const auto& recipe = shown.at("recipe").as_object();
    std::vector<std::string> lines;
    for (const auto line : split(body, '\n')) lines.emplace_back(trim(line));
    EXPECT_EQ(applied(recipe.at("b").as_array(), lines), replaced(halves(letter).body, "\r\n", "\n"));
    EXPECT_EQ(boost::json::serialize(recipe.at("h")), R"({"reply-to":[],"subject":[{"d":["Lunch on Friday"]}]})");
    EXPECT_EQ(shown.at("proof").as_string(), "signature");
    EXPECT_EQ(shown.at("edits").as_array().size(), found->edits.size());
  }
}

// The whole public corpus: an edit of each letter is found, and the signed bytes come back.
TEST(AlteredSearch, RestoresTheLettersOfThePublicSuites) {
  const auto folder = suites() / "mime";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no suites";
  std::size_t letters = 0, found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (!entry.is_regular_file() || (extension != ".eml" && extension != ".txt") || entry.file_size() > 200'000) continue;
    const auto bytes = mail::to_crlf(read_file(entry.path()));
    const auto at = bytes.find("\r\n\r\n");
    if (bytes.find("\r\nSubject: ") > at || at == bytes.npos || bytes.size() < at + 10) continue;
    for (const auto& way : ways) {
      const auto original = signed_letter(bytes, way);
      if (original.empty() || verify_all(original, dns_of(way.key), now)[0].result != dkim::Result::pass) continue;
      ++letters;
      auto edited = halves(original + (original.ends_with("\r\n") ? "" : "\r\n") + footer);
      edited.header = replaced(edited.header, "\r\nSubject: ", "\r\nSubject: [Test] ");
      const auto result = search_in(edited.whole(), dns_of(way.key));
      const bool good = result.found && result.found->proof == Proof::signature &&
                        verify_all(result.found->restored, dns_of(way.key), now)[0].result == dkim::Result::pass &&
                        kinds_of(*result.found).contains("footer") && kinds_of(*result.found).contains("subject_changed");
      found += good ? 1 : 0;
      EXPECT_TRUE(good) << entry.path() << " " << way.name << "\n" << (result.found ? describe(*result.found) : "nothing");
    }
  }
  EXPECT_GT(letters, 60U);
  EXPECT_EQ(found, letters);
}

struct Hostile {
  std::string name, body;
};
std::string repeated(std::string_view text, std::size_t size) {
  std::string out;
  while (out.size() < size) out += text;
  return out;
}

// A body of 10 MiB that makes each part of the search work: the cost stays within the limits, and so does the time.
TEST(AlteredSearch, CostsNoMoreThanItsLimitsOnHostileInput) {
  constexpr std::size_t size = 10 * 1'048'576;
  const std::string type = "Content-Type: multipart/mixed; boundary=b\r\n";
  const std::vector<Hostile> cases = {
      {"", repeated("the quick brown fox jumps over the dog.\r\n", size)},
      {"", repeated(">From here on it is all the same to us !\r\n ..\r\n", size)},
      {"Content-Transfer-Encoding: base64\r\n", repeated("YQpiYQpiYQpiYQpiYQpiYQpiYQpiYQpiYQpi\r\n", size)},
      {type,
       repeated("--b\r\nContent-Type: text/plain\r\n\r\n", 1000) + repeated("the quick brown fox jumps over the dog.\r\n", size)},
      {"", repeated("a\r\n", size)},
      {"", repeated("\n", size)},
      {"", std::string(size, 'a')},
      {"", repeated(">From a !\r\n ..\r\n", size)},
      {"", repeated("a b ", size)},
      {type, repeated("--b\r\nContent-Type: text/plain\r\n\r\na\r\n\r\n", size)},
      {type, repeated("--b\r\n", size)},
      {"Content-Transfer-Encoding: base64\r\n", repeated("YQpi\r\n", size)},
      {"Content-Transfer-Encoding: quoted-printable\r\n", repeated("=3D=\r\n", size)}};
  const Way relaxed{"relaxed", crypto::KeyKind::ed25519, dkim::Canonical::relaxed, dkim::Canonical::relaxed};
  std::size_t count = 0;
  for (const auto& hostile : cases) {
    for (const auto& way : {count++ % 2 == 0 ? ways[1] : relaxed}) {
      const auto signed_one = signed_letter("From: a@example.org\r\nSubject: [a] [b] [c]\r\n" + hostile.name + "\r\nx\r\n", way);
      ASSERT_FALSE(signed_one.empty());
      const auto start = std::chrono::steady_clock::now();
      const auto result = search_in(signed_one + hostile.body, dns_of(way.key));
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
      const Limits limits;
      EXPECT_LE(result.cost.bytes, 64U * 1'048'576) << hostile.body.substr(0, 20);
      EXPECT_LE(result.cost.attempts, limits.attempts);
      EXPECT_LE(result.cost.signatures, limits.signatures);
      EXPECT_LT(took, 60'000) << hostile.body.substr(0, 20);  // a debug build with sanitizers on a slow machine
    }
  }
}

TEST(AlteredSearch, SaysWhenItGivesUp) {
  Limits few;
  few.attempts = 3;
  const auto edited = "A banner\r\n\r\n" + halves(signed_letter(letter, ways[0])).body;
  const auto whole = halves(signed_letter(letter, ways[0])).header + "\r\n" + edited;
  const auto result = search_in(whole, dns_of(ways[0].key), few);
  EXPECT_FALSE(result.found);
  EXPECT_TRUE(result.gave_up);
  EXPECT_TRUE(search_in(whole, dns_of(ways[0].key)).found);
}

TEST(AlteredSearch, BoundsAHeaderOfManyGuesses) {
  std::string many = "From: List <l@example.net>\r\nSubject: [a] [b] [c] d\r\n";
  for (const auto* name : {"To", "Cc", "Reply-To"})
    many += std::string(name) + ": d@example.org, c@example.org, b@example.org, a@example.org\r\n";
  for (const auto* name : {"List-Id", "List-Post", "List-Help", "List-Unsubscribe", "In-Reply-To", "References"})
    many += std::string(name) + ": <x.example>\r\n" + name + ": <y.example>\r\n";
  for (const auto& way : ways) {
    auto signed_one = signed_letter(many + "\r\nx\r\n", way);
    const auto result = search_in(replaced(signed_one, "] d\r\n", "] e\r\n"), dns_of(way.key));
    ASSERT_TRUE(result.found);
    EXPECT_EQ(result.found->proof, Proof::body_hash);
    EXPECT_LE(result.cost.signatures, Limits{}.signatures);
  }
}

}  // namespace
}  // namespace posthorn::trust::altered
