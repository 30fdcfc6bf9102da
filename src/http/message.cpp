#include "http/message.h"

#include "base/percent.h"
#include "base/text.h"

namespace posthorn::http {

std::string_view Request::field(std::string_view name) const {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return {};
}

std::string_view Request::cookie(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key != "cookie") continue;
    for (auto one : split(value, ';')) {
      one = trim(one);
      if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=') return one.substr(name.size() + 1);
    }
  }
  return {};
}

std::string Request::parameter(std::string_view name) const {
  std::string decoded_name, value;
  for (const auto one : split(query, '&')) {
    const auto equals = one.find('=');
    if (!decode_percent(one.substr(0, equals), decoded_name) || decoded_name != name) continue;
    if (equals == std::string_view::npos || !decode_percent(one.substr(equals + 1), value)) return {};
    return value;
  }
  return {};
}

bool decode_percent(std::string_view text, std::string& out) {
  auto decoded = percent_decode(text);
  if (!decoded || decoded->contains('\0')) return false;
  out = std::move(*decoded);
  return true;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

std::string head_of(const Response& response, bool keep_alive, bool with_length) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason_of(response.status)) + "\r\n";
  for (const auto& [name, value] : response.fields) {
    out += name + ": ";
    // No value can end the line (attacks.md E12): what would is left out.
    for (const char c : value)
      if (c != '\r' && c != '\n' && c != '\0') out += c;
    out += "\r\n";
  }
  // rfc:9110#8.6 responses of these have no body and say no length.
  const bool bodyless = response.status == 204 || response.status == 304 || response.status < 200;
  if (with_length && !bodyless) out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  if (response.status >= 200) out += keep_alive && with_length ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  return out + "\r\n";
}

}  // namespace posthorn::http
