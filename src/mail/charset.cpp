// mail/charset.cpp - text of other charsets to UTF-8, by ICU, from a fixed list of names.
// Security: names of senders never reach ICU; UTF-7, HZ and the like, with which text can be smuggled past readers, are
// not on the list (attacks.md D8). Output is always valid UTF-8, at most three times the input.
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "mail/lexer.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

struct Charset {
  std::string_view name;  // lower case, letters and digits only
  const char* converter;  // ICU's name; the first two are read without ICU's converters
};
constexpr const char* utf8 = "utf-8";
constexpr const char* ascii = "us-ascii";

// ISO-8859-1 is read as windows-1252 and so on, as the web does: what says Latin-1 has curly quotes.
constexpr std::array charsets = std::to_array<Charset>({
    {"utf8", utf8},
    {"unicode11utf8", utf8},
    {"utf8mb4", utf8},
    {"usascii", ascii},
    {"ascii", ascii},
    {"ansix341968", ascii},
    {"646", ascii},
    {"iso88591", "windows-1252"},
    {"latin1", "windows-1252"},
    {"windows1252", "windows-1252"},
    {"cp1252", "windows-1252"},
    {"iso88592", "iso-8859-2"},
    {"latin2", "iso-8859-2"},
    {"iso88593", "iso-8859-3"},
    {"iso88594", "iso-8859-4"},
    {"iso88595", "iso-8859-5"},
    {"iso88596", "iso-8859-6"},
    {"iso88597", "iso-8859-7"},
    {"iso88598", "iso-8859-8"},
    {"iso88598i", "iso-8859-8"},
    {"iso88599", "windows-1254"},
    {"latin5", "windows-1254"},
    {"iso885910", "iso-8859-10"},
    {"iso885911", "windows-874"},
    {"tis620", "windows-874"},
    {"windows874", "windows-874"},
    {"iso885913", "iso-8859-13"},
    {"iso885914", "iso-8859-14"},
    {"iso885915", "iso-8859-15"},
    {"latin9", "iso-8859-15"},
    {"windows1250", "windows-1250"},
    {"cp1250", "windows-1250"},
    {"windows1251", "windows-1251"},
    {"cp1251", "windows-1251"},
    {"windows1253", "windows-1253"},
    {"cp1253", "windows-1253"},
    {"windows1254", "windows-1254"},
    {"cp1254", "windows-1254"},
    {"windows1255", "windows-1255"},
    {"cp1255", "windows-1255"},
    {"windows1256", "windows-1256"},
    {"cp1256", "windows-1256"},
    {"windows1257", "windows-1257"},
    {"cp1257", "windows-1257"},
    {"windows1258", "windows-1258"},
    {"cp1258", "windows-1258"},
    {"koi8r", "koi8-r"},
    {"koi8u", "koi8-u"},
    {"macintosh", "macintosh"},
    {"ibm437", "ibm-437"},
    {"cp437", "ibm-437"},
    {"ibm850", "ibm-850"},
    {"cp850", "ibm-850"},
    {"ibm852", "ibm-852"},
    {"cp852", "ibm-852"},
    {"ibm866", "ibm-866"},
    {"cp866", "ibm-866"},
    {"shiftjis", "windows-31j"},
    {"sjis", "windows-31j"},
    {"xsjis", "windows-31j"},
    {"mskanji", "windows-31j"},
    {"windows31j", "windows-31j"},
    {"cp932", "windows-31j"},
    {"eucjp", "euc-jp"},
    {"xeucjp", "euc-jp"},
    {"iso2022jp", "iso-2022-jp"},
    {"iso2022jp1", "iso-2022-jp-1"},
    {"iso2022jp2", "iso-2022-jp-2"},
    {"iso2022jpms", "iso-2022-jp"},
    {"euckr", "windows-949"},
    {"ksc56011987", "windows-949"},
    {"ksc5601", "windows-949"},
    {"ksc5601", "windows-949"},
    {"windows949", "windows-949"},
    {"cp949", "windows-949"},
    {"iso2022kr", "iso-2022-kr"},
    {"gb2312", "gb18030"},
    {"gb231280", "gb18030"},
    {"euccn", "gb18030"},
    {"gbk", "gb18030"},
    {"xgbk", "gb18030"},
    {"cp936", "gb18030"},
    {"windows936", "gb18030"},
    {"gb18030", "gb18030"},
    {"big5", "big5"},
    {"cp950", "big5"},
    {"big5hkscs", "big5-hkscs"},
    {"utf16", "utf-16"},
    {"utf16le", "utf-16le"},
    {"utf16be", "utf-16be"},
});

const char* converter_of(std::string_view charset) {
  std::array<char, 24> letters{};
  std::size_t size = 0;
  for (const char c : charset) {
    if (!is_alpha(c) && !is_digit(c)) continue;
    if (size == letters.size()) return nullptr;
    letters[size++] = Cursor::lower(c);
  }
  const std::string_view name(letters.data(), size);
  const auto found = std::ranges::find(charsets, name, &Charset::name);
  return found == charsets.end() ? nullptr : found->converter;
}

constexpr std::size_t longest_text = std::size_t{256} << 20;  // ICU counts in 32 bits

std::string repaired_utf8(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string out;
  icu::UnicodeString::fromUTF8(icu::StringPiece(bytes.data(), static_cast<std::int32_t>(bytes.size()))).toUTF8String(out);
  return out;
}

std::optional<std::string> convert(std::string_view bytes, const char* converter) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, void (*)(UConverter*)> from(ucnv_open(converter, &error), ucnv_close);
  if (U_FAILURE(error)) return std::nullopt;
  std::string out(bytes.size() * 3 + 16, '\0');
  // A second try has all the room ICU asked for; the first is enough for every charset that gives one character a byte.
  for (int attempt = 0; attempt < 2; ++attempt) {
    error = U_ZERO_ERROR;
    const auto size = ucnv_toAlgorithmic(UCNV_UTF8, from.get(), out.data(), static_cast<std::int32_t>(out.size()), bytes.data(),
                                         static_cast<std::int32_t>(bytes.size()), &error);
    if (error == U_BUFFER_OVERFLOW_ERROR) {
      out.resize(static_cast<std::size_t>(size) + 1);
      continue;
    }
    if (U_FAILURE(error)) return std::nullopt;
    out.resize(static_cast<std::size_t>(size));
    return out;
  }
  return std::nullopt;
}

}  // namespace

bool known_charset(std::string_view charset) {
  return converter_of(charset) != nullptr;
}

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
  const char* converter = converter_of(charset);
  if (!converter) return std::nullopt;
  bytes = bytes.substr(0, longest_text);
  if (converter == utf8) return repaired_utf8(bytes);
  if (converter == ascii) {
    if (is_utf8(bytes)) return std::string(bytes);
    converter = "windows-1252";
  }
  return convert(bytes, converter);
}

std::string to_utf8_or_guess(std::string_view bytes, std::string_view charset) {
  if (!charset.empty())
    if (auto converted = to_utf8(bytes, charset)) return std::move(*converted);
  if (is_utf8(bytes)) return std::string(bytes);
  return convert(bytes.substr(0, longest_text), "windows-1252").value_or(std::string());
}

}  // namespace posthorn::mail
