// Against other implementations in Debian (dkimpy, Mail::DKIM, OpenDKIM) over the messages of the public suites: what we sign they
// verify, what they sign we verify. Each runs once for all messages, with keys from a file. Skipped where one is not installed.
#include <gtest/gtest.h>

#include <algorithm>

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

bool has(const std::string& probe) { return std::system((probe + " >/dev/null 2>&1").c_str()) == 0; }

// Messages that each implementation takes for one: a From, no broken header lines, CRLF.
std::vector<std::string> messages() {
  std::vector<std::string> all;
  const auto add = [&](const std::string& raw) {
    const auto bytes = mail::to_crlf(raw);
    const auto message = mail::parse(bytes);
    const auto odd = static_cast<std::uint32_t>(mail::Ambiguity::bad_header_line) | static_cast<std::uint32_t>(mail::Ambiguity::over_limit);
    if (mail::find(message.root().fields, "From") && !(message.ambiguities & odd) && bytes.size() < 200'000) all.push_back(bytes);
  };
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(suites()))
    if (entry.path().extension() == ".eml" || entry.path().extension() == ".txt") paths.push_back(entry.path());
  std::ranges::sort(paths);
  for (const auto& path : paths) add(read_file(path));
  return all;
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

std::string three_digits(std::size_t i) { return std::to_string(1'000 + i).substr(1); }

std::size_t write_ours(const Folder& folder, const std::vector<std::string>& all) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const auto& [name, kind] : {std::pair("rsa", KeyKind::rsa), std::pair("ed25519", KeyKind::ed25519)})
      for (const auto header : {Canonical::simple, Canonical::relaxed})
        for (const auto body : {Canonical::simple, Canonical::relaxed}) {
          SignOptions options{.domain = "cross.example", .selector = name, .header = header, .body = body};
          options.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
          const auto field = sign(mail::parse(all[i]), test_key(kind), options);
          if (!field) {
            ADD_FAILURE() << field.error().text();
            continue;
          }
          folder.write("ours/" + std::string(name) + "-" + (header == Canonical::simple ? "s" : "r") +
                           (body == Canonical::simple ? "s" : "r") + "-" + three_digits(i) + ".eml", *field + all[i]);
          ++count;
        }
  return count;
}

std::size_t expect_they_passed(const fs::path& results) {
  std::size_t count = 0;
  std::istringstream lines(read_file(results));
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(line.ends_with("\tpass")) << line;
  return count;
}

std::size_t expect_we_verify(const Folder& folder, const Limits& limits = {}) {
  std::size_t count = 0;
  const auto dns = dns_of_cross();
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (const auto& entry : fs::directory_iterator(folder.path() / "theirs")) {
    bool passed = false;
    std::string reason = "no signature";
    const auto signatures = verify_all(read_file(entry.path()), dns, now, limits);
    for (const auto& signature : signatures)
      if (signature.domain == "cross.example") {
        passed = signature.result == Result::pass;
        reason = signature.reason;
        break;
      }
    EXPECT_TRUE(passed) << entry.path().filename() << ": " << reason;
    ++count;
  }
  return count;
}

void prepare(const Folder& folder, const std::vector<std::string>& all) {
  std::string dns;
  for (const auto& [name, texts] : dns_of_cross().texts) dns += name + "\t" + texts[0] + "\n";
  folder.write("dns.tsv", dns);
  folder.write("rsa.pem", test_key(KeyKind::rsa).pem());
  folder.write("ed25519.key", seed_of(test_key(KeyKind::ed25519)));
  for (std::size_t i = 0; i < all.size(); ++i) folder.write("plain/" + three_digits(i) + ".eml", all[i]);
}

const std::string here = POSTHORN_SOURCE_DIR "/tests/trust/dkim/";

TEST(DkimCross, DkimpyAndWeAgree) {
  if (!fs::exists(suites())) GTEST_SKIP() << "no suites";
  if (!has("/usr/bin/python3 -c 'import dkim, nacl'")) GTEST_SKIP() << "no python3-dkim with python3-nacl";
  const auto all = messages();
  const Folder folder;
  prepare(folder, all);
  const auto ours = write_ours(folder, all);
  EXPECT_GE(ours, 500U);
  RecordProperty("pairs", static_cast<int>(ours));
  ASSERT_TRUE(folder.run("/usr/bin/python3 " + here + "cross.py"));
  EXPECT_EQ(expect_they_passed(folder.path() / "python.tsv"), ours);
  EXPECT_EQ(expect_we_verify(folder), 8 * all.size());
}

TEST(DkimCross, MailDkimAndWeAgree) {
  if (!fs::exists(suites())) GTEST_SKIP() << "no suites";
  if (!has("perl -MMail::DKIM -e 1")) GTEST_SKIP() << "no libmail-dkim-perl";
  const auto all = messages();
  const Folder folder;
  prepare(folder, all);
  const auto ours = write_ours(folder, all);
  ASSERT_TRUE(folder.run("perl " + here + "cross.pl"));
  EXPECT_EQ(expect_they_passed(folder.path() / "perl.tsv"), ours / 2);
  EXPECT_EQ(expect_we_verify(folder), 4 * all.size());
}

// The tool verifies with the real DNS only and signs with rsa-sha1 only: it signs, and we verify with SHA-1 allowed.
TEST(DkimCross, WeVerifyWhatOpendkimSigns) {
  if (!fs::exists(suites())) GTEST_SKIP() << "no suites";
  if (!has("command -v opendkim-testmsg")) GTEST_SKIP() << "no opendkim-tools";
  auto all = messages();
  // It cuts fields at 64 KiB and signs that: Mail::DKIM, too, finds such a signature of its wrong.
  std::erase_if(all, [](const std::string& bytes) {
    const auto message = mail::parse(bytes);
    return std::ranges::any_of(message.root().fields, [](const mail::HeaderField& field) { return field.whole.size() > 65'000; });
  });
  const Folder folder;
  prepare(folder, all);
  ASSERT_TRUE(folder.run("sh " + here + "cross.sh"));
  Limits old;
  old.sha1 = true;
  EXPECT_GE(expect_we_verify(folder, old), 60U);
}

}  // namespace
}  // namespace posthorn::trust::dkim
