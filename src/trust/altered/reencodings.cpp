#include "trust/altered/reencodings.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/build.h"
#include "mail/text.h"
#include "trust/altered/cuts.h"

namespace posthorn::trust::altered {
namespace {

constexpr std::size_t most_cut_lines = 40, most_wrapped = 4;

enum class Form : std::uint8_t { plain, quoted_printable, base64_76, base64_72, base64_64, base64_60 };
constexpr std::array forms = {Form::plain,     Form::base64_76, Form::quoted_printable,
                              Form::base64_72, Form::base64_64, Form::base64_60};

std::string base64_lines(std::string_view bytes, std::size_t width) {
  const auto all = base64_encode(bytes);
  std::string out;
  out.reserve(all.size() + all.size() / width * 2 + 2);
  for (std::size_t at = 0; at < all.size(); at += width) {
    out += std::string_view(all).substr(at, width);
    out += "\r\n";
  }
  return out;
}

std::string encoded(Form form, std::string_view bytes) {
  switch (form) {
    case Form::plain: return mail::to_crlf(bytes);
    case Form::quoted_printable: return mail::encode_quoted_printable(bytes);
    case Form::base64_76: return base64_lines(bytes, 76);
    case Form::base64_72: return base64_lines(bytes, 72);
    case Form::base64_64: return base64_lines(bytes, 64);
    case Form::base64_60: return base64_lines(bytes, 60);
  }
  return {};
}

std::vector<std::optional<std::string>> encoding_fields(Form form, std::string_view bytes) {
  std::vector<std::optional<std::string>> out;
  const auto add = [&out](std::string_view value) { out.push_back("Content-Transfer-Encoding: " + std::string(value) + "\r\n"); };
  if (form == Form::plain) {
    const bool ascii = is_ascii(bytes);
    add(ascii ? "7bit" : "8bit");
    out.push_back(std::nullopt);
    for (const std::string_view value : {ascii ? "8bit" : "7bit", ascii ? "7BIT" : "8BIT", "binary"}) add(value);
  } else if (form == Form::quoted_printable) {
    for (const std::string_view value : {"quoted-printable", "Quoted-Printable", "QUOTED-PRINTABLE"}) add(value);
  } else {
    for (const std::string_view value : {"base64", "Base64", "BASE64"}) add(value);
  }
  return out;
}

std::string_view name_of(mail::Encoding encoding) {
  switch (encoding) {
    case mail::Encoding::seven_bit: return "7bit";
    case mail::Encoding::eight_bit: return "8bit";
    case mail::Encoding::binary: return "binary";
    case mail::Encoding::quoted_printable: return "quoted-printable";
    case mail::Encoding::base64: return "base64";
    case mail::Encoding::unknown: break;
  }
  return "an unknown encoding";
}
std::string_view name_of(Form form, std::string_view bytes) {
  if (form == Form::plain) return is_ascii(bytes) ? "7bit" : "8bit";
  return form == Form::quoted_printable ? "quoted-printable" : "base64";
}

// Windows-1252 where it differs from ISO-8859-1: the code points of the bytes 0x80 to 0x9f; 0: none.
constexpr std::array<char32_t, 32> windows_1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178};

// Valid UTF-8 to Windows-1252, which is ISO-8859-1 for text. Nothing: a character that is not in it.
std::optional<std::string> to_western(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (i + size > utf8.size()) return std::nullopt;
    char32_t point = size == 1 ? lead : lead & (0xffU >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) point = (point << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3f);
    i += size;
    if (point < 0x80 || (point >= 0xa0 && point < 0x100)) {
      out += static_cast<char>(point);
      continue;
    }
    const auto at = std::ranges::find(windows_1252, point);
    if (at == windows_1252.end()) return std::nullopt;
    out += static_cast<char>(0x80 + (at - windows_1252.begin()));
  }
  return out;
}

// A text in some charset; empty name: as received.
struct Text {
  std::string bytes, charset;
};

class Reencoder {
 public:
  Reencoder(const Draft& draft, const Target& target, Budget& budget) : draft_(draft), target_(target), budget_(budget) {}

  std::optional<Solution> of_part(std::size_t part) {
    part_ = part;
    const auto& one = draft_.message.parts[part];
    if (!one.children.empty() || !budget_.spend_bytes(4 * (one.body_end - one.body_begin))) return std::nullopt;
    const auto decoded = mail::decoded_body(draft_.message, one);
    for (auto& text : texts_of(one, decoded))
      for (const auto form : forms) {
        if (budget_.empty()) return std::nullopt;
        if (auto found = form == Form::plain ? plain(text) : whole(text, form)) return found;
        if (auto found = form == Form::base64_76 || form == Form::quoted_printable ? cut(text, form) : std::nullopt) return found;
      }
    return std::nullopt;
  }

 private:
  std::vector<Text> texts_of(const mail::Part& part, const std::string& decoded) const {
    std::vector<Text> out = {{decoded, ""}};
    if (part.type != "text" || is_ascii(decoded)) return out;
    const auto named = std::ranges::find(part.parameters, "charset", &mail::Parameters::value_type::first);
    const auto charset = named == part.parameters.end() ? std::string("us-ascii") : to_lower(named->second);
    if (charset == "utf-8") {
      if (!is_utf8(decoded)) return out;
      if (auto western = to_western(decoded)) {
        out.push_back({*western, "iso-8859-1"});
        out.push_back({*western, "windows-1252"});
      }
    } else if (auto utf8 = mail::to_utf8(decoded, charset)) {
      out.push_back({*utf8, "utf-8"});
    }
    return out;
  }

  std::optional<Solution> plain(const Text& text) {
    if (!budget_.spend_bytes(text.bytes.size())) return std::nullopt;
    const auto body = encoded(Form::plain, text.bytes);
    const Draft now("", "\r\n" + body, LineNumbers::lost);
    if (auto found = solve_by_cuts(now, target_, Depth::likely, budget_))
      return finish(std::move(found->body), text, Form::plain, std::move(found->edits));
    if (auto found = solve_by_cuts(now, target_, Depth::thorough, budget_))
      return finish(std::move(found->body), text, Form::plain, std::move(found->edits));
    return std::nullopt;
  }
  std::optional<Solution> whole(const Text& text, Form form) { return matching(encoded(form, text.bytes), text, form, {}); }
  // A footer or banner that was there before the text was encoded.
  std::optional<Solution> cut(const Text& text, Form form) {
    const std::string_view bytes = text.bytes;
    auto end = bytes.size();
    for (std::size_t i = 0; i < most_cut_lines && end > 0 && !budget_.empty(); ++i) {
      const auto newline = end < 2 ? bytes.npos : bytes.rfind('\n', end - 2);
      if (newline == bytes.npos) break;
      end = newline + 1;
      const auto without_end = end - (end >= 2 && bytes[end - 2] == '\r' ? 2 : 1);
      const auto added = addition(Kind::footer, bytes.substr(end));
      if (auto found = matching(encoded(form, bytes.substr(0, end)), text, form, {added})) return found;
      if (auto found = matching(encoded(form, bytes.substr(0, without_end)), text, form, {added})) return found;
    }
    std::size_t begin = 0;
    for (std::size_t i = 0; i < most_cut_lines / 2 && !budget_.empty(); ++i) {
      const auto newline = bytes.find('\n', begin);
      if (newline == bytes.npos) break;
      begin = newline + 1;
      if (auto found = matching(encoded(form, bytes.substr(begin)), text, form, {addition(Kind::banner, bytes.substr(0, begin))}))
        return found;
    }
    return std::nullopt;
  }
  std::optional<Solution> matching(std::string body, const Text& text, Form form, std::vector<Edit> edits) {
    if (!budget_.spend_attempt(3 * body.size())) return std::nullopt;
    const auto digest = dkim::body_digest(target_.form, target_.digest, body);
    if (digest.hash != target_.hash || (target_.length && *target_.length != digest.length)) return std::nullopt;
    return finish(std::move(body), text, form, std::move(edits));
  }

  Edit addition(Kind kind, std::string_view bytes) const {
    Edit edit;
    edit.kind = kind;
    edit.where = section_of(draft_.message, part_);
    edit.added = excerpt(bytes, budget_.limits().excerpt);
    edit.sentence = counted(line_count(bytes), "line was", "lines were") +
                    (kind == Kind::footer ? " added at the end of the text" : " added before the text");
    return edit;
  }

  Solution finish(std::string body, const Text& text, Form form, std::vector<Edit> edits) const {
    const auto& part = draft_.message.parts[part_];
    Solution out;
    out.body = std::move(body);
    out.edits = draft_.edits;
    const Lines lines{line_count(draft_.body().substr(0, draft_.body_offset(part.body_begin))),
                      line_count(draft_.body().substr(0, draft_.body_offset(part.body_end)))};
    const auto add = [&](Kind kind, std::string sentence, std::string removed, std::string added) {
      Edit edit{kind, section_of(draft_.message, part_), 0, 0, std::move(removed), std::move(added), std::move(sentence)};
      draft_.place(edit, lines);
      out.edits.push_back(std::move(edit));
    };
    if (part_ != 0) {
      out.wishes = wishes_of_part(draft_, part_);
      const auto others = draft_.message.root().children.size() - 1;
      add(Kind::wrapped,
          "the message was put into a multipart/" + printable(draft_.message.root().subtype, 40) +
              (others == 0 ? "" : " with " + counted(others, "other part", "other parts")),
          "", "");
    }
    const std::string was(name_of(form, text.bytes)), is(name_of(part.encoding));
    if (was != is || (edits.empty() && text.charset.empty()))
      add(Kind::reencoded,
          was == is ? "the text was encoded again as " + is + ", on other lines"
                    : "the text was encoded as " + is + "; it came as " + was,
          excerpt(out.body, budget_.limits().excerpt / 4), excerpt(draft_.message.body(part), budget_.limits().excerpt / 4));
    set_wish(out.wishes, {"content-transfer-encoding", encoding_fields(form, text.bytes)});
    if (!text.charset.empty()) {
      add(Kind::charset_changed, "the charset was changed to " + charset_of(part) + "; it was " + text.charset, text.charset,
          charset_of(part));
      set_wish(out.wishes, {"content-type", content_types(part, text.charset)});
    }
    for (auto& edit : edits) {
      edit.where = section_of(draft_.message, part_);
      draft_.place(edit, lines);
      out.edits.push_back(std::move(edit));
    }
    return out;
  }

  static void set_wish(std::vector<Wish>& wishes, Wish wish) {
    const auto at = std::ranges::find(wishes, wish.name, &Wish::name);
    if (at == wishes.end())
      wishes.push_back(std::move(wish));
    else
      at->values.insert(at->values.begin(), wish.values.begin(), wish.values.end());
  }
  static std::string charset_of(const mail::Part& part) {
    const auto named = std::ranges::find(part.parameters, "charset", &mail::Parameters::value_type::first);
    return named == part.parameters.end() ? "us-ascii" : printable(to_lower(named->second), 60);
  }
  // The field with the other charset, as people write it.
  static std::vector<std::optional<std::string>> content_types(const mail::Part& part, const std::string& charset) {
    std::vector<std::optional<std::string>> out;
    const auto* field = mail::find(part.fields, "content-type");
    if (field == nullptr) return {std::nullopt};
    const std::string whole(field->whole);
    const auto name_at = to_lower(whole).find("charset=");
    if (name_at == std::string::npos) return {whole};
    const auto at = name_at + 8;
    const bool quoted = at < whole.size() && whole[at] == '"';
    const auto end = quoted ? whole.find('"', at + 1) : whole.find_first_of("; \t\r\n", at);
    if (end == std::string::npos) return {whole};
    const std::string before = whole.substr(0, at), after = whole.substr(end + (quoted ? 1 : 0));
    for (const auto& value : {charset, to_upper(charset)})
      for (const auto& written : {quoted ? "\"" + value + "\"" : value, quoted ? value : "\"" + value + "\""})
        out.push_back(before + written + after);
    return out;
  }

  const Draft& draft_;
  const Target& target_;
  Budget& budget_;
  std::size_t part_ = 0;
};

}  // namespace

std::optional<Solution> solve_by_reencoding(const Draft& draft, const Target& target, Budget& budget) {
  Reencoder reencoder(draft, target, budget);
  const auto& root = draft.message.root();
  if (root.children.empty()) return reencoder.of_part(0);
  for (std::size_t i = 0; root.is_multipart() && i < root.children.size() && i < most_wrapped; ++i)
    if (auto found = reencoder.of_part(root.children[i])) return found;
  return std::nullopt;
}

}  // namespace posthorn::trust::altered
