// mail/encoded_words.cpp - RFC 2047: header text with =?charset?encoding?text?= to UTF-8 and back.
// Security: linear. Every "=?" is looked at once, over at most four question marks; what it cannot be stays text.
// Decoded words can hold anything: controls become U+FFFD (attacks.md C16), so they end no line and no string.
#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/lexer.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

struct Word {
  std::string_view charset;
  char encoding = 'q';
  std::string_view text;
};

// At "=?"; moves behind the word if it is one. Spaces inside the text are forgiven, as many senders leave them there.
std::optional<Word> take_word(Cursor& at) {
  Cursor look = at;
  Word word;
  look.take("=?");
  word.charset = look.take_while([](char c) { return c > ' ' && c < 0x7f && c != '?'; });
  if (word.charset.empty() || !look.take('?')) return std::nullopt;
  const auto encoding = look.next();
  if (!encoding || !look.take('?')) return std::nullopt;
  word.encoding = Cursor::lower(*encoding);
  if (word.encoding != 'q' && word.encoding != 'b') return std::nullopt;
  word.text = look.take_while([](char c) { return c != '?'; });
  if (!look.take("?=")) return std::nullopt;
  // rfc:2231#5: a language may follow the charset.
  word.charset = word.charset.substr(0, word.charset.find('*'));
  at = look;
  return word;
}

// rfc:2047#4.2
std::string decode_q(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '_') {
      out += ' ';
    } else if (c == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else if (c != '\r' && c != '\n') {
      out += c;
    }
  }
  return out;
}

// Tab to space; C0, DEL, C1, LS and PS to U+FFFD. The text is valid UTF-8.
void append_safe(std::string& out, std::string_view utf8) {
  constexpr std::string_view replacement = "\uFFFD";
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const char c = utf8[i];
    const auto next = [&](std::size_t n) { return i + n < utf8.size() ? static_cast<unsigned char>(utf8[i + n]) : 0; };
    if (c == '\t') {
      out += ' ';
    } else if (is_control(c)) {
      out += replacement;
    } else if (c == '\xc2' && next(1) < 0xa0) {
      out += replacement;
      ++i;
    } else if (c == '\xe2' && next(1) == 0x80 && (next(2) == 0xa8 || next(2) == 0xa9)) {
      out += replacement;
      i += 2;
    } else {
      out += c;
    }
  }
}

// Adjacent words of one charset are put together before conversion: many senders cut characters in two.
class WordRun {
 public:
  explicit WordRun(std::string& out) : out_(out) {}
  void add(const Word& word) {
    if (!running_ || !equal_icase(word.charset, charset_)) {
      flush();
      charset_ = word.charset;
      running_ = true;
    }
    bytes_ += word.encoding == 'b' ? decode_base64(word.text).bytes : decode_q(word.text);
  }
  void flush() {
    if (running_) append_safe(out_, to_utf8_or_guess(bytes_, charset_));
    running_ = false;
    bytes_.clear();
  }
  bool running() const { return running_; }

 private:
  std::string& out_;
  std::string bytes_;
  std::string_view charset_;
  bool running_ = false;
};

// Raw header text outside of words, folds undone.
void append_raw(std::string& out, std::string_view text) {
  if (text.empty()) return;
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain) {
    out += text;
    return;
  }
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t end = i;
    if (text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n') ++end;
    const bool fold = text[end] == '\n' && end + 1 < text.size() && is_wsp(text[end + 1]);
    if (fold)
      i = end;
    else
      line += text[i];
  }
  append_safe(out, is_utf8(line) ? line : to_utf8_or_guess(line, {}));
}

// How many bytes of the UTF-8 from `at` on are one character; 1 for a stray byte.
std::size_t character_size(std::string_view utf8, std::size_t at) {
  std::size_t size = 1;
  while (at + size < utf8.size() && (static_cast<unsigned char>(utf8[at + size]) & 0xc0) == 0x80 && size < 4) ++size;
  return size;
}

// rfc:2047#5 (3): the characters that need no encoding in any place a word may stand.
bool is_q_safe(char c) {
  return is_alpha(c) || is_digit(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

void append_q(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : bytes) {
    if (c == ' ') {
      out += '_';
    } else if (is_q_safe(c)) {
      out += c;
    } else {
      out += '=';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
  }
}

std::size_t q_size(std::string_view bytes) {
  std::size_t size = 0;
  for (const char c : bytes) size += c == ' ' || is_q_safe(c) ? 1 : 3;
  return size;
}

}  // namespace

std::string decode_words(std::string_view text, std::size_t limit) {
  std::string out;
  if (text.find("=?") == text.npos) {
    append_raw(out, text);
    return out;
  }
  out.reserve(text.size());
  WordRun run(out);
  Cursor at(text);
  std::size_t raw_from = 0, words = 0, search_from = 0;
  while (words < limit) {
    const auto found = text.find("=?", search_from);
    if (found == text.npos) break;
    at.seek(found);
    const auto word = take_word(at);
    search_from = word ? at.position() : found + 2;
    if (!word) continue;
    const auto between = text.substr(raw_from, found - raw_from);
    // rfc:2047#6.2: white space between two words is not shown.
    if (!run.running() || !std::ranges::all_of(between, is_fws)) {
      run.flush();
      append_raw(out, between);
    }
    run.add(*word);
    raw_from = at.position();
    ++words;
  }
  run.flush();
  append_raw(out, text.substr(raw_from));
  return out;
}

std::string encode_words(std::string_view utf8) {
  const bool plain = std::ranges::all_of(utf8, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain && utf8.find("=?") == utf8.npos) return std::string(utf8);
  constexpr std::size_t room = 75 - std::string_view("=?utf-8?q?").size() - 2;  // rfc:2047#2
  const std::string repaired = to_utf8_or_guess(utf8, {});
  const bool q = q_size(repaired) <= repaired.size() * 2;  // readable in the source where most of it is ASCII
  std::string out;
  for (std::size_t at = 0; at < repaired.size();) {
    std::size_t end = at, size = 0;
    while (end < repaired.size()) {
      const auto character = character_size(repaired, end);
      const auto more = q ? size + q_size(std::string_view(repaired).substr(end, character)) : (end + character - at + 2) / 3 * 4;
      if (more > room) break;
      size = more;
      end += character;
    }
    const auto chunk = std::string_view(repaired).substr(at, end - at);
    if (!out.empty()) out += ' ';
    out += q ? "=?utf-8?q?" : "=?utf-8?b?";
    if (q)
      append_q(out, chunk);
    else
      out += base64_encode(chunk);
    out += "?=";
    at = end;
  }
  return out;
}

}  // namespace posthorn::mail
