// Every edit that is known, alone and in twos, on letters signed in several ways: the search finds just that and gives the signed
// bytes back.
#include <gtest/gtest.h>

#include <functional>

#include "kit.h"

namespace posthorn::trust::altered {
namespace {

struct Editor {
  std::string name;
  std::function<void(Halves&)> edit;
  std::set<std::string> kinds;
  bool only_simple_body = false, only_simple_header = false;
};

const std::string list_footer =
    "_______________________________________________\r\nTest mailing "
    "list\r\nTest@lists.example.net\r\nhttps://lists.example.net/test\r\n";

const std::string plain_letter =
    "From: Alice Example <alice@example.org>\r\nTo: Test <test@lists.example.net>, Bob <bob@example.com>\r\nSubject: Lunch on "
    "Friday\r\n"
    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
    "charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\n"
    "Dear all,\r\n\r\nshall we meet for lunch? The caf\xc3\xa9 at the corner has a new menu, and I hear that its soup is "
    "something to be tried.\r\n"
    "Or else the place by the river, if the weather is as good as they say it will be.\r\n"
    "From there it is not far to the station.\r\n.dots too\r\n\r\n-- \r\nAlice\r\n";

const std::string two_part_letter =
    "From: Alice Example <alice@example.org>\r\nTo: Test <test@lists.example.net>, Bob <bob@example.com>\r\nSubject: Lunch on "
    "Friday\r\n"
    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <2@example.org>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/alternative; boundary=\"cut\"\r\n\r\n"
    "--cut\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nShall we meet for lunch?\r\n\r\nAlice\r\n"
    "--cut\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n<html><body>\r\n<p>Shall we meet for "
    "lunch?</p>\r\n</body></html>\r\n--cut--\r\n";

void map_lines(Halves& letter, const std::function<std::string(const std::string&)>& change) {
  std::string out;
  for (std::size_t at = 0; at < letter.body.size();) {
    const auto end = letter.body.find("\r\n", at);
    out += change(letter.body.substr(at, end - at)) + "\r\n";
    at = end + 2;
  }
  letter.body = out;
}

// Between words, so that no line is longer than `width`.
void break_lines(Halves& letter, std::size_t width) {
  map_lines(letter, [width](std::string line) {
    std::string out;
    while (line.size() > width) {
      const auto space = line.rfind(' ', width);
      out += line.substr(0, space) + "\r\n";
      line.erase(0, space + 1);
    }
    return out + line;
  });
}

// As Mailman 2 does with what is not one plain text.
void wrap(Halves& letter) {
  const auto type = take_field(letter.header, "Content-Type"), encoding = take_field(letter.header, "Content-Transfer-Encoding");
  letter.header += "Content-Type: multipart/mixed; boundary=\"===============8031==\"\r\n";
  letter.body = "--===============8031==\r\n" + type + encoding + "\r\n" + letter.body +
                "\r\n--===============8031==\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\nMIME-Version: "
                "1.0\r\nContent-Transfer-Encoding: 7bit\r\n"
                "Content-Disposition: inline\r\n\r\n" +
                list_footer + "\r\n--===============8031==--\r\n";
}

const std::vector<Editor> body_editors = {
    {"footer below a separator", [](Halves& l) { l.body += list_footer; }, {"footer"}},
    {"footer below an empty line", [](Halves& l) { l.body += "\r\n\r\nSent through the list\r\n"; }, {"footer"}},
    {"banner",
     [](Halves& l) { l.body = "CAUTION: This message came from outside.\r\nDo not click on links.\r\n\r\n" + l.body; },
     {"banner"}},
    {"banner and footer", [](Halves& l) { l.body = "[EXTERNAL]\r\n\r\n" + l.body + list_footer; }, {"banner", "footer"}},
    {"wrapped", wrap, {"wrapped"}},
    {"base64",
     [](Halves& l) {
       take_field(l.header, "Content-Transfer-Encoding");
       l.header += "Content-Transfer-Encoding: base64\r\n";
       l.body = base64_body(l.body);
     },
     {"reencoded", "field_changed"}},
    {"quoted-printable",
     [](Halves& l) {
       take_field(l.header, "Content-Transfer-Encoding");
       l.header += "Content-Transfer-Encoding: quoted-printable\r\n";
       l.body = mail::encode_quoted_printable(l.body);
     },
     {"reencoded", "field_changed"}},
    {"footer, then base64",
     [](Halves& l) {
       take_field(l.header, "Content-Transfer-Encoding");
       l.header += "Content-Transfer-Encoding: base64\r\n";
       l.body = base64_body(l.body + list_footer);
     },
     {"reencoded", "footer", "field_changed"}},
    {"charset",
     [](Halves& l) {
       l.header = replaced(l.header, "charset=utf-8", "charset=\"iso-8859-1\"");
       l.body = replaced(l.body, "\xc3\xa9", "\xe9");
     },
     {"charset_changed", "field_changed"}},
    {"stripped signature separator",
     [](Halves& l) { l.body = replaced(l.body, "\r\n-- \r\n", "\r\n--\r\n"); },
     {"trailing_space"},
     true},
    {"white space added",
     [](Halves& l) { map_lines(l, [](const std::string& line) { return line + " "; }); },
     {"trailing_space"},
     true},
    {"mbox", [](Halves& l) { l.body = replaced(l.body, "\r\nFrom there", "\r\n>From there"); }, {"from_quoted"}},
    {"dots", [](Halves& l) { l.body = replaced(l.body, "\r\n.dots", "\r\n..dots"); }, {"dots_doubled"}},
    {"mbox and footer",
     [](Halves& l) { l.body = replaced(l.body, "\r\nFrom there", "\r\n>From there") + list_footer; },
     {"from_quoted", "footer"}},
    {"mbox and dots",
     [](Halves& l) { l.body = replaced(replaced(l.body, "\r\nFrom there", "\r\n>From there"), "\r\n.dots", "\r\n..dots"); },
     {"from_quoted", "dots_doubled"}},
    {"mbox and banner",
     [](Halves& l) { l.body = "[EXTERNAL]\r\n\r\n" + replaced(l.body, "\r\nFrom there", "\r\n>From there"); },
     {"from_quoted", "banner"}},
    {"long lines broken", [](Halves& l) { break_lines(l, 78); }, {"text_refolded"}},
    {"long lines broken, and a footer",
     [](Halves& l) {
       break_lines(l, 78);
       l.body += list_footer;
     },
     {"text_refolded", "footer"}},
    {"long lines cut",
     [](Halves& l) {
       map_lines(l,
                 [](const std::string& line) { return line.size() > 90 ? line.substr(0, 90) + "\r\n" + line.substr(90) : line; });
     },
     {"text_refolded"}},
};

const std::vector<Editor> header_editors = {
    {"nothing", [](Halves&) {}, {}},
    {"trace only",
     [](Halves& l) {
       l.header =
           "Received: from mx.example.org by mx.example.net; Tue, 14 Nov 2023 22:13:30 +0000\r\nX-Spam-Flag: NO\r\n" + l.header;
     },
     {}},
    {"list tag", [](Halves& l) { l.header = replaced(l.header, "Subject: ", "Subject: [Test] "); }, {"subject_changed"}},
    {"spam tag", [](Halves& l) { l.header = replaced(l.header, "Subject: ", "Subject: ***SPAM*** "); }, {"subject_changed"}},
    {"forwarded", [](Halves& l) { l.header = replaced(l.header, "Subject: ", "Subject: Fwd: "); }, {"subject_changed"}},
    {"Reply-To", [](Halves& l) { l.header += "Reply-To: test@lists.example.net\r\n"; }, {"field_added"}},
    {"another Subject on top", [](Halves& l) { l.header = "Subject: Invoice\r\n" + l.header; }, {"field_added"}},
    {"another Subject at the bottom", [](Halves& l) { l.header += "Subject: Invoice\r\n"; }, {"field_added"}},
    {"From rewritten",
     [](Halves& l) {
       const auto from = value_of(take_field(l.header, "From"));
       l.header += "From: Alice Example via Test <test@lists.example.net>\r\nReply-To: " + from + "\r\n";
     },
     {"from_rewritten", "field_added"}},
    {"From rewritten, kept in X-Original-From",
     [](Halves& l) {
       const auto from = value_of(take_field(l.header, "From"));
       l.header += "From: \"'Alice Example' via Test\" <test@lists.example.net>\r\nX-Original-From: " + from + "\r\n";
     },
     {"from_rewritten"}},
    {"To in another order",
     [](Halves& l) {
       l.header = replaced(l.header, "To: Test <test@lists.example.net>, Bob <bob@example.com>",
                           "To: Bob <bob@example.com>, Test <test@lists.example.net>");
     },
     {"addresses_reordered"}},
    {"tag and Reply-To and Sender",
     [](Halves& l) {
       l.header = replaced(l.header, "Subject: ", "Subject: [Test] ") +
                  "Reply-To: test@lists.example.net\r\nSender: test-bounces@lists.example.net\r\n";
     },
     {"subject_changed", "field_added"}},
    {"refolded", [](Halves& l) { l.header = replaced(l.header, ">, Bob", ">,\r\n\tBob"); }, {"field_refolded"}, false, true},
    {"tag and refolded",
     [](Halves& l) { l.header = replaced(replaced(l.header, "Subject: ", "Subject: [Test] "), ">, Bob", ">,\r\n\tBob"); },
     {"subject_changed", "field_refolded"},
     false,
     true},
};

void expect_found(const std::string& letter, const Way& way, const Editor& body, const Editor& header) {
  SCOPED_TRACE(way.name + ": " + body.name + " and " + header.name);
  const auto original = signed_letter(letter, way);
  ASSERT_FALSE(original.empty());
  auto edited = halves(original);
  body.edit(edited);
  header.edit(edited);
  if (edited.whole() == original) return;
  const auto result = search_in(edited.whole(), dns_of(way.key));
  std::set<std::string> kinds = body.kinds;
  kinds.insert(header.kinds.begin(), header.kinds.end());
  if (kinds.empty()) {
    EXPECT_FALSE(result.found);
    return;
  }
  ASSERT_TRUE(result.found) << "gave up: " << result.gave_up << "\n" << edited.whole();
  EXPECT_EQ(result.found->proof, Proof::signature) << describe(*result.found);
  auto found = kinds_of(*result.found);
  if (kinds.contains("wrapped")) found.erase("field_changed");  // Content-Type comes with it
  EXPECT_EQ(found, kinds) << describe(*result.found);
  const auto verdicts = verify_all(result.found->restored, dns_of(way.key), now);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].result, dkim::Result::pass);
  const auto restored = mail::parse(result.found->restored), was = mail::parse(original);
  EXPECT_EQ(dkim::body_digest(way.body, crypto::Digest::sha256, restored.bytes.substr(restored.root().body_begin)).hash,
            dkim::body_digest(way.body, crypto::Digest::sha256, was.bytes.substr(was.root().body_begin)).hash);
}

TEST(Altered, FindsEachEditOfTheBodyAlone) {
  for (const auto& way : ways)
    for (const auto& editor : body_editors) {
      if (editor.only_simple_body && way.body != dkim::Canonical::simple) continue;
      expect_found(plain_letter, way, editor, header_editors[0]);
    }
}

TEST(Altered, FindsEachEditOfTheHeaderAlone) {
  const Editor nothing{"nothing", [](Halves&) {}, {}};
  for (const auto& way : ways)
    for (const auto& editor : header_editors) {
      if (editor.only_simple_header && way.header != dkim::Canonical::simple) continue;
      expect_found(plain_letter, way, nothing, editor);
      expect_found(two_part_letter, way, nothing, editor);
    }
}

TEST(Altered, FindsAnEditOfTheBodyWithOneOfTheHeader) {
  for (const auto& way : ways)
    for (const auto& body : body_editors)
      for (const auto& header : header_editors) {
        if ((body.only_simple_body && way.body != dkim::Canonical::simple) ||
            (header.only_simple_header && way.header != dkim::Canonical::simple))
          continue;
        expect_found(plain_letter, way, body, header);
      }
}

const std::vector<Editor> mime_editors = {
    {"wrapped", wrap, {"wrapped"}},
    {"footer in the plain text",
     [](Halves& l) { l.body = replaced(l.body, "Alice\r\n--cut", "Alice\r\n" + list_footer + "--cut"); },
     {"footer"}},
    {"footer in both texts",
     [](Halves& l) {
       l.body = replaced(replaced(l.body, "Alice\r\n--cut", "Alice\r\n" + list_footer + "--cut"), "</body></html>\r\n",
                         "</body></html>\r\n<hr>Test list\r\n");
     },
     {"footer"}},
    {"banner in the plain text",
     [](Halves& l) {
       l.body = replaced(l.body, "Shall we meet for lunch?\r\n\r\n", "[EXTERNAL]\r\n\r\nShall we meet for lunch?\r\n\r\n");
     },
     {"banner"}},
    {"a part more",
     [](Halves& l) { l.body = replaced(l.body, "--cut--", "--cut\r\nContent-Type: text/plain\r\n\r\n" + list_footer + "--cut--"); },
     {"part_added"}},
    {"a part more at the top",
     [](Halves& l) { l.body = "--cut\r\nContent-Type: text/plain\r\n\r\nCaution!\r\n" + l.body; },
     {"part_added"}},
};

TEST(Altered, FindsEditsOfMultiparts) {
  for (const auto& way : ways)
    for (const auto& body : mime_editors)
      for (const auto& header : header_editors) {
        if (header.only_simple_header && way.header != dkim::Canonical::simple) continue;
        expect_found(two_part_letter, way, body, header);
      }
}

}  // namespace
}  // namespace posthorn::trust::altered
