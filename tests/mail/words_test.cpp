// The words of a text as a table, and what finds what.
#include "mail/words.h"

#include <gtest/gtest.h>

#include "mail/fold.h"

namespace posthorn::mail {
namespace {

std::string words_of(std::string_view text) {
  const auto folded_text = folded(text);
  Words words(folded_text);
  std::string out;
  while (const auto word = words.next()) out += (out.empty() ? "" : "|") + std::string(*word);
  return out;
}

TEST(Words, AreRunsOfLettersDigitsAndMarks) {
  const std::string long_word(100, 'x');
  const struct {
    std::string text, words;
  } table[] = {
      {"", ""},
      {"Hello, World!", "hello|world"},
      {"don't e-mail a.b@c.de", "don|t|e|mail|a|b|c|de"},
      {"Größe STRASSE straße", "grösse|strasse|strasse"},
      {"caf\u0065\u0301 café", "café|café"},
      {"ﬁne Ⅷ ½", "fine|viii|1|2"},
      {"Привет, мир", "привет|мир"},
      {"שלום עולם", "שלום|עולם"},
      {"東京都", "東京|京都|都"},
      {"x東京 y", "x|東京|京|y"},
      {"ภาษาไทย", "ภา|าษ|ษา|าไ|ไท|ทย|ย"},
      {"한국어 문서", "한국어|문서"},
      {"5 € 😀😀", "5|€|😀|😀"},
      {"a_b\tc\u00a0d\u200be", "a|b|c|de"},
      {"\xff\xfe ok", "ok"},
      {long_word, long_word.substr(0, longest_word)},
  };
  for (const auto& row : table) EXPECT_EQ(words_of(row.text), row.words) << row.text;
}

TEST(Words, ALongWordIsCutBetweenCharacters) {
  std::string text = "x";
  for (int i = 0; i < 60; ++i) text += "ä";
  EXPECT_EQ(words_of(text).size(), longest_word - 1);
}

bool finds(std::string_view looked_for, bool open, std::string_view text) { return stands_in(folded(text), Phrase::of(folded(looked_for), open)); }

TEST(Phrases, FindTheirWordsOneAfterAnother) {
  EXPECT_TRUE(finds("invoi", true, "Two Invoices"));
  EXPECT_FALSE(finds("invoi", false, "Two Invoices"));
  EXPECT_FALSE(finds("nvoice", true, "Two Invoices"));
  EXPECT_TRUE(finds("two invoices", false, "the two: INVOICES"));
  EXPECT_FALSE(finds("two invoices", false, "two new invoices"));
  EXPECT_TRUE(finds("a b a c", false, "a b a b a c"));
  EXPECT_TRUE(finds("a a b", false, "a a a b"));
  EXPECT_TRUE(finds("jane@example", true, "Jane Doe <jane@example.com>"));
  EXPECT_TRUE(finds("京", true, "東京"));
  EXPECT_TRUE(finds("京都", false, "東京都庁"));
  EXPECT_FALSE(finds("東都", false, "東京都庁"));
  EXPECT_TRUE(finds("東京 tower", true, "the 東京 towers"));
  EXPECT_TRUE(finds("", false, "anything"));
}

TEST(Phrases, ThatAreFoundAreCrossedOff) {
  const std::vector<Phrase> all{Phrase::of("one", true), Phrase::of("two three", false), Phrase::of("four", true)};
  std::vector<const Phrase*> open{&all[0], &all[1], &all[2]};
  cross_off(open, "two ones two three");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0], &all[2]);
}

}  // namespace
}  // namespace posthorn::mail
