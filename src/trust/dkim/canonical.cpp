#include "trust/dkim/canonical.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/cursor.h"
#include "base/scan.h"
#include "trust/dkim/tag_list.h"

namespace posthorn::trust::dkim {
namespace {

constexpr std::string_view crlf = "\r\n";

void append_simple(std::string_view whole, std::string& out) {
  for (std::size_t at = 0; at < whole.size();) {
    const auto newline = whole.find('\n', at);
    if (newline == whole.npos) {
      out.append(whole.substr(at)).append(crlf);
      return;
    }
    auto line = whole.substr(at, newline - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.append(line).append(crlf);
    at = newline + 1;
  }
}

// True where byte i must not be copied as it stands. `next` is the byte behind it.
constexpr bool is_special(char c, char next, bool relaxed) {
  const bool bare_newline = (next == '\n') & (c != '\r');
  const bool reduced = (c == '\t') | ((c == ' ') & ((next == ' ') | (next == '\t') | (next == '\r') | (next == '\n')));
  return bare_newline | (relaxed & reduced);
}

// Many bytes at once. Bytes of the result are 0xff where is_special() holds.
template <bool relaxed>
auto special_bytes(const char* at) {
  Bytes16 c, next;
  std::memcpy(&c, at, 16);
  std::memcpy(&next, at + 1, 16);
  auto special = (next == '\n') & (c != '\r');
  if (relaxed) special |= (c == '\t') | ((c == ' ') & ((next == ' ') | (next == '\t') | (next == '\r') | (next == '\n')));
  return special;
}

// rfc:6376#3.4.2. Never more bytes than the name and value have, a colon and a line end.
std::size_t write_relaxed(const mail::HeaderField& field, char* const out) {
  char* to = out;
  for (const char c : field.name) *to++ = Cursor::lower(c);
  *to++ = ':';
  const char* const begin = to;
  bool space = false;
  const char* at = field.value.begin();
  const char* const last = field.value.end();
  while (at < last) {
    const char c = *at;
    if (c == '\n' || (c == '\r' && at + 1 < last && at[1] == '\n')) {  // a fold; white space follows it
      ++at;
      continue;
    }
    if (c == ' ' || c == '\t') {
      space = true;
      ++at;
      continue;
    }
    if (space && to > begin) *to++ = ' ';
    space = false;
    // A lone CR is content, but is looked at alone.
    const char* const end = word_end(at + 1, last);
    to = std::copy(at, end, to);
    at = end;
  }
  *to++ = '\r';
  *to++ = '\n';
  return static_cast<std::size_t>(to - out);
}

void append_relaxed(const mail::HeaderField& field, std::string& out) {
  const auto before = out.size();
  out.resize_and_overwrite(before + field.name.size() + field.value.size() + 3,
                           [&](char* bytes, std::size_t) { return before + write_relaxed(field, bytes + before); });
}

#if defined(__x86_64__)
// As above with the registers of processors since 2013: passes over 32 bytes at a time while none of them is special.
using Bytes32 = unsigned char __attribute__((vector_size(32)));

template <bool relaxed>
__attribute__((target("avx2"))) std::size_t skip_plain(const char* bytes, std::size_t from, std::size_t last) {
  for (; from + 32 <= last; from += 32) {
    Bytes32 c, next;
    std::memcpy(&c, bytes + from, 32);
    std::memcpy(&next, bytes + from + 1, 32);
    auto special = (next == '\n') & (c != '\r');
    if (relaxed) special |= (c == '\t') | ((c == ' ') & ((next == ' ') | (next == '\t') | (next == '\r') | (next == '\n')));
    char __attribute__((vector_size(32))) chars;
    std::memcpy(&chars, &special, 32);
    const int mask = __builtin_ia32_pmovmskb256(chars);
    if (mask != 0) return from + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(mask)));
  }
  return from;
}
bool has_wide_registers() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}
#else
template <bool>
std::size_t skip_plain(const char*, std::size_t from, std::size_t) {
  return from;
}
bool has_wide_registers() { return false; }
#endif

// The first special byte at or after `from`, or the last byte.
template <bool relaxed>
std::size_t find_special(std::string_view bytes, std::size_t from) {
  const std::size_t last = bytes.size() - 1;
  if (has_wide_registers()) from = skip_plain<relaxed>(bytes.data(), from, last);
  for (; from + 16 <= last; from += 16) {
    const auto words = words_of(special_bytes<relaxed>(bytes.data() + from));
    if (words[0] != 0) return from + first_byte(words[0]);
    if (words[1] != 0) return from + 8 + first_byte(words[1]);
  }
  while (from < last && !is_special(bytes[from], bytes[from + 1], relaxed)) ++from;
  return from;
}

class HashSink final : public Sink {
 public:
  explicit HashSink(crypto::Digest digest) : hasher_(digest) {}
  // Small pieces are put together first: each call of the library has its price.
  void take(std::string_view bytes) override {
    length_ += bytes.size();
    if (bytes.size() > small_.size() - used_) flush();
    if (bytes.size() > small_.size()) return hasher_.write(bytes);
    std::memcpy(small_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  BodyDigest finish() {
    flush();
    return {hasher_.finish(), length_};
  }

 private:
  void flush() {
    hasher_.write({small_.data(), used_});
    used_ = 0;
  }
  crypto::Hasher hasher_;
  std::array<char, 512> small_{};
  std::size_t used_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace

void append_field(Canonical form, const mail::HeaderField& field, std::string& out) {
  if (form == Canonical::simple)
    append_simple(field.whole, out);
  else
    append_relaxed(field, out);
}

void BodyCanonicaliser::flush() {
  for (; line_ends_ > 0; --line_ends_) sink_.take(crlf);
  if (space_) sink_.take(" ");
  space_ = false;
  any_ = true;
}

// `from` is content. The result lies behind content too: white space and line ends before it are looked at one by one.
std::size_t BodyCanonicaliser::verbatim_end(std::string_view bytes, std::size_t from) const {
  std::size_t end = form_ == Canonical::relaxed ? find_special<true>(bytes, from) : find_special<false>(bytes, from);
  if (form_ == Canonical::simple || !is_space(bytes[end])) end += bytes[end] == '\n' ? 0 : 1;
  while (end > from + 1 && (bytes[end - 1] == '\r' || bytes[end - 1] == '\n' || is_space(bytes[end - 1]))) --end;
  return end;
}

// White space, CR or LF at `at`; returns where it goes on.
std::size_t BodyCanonicaliser::take_special(std::string_view bytes, std::size_t at) {
  const char c = bytes[at];
  if (is_space(c)) {
    space_ = true;
    return at + 1;
  }
  if (c == '\r' && at + 1 == bytes.size()) {
    return_ = true;
    return at + 1;
  }
  if (c == '\r' && bytes[at + 1] != '\n') {
    flush();
    sink_.take("\r");
    return at + 1;
  }
  ++line_ends_;
  space_ = false;
  return at + (c == '\r' ? 2 : 1);
}

void BodyCanonicaliser::write(std::string_view bytes) {
  if (bytes.empty()) return;
  std::size_t at = 0;
  if (return_) {
    return_ = false;
    if (bytes[0] != '\n') {
      flush();
      sink_.take("\r");
    }
  }
  while (at < bytes.size()) {
    const char c = bytes[at];
    if (c == '\r' || c == '\n' || is_space(c)) {
      at = take_special(bytes, at);
      continue;
    }
    flush();
    const auto end = verbatim_end(bytes, at);
    sink_.take(bytes.substr(at, end - at));
    at = end;
  }
}

// rfc:6376#3.4.3: one CRLF at the end, also of an empty body. rfc:6376#3.4.4: an empty body stays empty.
void BodyCanonicaliser::finish() {
  if (return_) {
    flush();
    sink_.take("\r");
  }
  if (any_ || form_ == Canonical::simple) sink_.take(crlf);
}

BodyDigest body_digest(Canonical form, crypto::Digest digest, std::string_view body) {
  HashSink sink(digest);
  BodyCanonicaliser canonical(form, sink);
  // In pieces that are still in the nearest cache when they are hashed.
  constexpr std::size_t piece = 16'384;
  for (std::size_t at = 0; at < body.size(); at += piece) canonical.write(body.substr(at, piece));
  canonical.finish();
  return sink.finish();
}

}  // namespace posthorn::trust::dkim
