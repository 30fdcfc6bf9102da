// Receipts (RFC 8098): read leniently, written so that our own reader and others understand them.
#include "mail/mdn.h"

#include <gtest/gtest.h>

namespace posthorn::mail {
namespace {

// The example of RFC 8098 section 8.
constexpr std::string_view example =
    "Date: Wed, 20 Sep 1995 00:19:00 (EDT) -0400\r\n"
    "From: Joe Recipient <Joe_Recipient@example.com>\r\n"
    "Message-Id: <199509200019.12345@example.com>\r\n"
    "Subject: Disposition notification\r\n"
    "To: Jane Sender <Jane_Sender@example.org>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/report; report-type=disposition-notification;\r\n"
    "      boundary=\"RAA14128.773615765/example.com\"\r\n"
    "\r\n"
    "--RAA14128.773615765/example.com\r\n"
    "Content-type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "The message sent on 1995 Sep 19 at 13:30:00 (EDT) -0400 to Joe\r\n"
    "Recipient <Joe_Recipient@example.com> has been displayed.\r\n"
    "\r\n"
    "--RAA14128.773615765/example.com\r\n"
    "content-type: message/disposition-notification\r\n"
    "\r\n"
    "Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\n"
    "Original-Recipient: rfc822;Joe_Recipient@example.com\r\n"
    "Final-Recipient: rfc822;Joe_Recipient@example.com\r\n"
    "Original-Message-ID: <199509192301.23456@example.org>\r\n"
    "Disposition: manual-action/MDN-sent-manually; displayed\r\n"
    "\r\n"
    "--RAA14128.773615765/example.com\r\n"
    "content-type: message/rfc822\r\n"
    "\r\n"
    "[original message optionally goes here]\r\n"
    "\r\n"
    "--RAA14128.773615765/example.com--\r\n";

TEST(Mdn, the_rfcs_example_is_read) {
  const auto report = find_mdn(parse(example));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->mdn.reporting_ua, "joes-pc.cs.example.com; Foomail 97.1");
  EXPECT_EQ(report->mdn.original_recipient, "rfc822;Joe_Recipient@example.com");
  EXPECT_EQ(report->mdn.final_recipient, "rfc822;Joe_Recipient@example.com");
  EXPECT_EQ(report->mdn.original_message_id, "<199509192301.23456@example.org>");
  EXPECT_EQ(report->mdn.disposition, Disposition{});
  EXPECT_TRUE(report->text.contains("has been displayed."));
  EXPECT_TRUE(report->has_original);
}

TEST(Mdn, dispositions_by_the_grammar_of_section_3_2_6) {
  using Mode = Disposition::Mode;
  using Type = Disposition::Type;
  const std::pair<std::string_view, std::optional<Disposition>> cases[] = {
      {"manual-action/MDN-sent-manually; displayed", Disposition{Mode::manual, Mode::manual, Type::displayed}},
      {"automatic-action/MDN-sent-automatically; deleted", Disposition{Mode::automatic, Mode::automatic, Type::deleted}},
      {"MANUAL-ACTION / mdn-sent-automatically ;dispatched/error", Disposition{Mode::manual, Mode::automatic, Type::dispatched}},
      {"(by hand) manual-action (x)/(y) MDN-sent-manually; (z) processed (w)", Disposition{Mode::manual, Mode::manual, Type::processed}},
      {"", {}},
      {"displayed", {}},
      {"manual-action; displayed", {}},
      {"manual-action/MDN-sent-manually", {}},
      {"manual-action/MDN-sent-manually; read", {}},
      {"sometimes/MDN-sent-manually; displayed", {}},
      {"manual-action/sent; displayed", {}},
      {"(manual-action/MDN-sent-manually; displayed", {}},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(parse_disposition(text), want) << text;
}

TEST(Mdn, what_says_nothing_is_none) {
  const std::string_view cases[] = {"", "Disposition: manual-action/MDN-sent-manually; displayed\r\n", "Final-Recipient: rfc822; a@b.test\r\n", "Final-Recipient: rfc822; a@b.test\r\nDisposition: read\r\n", "nonsense"};
  for (const auto text : cases) EXPECT_FALSE(parse_mdn(text)) << text;
  EXPECT_FALSE(find_mdn(parse("Subject: x\r\n\r\nHello\r\n")));
  EXPECT_FALSE(find_mdn(parse("Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n")));
}

TEST(Mdn, errors_and_extensions_are_kept) {
  const auto mdn = parse_mdn("Final-Recipient: rfc822; a@b.test\r\nDisposition: automatic-action/MDN-sent-automatically; processed/error\r\nError: first\r\nerror: second\r\nX-Phase: full\r\n moon\r\n");
  ASSERT_TRUE(mdn);
  EXPECT_EQ(mdn->errors, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(mdn->extensions, (std::vector<std::pair<std::string, std::string>>{{"X-Phase", "full moon"}}));
}

MdnDraft draft() {
  MdnDraft out;
  out.from = "Bob <bob@green.test>";
  out.to = {"alice@blue.test"};
  out.subject = "Gelesen: Grüße";
  out.text = "Ich habe es gelesen.\nBob";
  out.unique = "u1";
  out.host = "mx.green.test";
  out.mdn.final_recipient = "rfc822; bob@green.test";
  out.mdn.original_message_id = "<1@blue.test>";
  out.mdn.reporting_ua = "Posthorn";
  out.mdn.extensions = {{"X-Extra", "1"}};
  return out;
}

TEST(Mdn, what_is_written_is_read_again) {
  auto in = draft();
  in.original = "Subject: Grüße\n\nHallo\n";
  const auto text = write_mdn(in);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find('\n', 0), text->find("\r\n") + 1);
  const auto message = parse(*text);
  EXPECT_EQ(message.ambiguities, 0u);
  const auto report = find_mdn(message);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->mdn.final_recipient, in.mdn.final_recipient);
  EXPECT_EQ(report->mdn.original_message_id, in.mdn.original_message_id);
  EXPECT_EQ(report->mdn.extensions, in.mdn.extensions);
  EXPECT_EQ(report->text, "Ich habe es gelesen.\r\nBob\r\n");
  EXPECT_TRUE(report->has_original);
  EXPECT_EQ(find(message.root().fields, "Disposition-Notification-To"), nullptr) << "MUST NOT itself ask for one";
  EXPECT_EQ(find(message.root().fields, "Auto-Submitted"), nullptr);
  in.mdn.disposition.sending = Disposition::Mode::automatic;
  EXPECT_TRUE(write_mdn(in)->contains("Auto-Submitted: auto-replied\r\n"));
}

TEST(Mdn, no_value_ends_a_line) {
  const auto refused = [](auto change) {
    auto in = draft();
    change(in);
    return !write_mdn(in);
  };
  EXPECT_TRUE(refused([](MdnDraft& in) { in.mdn.reporting_ua = "x\r\nBcc: y"; }));
  EXPECT_TRUE(refused([](MdnDraft& in) { in.mdn.final_recipient = "rfc822; a\nb"; }));
  EXPECT_TRUE(refused([](MdnDraft& in) { in.mdn.extensions = {{"X Y", "1"}}; }));
  EXPECT_TRUE(refused([](MdnDraft& in) { in.mdn.extensions = {{"Disposition", "automatic-action/MDN-sent-automatically; deleted"}}; }));
  EXPECT_TRUE(refused([](MdnDraft& in) { in.mdn.extensions = {{"X-A", "1\r\n\r\n"}}; }));
}

TEST(Mdn, addresses_that_are_not_ascii_make_it_global_rfc_6533) {
  auto in = draft();
  EXPECT_TRUE(write_mdn(in)->contains("Content-Type: message/disposition-notification\r\n"));
  in.mdn.final_recipient = "utf-8; jürgen@green.test";
  EXPECT_TRUE(write_mdn(in)->contains("Content-Type: message/global-disposition-notification\r\n"));
  const auto text = write_mdn(in);
  EXPECT_EQ(find_mdn(parse(*text))->mdn.final_recipient, in.mdn.final_recipient);
}

}  // namespace
}  // namespace posthorn::mail
