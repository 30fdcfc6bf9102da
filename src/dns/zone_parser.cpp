#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/cursor.h"
#include "base/text.h"
#include "dns/zone.h"

namespace posthorn::dns {
namespace {

struct Word {
  std::string text;
  std::size_t line = 0;
  bool escaped = false;  // held a backslash, so a dot in it may not be a separator
};

// One entry: the words of a line, or of several within parentheses.
struct Entry {
  std::vector<Word> words;
  std::size_t line = 0;
  bool has_owner = false;  // began in the first column
};

std::unexpected<Error> wrong(std::size_t line, const std::string& what) {
  return fail(Errc::invalid, "zone file line " + std::to_string(line) + ": " + what);
}

// rfc:1035#5.1 cut into entries.
class Lexer {
 public:
  Lexer(std::string_view text, const ZoneLimits& limits) : in_(text), limits_(limits) {}

  // Nothing: the end of the file.
  Result<std::optional<Entry>> next() {
    Entry entry;
    while (!in_.done()) {
      const char c = *in_.peek();
      if (entry.words.empty() && depth_ == 0) {
        entry.line = line_;
        if (at_line_start_) entry.has_owner = c != ' ' && c != '\t';
      }
      at_line_start_ = false;
      if (c == '\n') {
        end_line();
        if (depth_ == 0 && !entry.words.empty()) return entry;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        in_.next();
      } else if (c == ';') {
        in_.take_while([](char x) { return x != '\n'; });
      } else if (c == '(' || c == ')') {
        TRY(parenthesis(c));
      } else {
        TRY_ASSIGN(auto word, c == '"' ? quoted() : plain());
        entry.words.push_back(std::move(word));
        if (entry.words.size() > limits_.entry_tokens) return wrong(entry.line, "the entry has too many words");
      }
    }
    if (depth_ > 0) return wrong(line_, "a parenthesis is not closed");
    if (entry.words.empty()) return std::optional<Entry>();
    return entry;
  }

 private:
  void end_line() {
    in_.next();
    ++line_;
    at_line_start_ = depth_ == 0;
  }
  Status parenthesis(char c) {
    in_.next();
    depth_ += c == '(' ? 1 : -1;
    if (depth_ < 0 || depth_ > 1) return wrong(line_, "parentheses do not match");
    return {};
  }
  // After a backslash: three digits are an octet, anything else is itself.
  Status escape(Word& word) {
    word.escaped = true;
    const auto first = in_.next();
    if (!first || *first == '\n') return wrong(line_, "a backslash at the end of the line");
    if (*first < '0' || *first > '9') {
      word.text += *first;
      return {};
    }
    const auto more = in_.take(std::size_t{2});
    unsigned value = 256;
    if (more && std::all_of(more->begin(), more->end(), [](char x) { return x >= '0' && x <= '9'; }))
      value = static_cast<unsigned>((*first - '0') * 100 + ((*more)[0] - '0') * 10 + ((*more)[1] - '0'));
    if (value > 255) return wrong(line_, "a backslash with digits needs three of them, up to 255");
    word.text += static_cast<char>(value);
    return {};
  }
  Result<Word> quoted() {
    Word word{{}, line_};
    in_.next();
    while (const auto c = in_.next()) {
      if (*c == '"') return word;
      if (*c == '\n') break;
      if (*c == '\\') {
        TRY(escape(word));
      } else {
        word.text += *c;
      }
    }
    return wrong(word.line, "a quote is not closed");
  }
  Result<Word> plain() {
    Word word{{}, line_};
    while (const auto c = in_.peek()) {
      if (std::string_view(" \t\r\n;()\"").contains(*c)) break;
      in_.next();
      if (*c == '\\') {
        TRY(escape(word));
      } else {
        word.text += *c;
      }
    }
    return word;
  }

  Cursor in_;
  const ZoneLimits& limits_;
  std::size_t line_ = 1;
  int depth_ = 0;
  bool at_line_start_ = true;
};

// "3600" or, as BIND writes, "1h30m".
std::optional<std::uint32_t> parse_ttl(std::string_view text) {
  constexpr std::uint64_t most = INT32_MAX;  // rfc:2181#8
  Cursor in(text);
  std::uint64_t total = 0;
  while (!in.done()) {
    const auto number = in.take_number(most);
    if (!number) return std::nullopt;
    const char unit = Cursor::lower(in.next().value_or('s'));
    const std::uint64_t seconds = unit == 's'   ? 1
                                  : unit == 'm' ? 60
                                  : unit == 'h' ? 3600
                                  : unit == 'd' ? 86400
                                  : unit == 'w' ? 604800
                                                : 0;
    if (seconds == 0) return std::nullopt;
    total += *number * seconds;
    if (total > most) return std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  return static_cast<std::uint32_t>(total);
}

constexpr std::pair<std::string_view, Type> known_types[] = {
    {"A", Type::a},   {"AAAA", Type::aaaa}, {"MX", Type::mx},   {"TXT", Type::txt},   {"CNAME", Type::cname},
    {"NS", Type::ns}, {"PTR", Type::ptr},   {"SOA", Type::soa}, {"TLSA", Type::tlsa},
};
// Named so that a typing error is not taken for one of them.
constexpr std::string_view skipped_types[] = {"SRV",   "CAA",        "DS",    "DNSKEY", "RRSIG", "NSEC",  "NSEC3", "NSEC3PARAM",
                                              "CDS",   "CDNSKEY",    "SPF",   "HINFO",  "NAPTR", "SSHFP", "LOC",   "SMIMEA",
                                              "HTTPS", "OPENPGPKEY", "DNAME", "SVCB",   "RP",    "URI",   "CERT",  "ZONEMD"};

bool is_skipped(std::string_view type) {
  if (std::any_of(std::begin(skipped_types), std::end(skipped_types), [type](auto name) { return equal_icase(name, type); }))
    return true;
  Cursor in(type);  // rfc:3597#5 TYPEnnn
  return in.take_icase("TYPE") && in.take_number(65535) && in.done();
}

class Parser {
 public:
  explicit Parser(const ZoneLimits& limits) : limits_(limits) {}

  Status take(const Entry& entry) {
    const auto& first = entry.words.front();
    if (entry.has_owner && first.text.starts_with('$') && !first.escaped) return directive(entry);
    words_ = entry.words;
    at_ = 0;
    line_ = entry.line;
    if (entry.has_owner) {
      TRY_ASSIGN(owner_, name(words_[at_++]));
      has_owner_ = true;
    }
    if (!has_owner_) return wrong(line_, "the first record has no name");
    return record();
  }

  Zone take_zone() { return std::move(zone_); }

 private:
  Status directive(const Entry& entry) {
    const auto& words = entry.words;
    if (words.size() != 2) return wrong(entry.line, words[0].text + " takes one value");
    if (equal_icase(words[0].text, "$ORIGIN")) {
      TRY_ASSIGN(origin_, name(words[1]));
      return {};
    }
    if (!equal_icase(words[0].text, "$TTL"))
      return wrong(entry.line, "\"" + printable(words[0].text, 40) + "\" is not supported");
    default_ttl_ = parse_ttl(words[1].text);
    if (!default_ttl_) return wrong(entry.line, "\"" + printable(words[1].text, 40) + "\" is no TTL");
    return {};
  }

  // [ttl] [class] type or [class] [ttl] type
  Status record() {
    std::optional<std::uint32_t> ttl;
    bool classed = false;
    while (at_ < words_.size()) {
      const auto& word = words_[at_].text;
      if (!classed && equal_icase(word, "IN")) {
        classed = true;
      } else if (auto number = ttl ? std::nullopt : parse_ttl(word)) {
        ttl = number;
      } else {
        break;
      }
      ++at_;
    }
    if (at_ >= words_.size()) return wrong(line_, "the record has no type");
    if (ttl) last_ttl_ = ttl;
    const auto effective = ttl ? *ttl : default_ttl_ ? *default_ttl_ : last_ttl_.value_or(3600);
    return typed(words_[at_++].text, effective);
  }

  Status typed(const std::string& type, std::uint32_t ttl) {
    for (const auto& [known, value] : known_types) {
      if (!equal_icase(known, type)) continue;
      TRY_ASSIGN(auto parsed, rdata(value));
      if (!zone_.add(owner_, value, ttl, std::move(parsed))) return wrong(line_, owner_ + " has a CNAME and other data");
      return {};
    }
    if (!is_skipped(type)) return wrong(line_, "\"" + printable(type, 40) + "\" is no type this reads");
    zone_.add_name(owner_);
    return {};
  }

  Result<Record> rdata(Type type) {
    switch (type) {
      case Type::a: return address<A>(AF_INET);
      case Type::aaaa: return address<Aaaa>(AF_INET6);
      case Type::mx: return mx();
      case Type::txt: return txt();
      case Type::tlsa: return tlsa();
      case Type::soa: return soa();
      case Type::cname:
      case Type::ns:
      case Type::ptr: break;
    }
    TRY(expect(1));
    TRY_ASSIGN(auto target, name(words_[at_]));
    return Name{std::move(target)};
  }

  template <class Kind>
  Result<Record> address(int family) {
    TRY(expect(1));
    std::array<unsigned char, 16> bytes{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    const auto& word = words_[at_].text;
    if (word.contains('\0') || inet_pton(family, word.c_str(), bytes.data()) != 1)
      return wrong(line_, "\"" + printable(word, 60) + "\" is no address");
    inet_ntop(family, bytes.data(), text.data(), text.size());  // one spelling for one address
    return Kind{text.data()};
  }
  Result<Record> mx() {
    TRY(expect(2));
    TRY_ASSIGN(const auto preference, number(words_[at_], 65535));
    TRY_ASSIGN(auto exchange, name(words_[at_ + 1]));
    return Mx{static_cast<std::uint16_t>(preference), std::move(exchange)};
  }
  Result<Record> txt() {
    Txt joined;
    if (at_ >= words_.size()) return wrong(line_, "TXT needs a text");
    for (; at_ < words_.size(); ++at_) {
      if (words_[at_].text.size() > 255)
        return wrong(words_[at_].line, "one string of TXT has at most 255 octets: cut it into several");
      joined.text += words_[at_].text;
    }
    if (joined.text.size() > limits_.txt) return wrong(line_, "the TXT record is too long");
    return joined;
  }
  Result<Record> tlsa() {
    if (words_.size() < at_ + 4) return wrong(line_, "TLSA needs usage, selector, matching type and data");
    TRY_ASSIGN(const auto usage, number(words_[at_], 255));
    TRY_ASSIGN(const auto selector, number(words_[at_ + 1], 255));
    TRY_ASSIGN(const auto matching, number(words_[at_ + 2], 255));
    std::string digits;
    for (auto i = at_ + 3; i < words_.size(); ++i) digits += words_[i].text;
    auto data = unhex(to_lower(digits));
    if (!data || data->empty()) return wrong(line_, "the data of TLSA must be hexadecimal");
    return Tlsa{static_cast<std::uint8_t>(usage), static_cast<std::uint8_t>(selector), static_cast<std::uint8_t>(matching),
                *data};
  }
  Result<Record> soa() {
    TRY(expect(7));
    Other other;
    for (; at_ < words_.size(); ++at_) other.rdata += (other.rdata.empty() ? "" : " ") + words_[at_].text;
    return other;
  }

  Status expect(std::size_t count) const {
    if (words_.size() != at_ + count) return wrong(line_, "the record needs " + std::to_string(count) + " values");
    return {};
  }
  static Result<std::uint64_t> number(const Word& word, std::uint64_t most) {
    Cursor in(word.text);
    const auto value = in.take_number(most);
    if (!value || !in.done())
      return wrong(word.line, "\"" + printable(word.text, 40) + "\" is no number up to " + std::to_string(most));
    return *value;
  }
  // rfc:1035#5.1 "@" is the origin, a name without final dot is relative to it.
  Result<std::string> name(const Word& word) const {
    if (word.text == "." && !word.escaped) return std::string();
    auto text = to_lower(word.text);
    if (text == "@") {
      text = origin_.value_or("");
      if (!origin_) return wrong(word.line, "@ stands before any $ORIGIN");
      return text;
    }
    if (text.ends_with('.')) {
      text.pop_back();
    } else if (!origin_) {
      return wrong(word.line, "\"" + printable(text, 80) + "\" is relative, but no $ORIGIN was given");
    } else if (!origin_->empty()) {
      text += "." + *origin_;
    }
    const auto plain = text.starts_with("*.") ? std::string_view(text).substr(2) : std::string_view(text);
    if (word.escaped || text.size() > 253 || !is_valid_name(plain))
      return wrong(word.line, "\"" + printable(text, 80) + "\" is no name");
    return text;
  }

  const ZoneLimits& limits_;
  Zone zone_;
  std::vector<Word> words_;
  std::size_t at_ = 0, line_ = 0;
  std::optional<std::string> origin_;
  std::optional<std::uint32_t> default_ttl_, last_ttl_;
  std::string owner_;
  bool has_owner_ = false;
};

}  // namespace

Result<Zone> parse_zone(std::string_view text, const ZoneLimits& limits) {
  if (text.size() > limits.file) return fail(Errc::too_big, "the zone file has over " + std::to_string(limits.file) + " octets");
  Lexer lexer(text, limits);
  Parser parser(limits);
  while (true) {
    TRY_ASSIGN(const auto entry, lexer.next());
    if (!entry) return parser.take_zone();
    TRY(parser.take(*entry));
  }
}

}  // namespace posthorn::dns
