// One parser for the author (attacks.md C1): of 100,000 From fields DMARC, IMAP's ENVELOPE as it stands on the wire, the JSON that the
// webmail and the command line show, the stored summary, and the check of what our own people send, all see the same addresses.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>

#include "base/text.h"
#include "generator.h"
#include "imap/fetch/structure.h"
#include "mail/address.h"
#include "mail/json.h"
#include "mail/summary.h"
#include "post/trace.h"
#include "trust/dmarc/dmarc.h"

namespace posthorn {
namespace {

struct Seen {
  std::string local, domain;
  bool operator==(const Seen&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Seen& one) { return out << one.local << " at " << one.domain; }

// A reader of ENVELOPE as a mail program has it (RFC 9051 9: envelope, address, nstring), which knows nothing of our parsers.
class EnvelopeReader {
 public:
  explicit EnvelopeReader(std::string_view text) : text_(text) {}

  // The mailboxes of env-from; nothing if the text is no envelope.
  std::optional<std::vector<Seen>> from() {
    std::vector<Seen> out;
    if (!take('(') || !nstring() || !take(' ') || !nstring() || !take(' ')) return std::nullopt;
    if (text_.substr(at_).starts_with("NIL ")) return out;
    if (!take('(')) return std::nullopt;
    while (!take(')')) {
      const auto one = address();
      if (!one) return std::nullopt;
      // (NIL NIL name NIL) begins a group, all NIL ends it.
      if (one->second) out.push_back({one->first.value_or(""), *one->second});
    }
    return out;
  }

 private:
  using Nstring = std::optional<std::string>;

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::optional<std::pair<Nstring, Nstring>> address() {
    if (!take('(')) return std::nullopt;
    Nstring parts[4];
    for (int i = 0; i < 4; ++i) {
      if (i > 0 && !take(' ')) return std::nullopt;
      const auto part = nstring();
      if (!part) return std::nullopt;
      parts[i] = *part;
    }
    if (!take(')')) return std::nullopt;
    return std::pair(parts[2], parts[3]);
  }
  std::optional<Nstring> nstring() {
    if (text_.substr(at_).starts_with("NIL")) {
      at_ += 3;
      return Nstring();
    }
    if (take('{')) return literal();
    if (!take('"')) return std::nullopt;
    std::string out;
    while (!take('"')) {
      if (text_[at_] == '\\') ++at_;
      if (at_ >= text_.size() || text_[at_] == '\r' || text_[at_] == '\n') return std::nullopt;
      out += text_[at_++];
    }
    return Nstring(std::move(out));
  }
  std::optional<Nstring> literal() {
    std::size_t size = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') size = 10 * size + static_cast<std::size_t>(text_[at_++] - '0');
    if (!text_.substr(at_).starts_with("}\r\n") || at_ + 3 + size > text_.size()) return std::nullopt;
    at_ += 3 + size;
    return Nstring(std::string(text_.substr(at_ - size, size)));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<std::vector<Seen>> by_imap(const mail::Envelope& envelope, imap::QuotedText allowed) {
  std::string out;
  imap::append_envelope(out, envelope, allowed);
  return EnvelopeReader(out).from();
}

// Addresses in "from", and whether each is shown as a good one.
struct Shown {
  std::vector<std::string> addresses;
  bool all_valid = true;
};
Shown by_json(const boost::json::value& json) {
  Shown out;
  for (const auto& one : json.at("from").as_array()) {
    const auto& object = one.as_object();
    if (!object.contains("address")) continue;
    out.addresses.emplace_back(object.at("address").as_string());
    if (object.contains("valid")) out.all_valid = false;
  }
  return out;
}

class Domains {
 public:
  // A lower-case A-label name, or nothing.
  const std::optional<std::string>& of(const std::string& written) {
    const auto at = known_.find(written);
    if (at != known_.end()) return at->second;
    auto domain = mail::parse_domain(written);
    return known_.emplace(written, domain && !domain->starts_with('[') ? std::optional(*domain) : std::nullopt).first->second;
  }

 private:
  std::map<std::string, std::optional<std::string>> known_;  // parse_domain() costs time, and spellings come again
};

struct Counts {
  int clean = 0, unclear = 0, mailboxes = 0, sent = 0;
};

void compare(const std::string& bytes, Domains& domains, Counts& counts) {
  const auto message = mail::parse(bytes);
  const auto authors = trust::dmarc::authors_of(message);
  const auto envelope = mail::envelope_of(message.root().fields);

  // ENVELOPE, in both forms of quoting.
  const auto seen = by_imap(envelope, imap::QuotedText::ascii);
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen, by_imap(envelope, imap::QuotedText::utf8));

  // The webmail's JSON.
  const auto shown = by_json(mail::to_json(envelope));
  ASSERT_EQ(shown.addresses.size(), seen->size());
  for (std::size_t i = 0; i < seen->size(); ++i) {
    const auto& [local, domain] = (*seen)[i];
    const auto text = domain.empty() ? local : mail::Address{local, domain}.text();
    if (is_utf8(text) && !text.contains('\x80')) {
      ASSERT_EQ(shown.addresses[i], text);
    }
  }

  // DMARC: every domain that is shown, in order, or it is said that something is wrong.
  std::vector<std::string> expected;
  bool good = shown.all_valid && !seen->empty();
  for (const auto& one : *seen) {
    const auto& domain = domains.of(one.domain);
    if (!domain) good = false;
    if (domain && std::ranges::find(expected, *domain) == expected.end()) expected.push_back(*domain);
  }
  counts.mailboxes += static_cast<int>(seen->size());
  if (!good) {
    ASSERT_FALSE(authors.problems.empty());
  }
  if (!authors.problems.empty()) {
    ++counts.unclear;
    return;
  }
  ++counts.clean;
  ASSERT_EQ(authors.domains, expected);

  // What our own people send: the same authors, or it is not sent.
  const auto sending = post::authors(bytes);
  if (!sending) return;
  ++counts.sent;
  std::vector<Seen> may_be;
  for (const auto& one : *seen) may_be.push_back({one.local, *domains.of(one.domain)});
  std::vector<Seen> are;
  for (const auto& one : *sending) are.push_back({one.local, one.domain});
  ASSERT_EQ(are, may_be);
}

TEST(OneAuthor, IsSeenByAllInAHundredThousandFromFields) {
  Generator generator;
  Domains domains;
  Counts counts;
  for (int i = 0; i < 100'000 && !HasFatalFailure(); ++i) {
    auto bytes = generator.one_in(3) ? generator.plain() : generator.from_header();
    if (generator.one_in(20)) bytes += generator.from_header();
    bytes += "To: bob@green.test\r\n\r\n";
    SCOPED_TRACE(bytes);
    compare(bytes, domains, counts);
  }
  EXPECT_GT(counts.clean, 25'000);
  EXPECT_GT(counts.unclear, 25'000);
  EXPECT_GT(counts.mailboxes, 100'000);
  EXPECT_GT(counts.sent, 20'000);
}

// What is stored at delivery is what ENVELOPE is made of later.
TEST(OneAuthor, IsTheSameInTheStoredSummary) {
  Generator generator;
  for (int i = 0; i < 5'000; ++i) {
    const auto bytes = generator.from_header() + "\r\n";
    const auto message = mail::parse(bytes);
    const auto summary = mail::summarize(message);
    const auto stored = mail::decode_summary(mail::encode(summary));
    ASSERT_TRUE(stored);
    ASSERT_EQ(by_imap(stored->envelope, imap::QuotedText::ascii), by_imap(mail::envelope_of(message.root().fields), imap::QuotedText::ascii)) << bytes;
    ASSERT_EQ(by_json(mail::to_json(message)).addresses, by_json(mail::to_json(stored->envelope)).addresses) << bytes;
  }
}

}  // namespace
}  // namespace posthorn
