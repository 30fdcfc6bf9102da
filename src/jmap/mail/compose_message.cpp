// A checked draft to the bytes of a message; see compose.h.
#include <algorithm>

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/mail/compose.h"
#include "mail/build.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t longest_line = 998, base64_line = 76;

// rfc:2231#4
std::string parameter(std::string_view name, const std::string& value) {
  const bool plain = is_ascii(value);
  if (plain) {
    std::string quoted;
    for (const char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return ";\r\n\t" + std::string(name) + "=\"" + quoted + "\"";
  }
  std::string encoded;
  for (const char c : value) {
    const bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
    encoded += kept ? std::string(1, c) : "%" + to_upper(hex(std::string_view(&c, 1)));
  }
  // rfc:2231#3 a long value goes on in sections, so that no line is too long.
  constexpr std::size_t room = 60;
  if (encoded.size() <= room) return ";\r\n\t" + std::string(name) + "*=utf-8''" + encoded;
  std::string out;
  for (std::size_t at = 0, section = 0; at < encoded.size(); ++section) {
    auto size = std::min(room, encoded.size() - at);
    while (size > 3 && at + size < encoded.size() && (encoded[at + size - 1] == '%' || encoded[at + size - 2] == '%')) --size;
    out += ";\r\n\t" + std::string(name) + "*" + std::to_string(section) + "*=" + (section == 0 ? "utf-8''" : "") + encoded.substr(at, size);
    at += size;
  }
  return out;
}

struct Encoded {
  std::string encoding, body;
};

bool short_lines(std::string_view text) {
  std::size_t line = 0;
  for (const char c : text) {
    line = c == '\n' ? 0 : line + 1;
    if (line > longest_line) return false;
  }
  return true;
}

// rfc:8621#4.6 the server may choose any encoding: what needs none gets none.
Encoded encode_text(std::string_view lf) {
  auto text = mail::to_crlf(lf);
  if (is_ascii(text) && short_lines(text)) return {"7bit", std::move(text)};
  auto body = mail::encode_quoted_printable(text);
  if (!body.empty() && !body.ends_with("\r\n")) body += "\r\n";
  return {"quoted-printable", std::move(body)};
}

Encoded encode_bytes(std::string_view bytes) {
  const auto all = base64_encode(bytes);
  std::string body;
  body.reserve(all.size() + all.size() / base64_line * 2 + 2);
  for (std::size_t at = 0; at < all.size(); at += base64_line) body.append(all, at, base64_line).append("\r\n");
  return {"base64", std::move(body)};
}

std::string header_of(const DraftPart& part, const std::string& charset, const std::string& boundary) {
  std::string out = "Content-Type: " + part.type + "/" + part.subtype;
  if (!charset.empty()) out += "; charset=" + charset;
  if (!boundary.empty()) out += ";\r\n\tboundary=\"" + boundary + "\"";
  if (!part.name.empty()) out += parameter("name", part.name);
  out += "\r\n";
  if (!part.disposition.empty() || !part.name.empty()) {
    out += "Content-Disposition: " + (part.disposition.empty() ? std::string("attachment") : part.disposition);
    if (!part.name.empty()) out += parameter("filename", part.name);
    out += "\r\n";
  }
  if (!part.cid.empty()) out += "Content-ID: <" + part.cid + ">\r\n";
  if (!part.languages.empty()) {
    out += "Content-Language: ";
    for (std::size_t i = 0; i < part.languages.size(); ++i) out += (i == 0 ? "" : ", ") + part.languages[i];
    out += "\r\n";
  }
  if (!part.location.empty()) out += "Content-Location: " + part.location + "\r\n";
  return out + part.fields;
}

std::string leaf(const DraftPart& part, const std::map<std::string, BlobContent>& blobs) {
  Encoded encoded;
  std::string charset;
  if (part.part_id) {
    encoded = encode_text(part.text);
    charset = is_ascii(part.text) ? "us-ascii" : "utf-8";
  } else {
    const auto& bytes = blobs.at(*part.blob_id).bytes;
    // rfc:2046#5.2.1 an embedded message is never base64.
    if (part.type == "message" && part.subtype == "rfc822") {
      encoded.body = mail::to_crlf(bytes);
      encoded.encoding = is_ascii(encoded.body) ? "7bit" : "8bit";
    } else {
      encoded = encode_bytes(bytes);
    }
    if (is_ascii(part.charset)) charset = part.charset;
  }
  return header_of(part, charset, {}) + "Content-Transfer-Encoding: " + encoded.encoding + "\r\n\r\n" + encoded.body;
}

}  // namespace

// Every part is written once its children are, which stand in a list of what is still to be closed.
std::string build_message(const Draft& draft, const std::map<std::string, BlobContent>& blobs, const std::string& message_id, std::int64_t now) {
  std::string out;
  if (!draft.has_date) out += "Date: " + mail::format_date({now, 0}) + "\r\n";
  out += draft.fields;
  if (!draft.has_message_id) out += "Message-ID: <" + message_id + ">\r\n";
  out += "MIME-Version: 1.0\r\n";
  struct Open {
    std::size_t part;
    std::size_t next;
    std::string boundary;
  };
  std::vector<Open> open;
  const auto begin = [&](std::size_t index) {
    const auto& part = draft.parts[index];
    if (part.type != "multipart") {
      out += leaf(part, blobs);
      return;
    }
    Open one{index, 0, "=_" + hex(crypto::random_bytes(18))};
    out += header_of(part, {}, one.boundary) + "\r\n";
    open.push_back(std::move(one));
  };
  begin(0);
  while (!open.empty()) {
    auto& last = open.back();
    const auto& part = draft.parts[last.part];
    if (last.next == part.children.size()) {
      if (part.children.empty()) out += "--" + last.boundary + "\r\n\r\n";  // a multipart without parts has one that is empty
      out += "--" + last.boundary + "--\r\n";
      open.pop_back();
      continue;
    }
    out += "--" + last.boundary + "\r\n";
    begin(part.children[last.next++]);
  }
  return out;
}

}  // namespace posthorn::jmap
