// Against other implementations in Debian (dkimpy, Mail::DKIM, libopendkim, Rspamd) over all messages of the public suites, each in the
// four canonical forms: what we sign they verify, what they sign we verify. Where they differ, `differences` names the message
// and says who is wrong. Each runs once for all messages, with keys from a file. Skipped where one is not installed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "corpus.h"
#include "crypto/bytes.h"
#include "kit.h"

namespace posthorn::trust::dkim {
namespace {

using crypto::KeyKind;
namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("posthorn-cross-" + hex(crypto::random_bytes(8)))) {
    for (const auto name : {"ours", "plain", "theirs"}) fs::create_directories(path_ / name);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  void write(const std::string& name, std::string_view bytes) const { std::ofstream(path_ / name, std::ios::binary) << bytes; }
  bool run(const std::string& command) const { return std::system((command + " " + path_.string()).c_str()) == 0; }

 private:
  fs::path path_;
};

bool has(const std::string& probe) {
  return std::system((probe + " >/dev/null 2>&1").c_str()) == 0;
}

const std::vector<Letter>& letters() {
  static const Corpus corpus;
  return corpus.letters();
}

Dns dns_of_cross() {
  Dns dns;
  dns.texts["rsa._domainkey.cross.example"] = {key_record(test_key(KeyKind::rsa))};
  dns.texts["ed25519._domainkey.cross.example"] = {key_record(test_key(KeyKind::ed25519))};
  return dns;
}

// dkimpy takes the 32 bytes of the seed, which end the PKCS #8 form.
std::string seed_of(const crypto::SigningKey& key) {
  std::string inside;
  const auto pem = key.pem();
  for (const auto line : split(pem, '\n'))
    if (!line.starts_with("-")) inside += line;
  const auto der = base64_decode(inside).value_or("");
  return base64_encode(std::string_view(der).substr(der.size() - 32));
}

// A file is KEY-FORMS-NUMBER.eml, the number that of the letter, with the signer in front if it is not we.
std::string file_of(std::size_t i) {
  return std::to_string(10'000 + i).substr(1) + ".eml";
}
const Letter& letter_of(const std::string& file) {
  return letters().at(std::stoul(file.substr(file.size() - 8, 4)));
}

WallTime this_moment() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::size_t write_ours(const Folder& folder, const std::vector<KeyKind>& kinds) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < letters().size(); ++i) {
    const auto& bytes = letters()[i].bytes;
    folder.write("plain/" + file_of(i), bytes);
    for (const auto kind : kinds)
      for (const auto header : {Canonical::simple, Canonical::relaxed})
        for (const auto body : {Canonical::simple, Canonical::relaxed}) {
          const std::string name = kind == KeyKind::rsa ? "rsa" : "ed25519";
          SignOptions options{.domain = "cross.example", .selector = name, .header = header, .body = body};
          options.now = this_moment();
          const auto field = sign(mail::parse(bytes), test_key(kind), options);
          EXPECT_TRUE(field) << letters()[i].name << ": " << field.error().text();
          if (!field) continue;
          const auto form = std::string(header == Canonical::simple ? "s" : "r") + (body == Canonical::simple ? "s" : "r");
          folder.write("ours/" + name + "-" + form + "-" + file_of(i), *field + bytes);
          ++count;
        }
  }
  std::string dns, keys;
  for (const auto& [name, texts] : dns_of_cross().texts) {
    dns += name + "\t" + texts[0] + "\n";
    keys += name + " " + texts[0] + "\n";
  }
  folder.write("dns.tsv", dns);
  folder.write("opendkim.keys", keys);
  folder.write("rsa.pem", test_key(KeyKind::rsa).pem());
  folder.write("ed25519.key", seed_of(test_key(KeyKind::ed25519)));
  return count;
}

// Letters about which another program and we differ, and who is right. Each must differ, and no other may.
struct Difference {
  std::string tool, direction, why;
  std::vector<std::string> letters;
};
using Names = std::vector<std::string>;

// Lines in the header that are no fields (RFC 5322 2.2). We and Mail::DKIM leave them out and sign the others.
const Names no_colon = {"mime/mail/plain_emails/raw_email_simple.eml", "mime/mail/rfc2822/example13.eml",
                        "mime/mimekit/feedback-report.txt", "mime/mimekit/issue1189.mbox.txt message 2 part 4",
                        "mime/mimekit/issue358.txt"};
// Lines that libopendkim takes for fields though the names have blanks: "From a@b.test Mon Aug 22 09" of an mbox.
const Names blank_in_name = {"dmarc/failure/dmarc_ruf_report_linkedin.crlf.eml",
                             "mime/mail/attachment_emails/attachment_message_rfc822.eml part 3",
                             "mime/mail/attachment_emails/attachment_message_rfc822_inline_image.eml part 6",
                             "mime/mail/attachment_emails/attachment_pdf.eml",
                             "mime/mail/attachment_emails/attachment_pdf_non_ascii.eml",
                             "mime/mail/attachment_emails/attachment_with_base64_encoded_name.eml",
                             "mime/mail/attachment_emails/attachment_with_encoded_name.eml",
                             "mime/mail/plain_emails/mix_caps_content_type.eml",
                             "mime/mail/plain_emails/raw_email.eml",
                             "mime/mail/plain_emails/raw_email_double_at_in_header.eml",
                             "mime/mail/plain_emails/raw_email_incorrect_header.eml",
                             "mime/mail/plain_emails/raw_email_string_in_date_field.eml",
                             "mime/mail/plain_emails/raw_email_with_partially_quoted_subject.eml",
                             "mime/mail/rfc2822/example14.eml",
                             "mime/mimekit/content-length.mbox.txt message 16 part 1",
                             "mime/mimekit/content-length.mbox.txt message 17 part 3",
                             "mime/mimekit/multipart-digest.txt"};
// Another signature stands in the message that cannot be read: without v=, with c=foobar, or no tags at all.
const Names bad_signature = {"dkim/mail-dkim/bad_ietf01_1.txt",  "dkim/mail-dkim/bad_ietf01_3.txt",
                             "dkim/mail-dkim/good_ietf01_1.txt", "dkim/mail-dkim/mine_ietf01_1.txt",
                             "dkim/mail-dkim/mine_ietf01_3.txt", "dkim/mail-dkim/multiple_2.txt"};
// Header alone, without the empty line that ends it.
const Names no_empty_line = {"arc/arc-draft-validation-tests.yml cv_empty", "arc/arc-draft-validation-tests.yml cv_no_body"};
const Names field_of_135_kb = {"mime/mimekit/stack-overflow.txt"};
const Names odd_names = {"mime/mail/plain_emails/raw_email_incorrect_header.eml",
                         "mime/mail/rfc2822/example13.eml",
                         "mime/mimekit/content-length.mbox.txt message 16 part 1",
                         "mime/mimekit/content-length.mbox.txt message 17 part 3",
                         "mime/mimekit/feedback-report.txt",
                         "mime/mimekit/issue1189.mbox.txt message 2 part 4",
                         "mime/mimekit/issue358.txt"};

// Two To fields, both signed. RFC 6376 5.4.2 takes them from the bottom up, as the three others do.
const Names two_of_a_name = {"arc/arc-draft-validation-tests.yml ams_fields_h_dup1", "arc/arc-draft-validation-tests.yml ams_fields_h_dup2"};
const Names blanks_and_no_field = {"mime/mail/rfc2822/example13.eml"};

const std::vector<Difference>& differences() {
  static const std::vector<Difference> all = {
      {"python", "verifies",
       "dkimpy takes no message with a header line that is no field, nor a blank in front of the colon (RFC 5322 4.5 has it)",
       odd_names},
      {"python", "signs", "the same", odd_names},
      {"opendkim", "verifies", "libopendkim takes no message with a header line that is no field", no_colon},
      {"opendkim", "signs", "the same", no_colon},
      {"opendkim", "verifies",
       "libopendkim takes no message with a broken signature; RFC 6376 6.1 has it ignored beside good ones", bad_signature},
      {"opendkim", "signs", "the same", bad_signature},
      {"opendkim", "verifies",
       "libopendkim hashes the last field in simple form in a way of its own; dkimpy and Mail::DKIM hash it as we do",
       no_empty_line},
      {"opendkim", "signs", "the same", no_empty_line},
      {"opendkim", "verifies", "libopendkim cuts fields at 64 KiB", field_of_135_kb},
      {"opendkim", "signs", "the same", field_of_135_kb},
      {"opendkim", "signs",
       "libopendkim signs a line as a field whose name has blanks (RFC 5322 2.2 allows none); dkimpy does not verify that either",
       blank_in_name},
      {"rspamd", "verifies", "Rspamd hashes fields of one name from the top down", two_of_a_name},
      {"rspamd", "signs", "the same", two_of_a_name},
      {"rspamd", "verifies", "Rspamd reads a header with blanks in front of the colons and a line that is no field in a way of its own", blanks_and_no_field},
      {"rspamd", "signs", "the same", blanks_and_no_field},
  };
  return all;
}

struct Counts {
  std::size_t agreed = 0, explained = 0, total = 0;
  std::set<std::string> differing;  // letters
};

const Difference* explanation_of(const std::string& tool, const std::string& direction, const std::string& letter) {
  for (const auto& one : differences())
    if (one.tool == tool && one.direction == direction && std::ranges::find(one.letters, letter) != one.letters.end())
      return &one;
  return nullptr;
}

void note(Counts& counts, const std::string& tool, const std::string& direction, const std::string& file, bool good,
          const std::string& why) {
  ++counts.total;
  if (good) {
    ++counts.agreed;
    return;
  }
  ++counts.explained;
  const auto& letter = letter_of(file).name;
  counts.differing.insert(letter);
  EXPECT_NE(explanation_of(tool, direction, letter), nullptr)
      << tool << " " << direction << " " << file << ", which is " << letter << ": " << why;
}

void expect_no_more_explained(const Counts& counts, const std::string& tool, const std::string& direction) {
  for (const auto& one : differences())
    for (const auto& letter : one.letters)
      if (one.tool == tool && one.direction == direction) {
        EXPECT_TRUE(counts.differing.contains(letter)) << tool << " " << direction << " " << letter << " as we do";
      }
}

Counts they_verify(const Folder& folder, const std::string& tool) {
  Counts counts;
  std::istringstream lines(read_file(folder.path() / (tool + ".tsv")));
  for (std::string line; std::getline(lines, line);) {
    const auto tab = line.find('\t');
    note(counts, tool, "verifies", line.substr(0, tab), line.substr(tab + 1) == "pass", line.substr(tab + 1));
  }
  expect_no_more_explained(counts, tool, "verifies");
  return counts;
}

Counts we_verify(const Folder& folder, const std::string& tool) {
  Counts counts;
  const auto dns = dns_of_cross();
  for (const auto& entry : fs::directory_iterator(folder.path() / "theirs")) {
    bool passed = false;
    std::string reason = "no signature";
    const auto signatures = verify_all(read_file(entry.path()), dns, this_moment());
    for (const auto& signature : signatures)
      if (signature.domain == "cross.example") {
        passed = signature.result == Result::pass;
        reason = signature.reason;
        break;
      }
    note(counts, tool, "signs", entry.path().filename().string(), passed, reason);
  }
  std::istringstream lines(read_file(folder.path() / (tool + ".refused")));
  for (std::string line; std::getline(lines, line);) {
    const auto tab = line.find('\t');
    note(counts, tool, "signs", line.substr(0, tab), false, "refused: " + line.substr(tab + 1));
  }
  expect_no_more_explained(counts, tool, "signs");
  return counts;
}

const std::string here = POSTHORN_SOURCE_DIR "/tests/trust/dkim/";

enum class Signs : std::uint8_t { all_forms, relaxed };

void cross(const std::string& tool, const std::string& command, const std::vector<KeyKind>& kinds, Signs signs = Signs::all_forms) {
  const Folder folder;
  const auto ours = write_ours(folder, kinds);
  EXPECT_GE(letters().size(), 500U);
  ASSERT_TRUE(folder.run(command));
  const auto theirs = they_verify(folder, tool);
  EXPECT_EQ(theirs.total, ours);
  const auto mine = we_verify(folder, tool);
  EXPECT_EQ(mine.total, signs == Signs::relaxed ? letters().size() : ours);
  std::printf(
      "%s: %zu messages; of %zu signed by us it verifies %zu, %zu differences explained; of %zu signed by it we verify %zu, %zu "
      "differences explained\n",
      tool.c_str(), letters().size(), theirs.total, theirs.agreed, theirs.explained, mine.total, mine.agreed, mine.explained);
}

TEST(DkimCross, DkimpyAndWeAgree) {
  if (!fs::exists(suites())) GTEST_SKIP() << "no suites";
  if (!has("/usr/bin/python3 -c 'import dkim, nacl'")) GTEST_SKIP() << "no python3-dkim with python3-nacl";
  cross("python", "/usr/bin/python3 " + here + "cross.py", {KeyKind::rsa, KeyKind::ed25519});
}

TEST(DkimCross, MailDkimAndWeAgree) {
  if (!fs::exists(suites())) GTEST_SKIP() << "no suites";
  if (!has("perl -MMail::DKIM -e 1")) GTEST_SKIP() << "no libmail-dkim-perl";
  cross("perl", "perl " + here + "cross.pl", {KeyKind::rsa});
}

TEST(DkimCross, OpendkimAndWeAgree) {
  if (!fs::exists(suites())) GTEST_SKIP() << "no suites";
  if (!has("/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(\"libopendkim.so.11\")'"))
    GTEST_SKIP() << "no libopendkim11 (of opendkim-tools)";
  cross("opendkim", "/usr/bin/python3 " + here + "cross_opendkim.py", {KeyKind::rsa});
}

TEST(DkimCross, RspamdAndWeAgree) {
  if (!fs::exists(suites())) GTEST_SKIP() << "no suites";
  if (!has("command -v rspamd") || !has("command -v /usr/sbin/knotd")) GTEST_SKIP() << "no rspamd, or no knot for its DNS";
  cross("rspamd", "/usr/bin/python3 " + here + "cross_rspamd.py", {KeyKind::rsa, KeyKind::ed25519}, Signs::relaxed);
}

}  // namespace
}  // namespace posthorn::trust::dkim
