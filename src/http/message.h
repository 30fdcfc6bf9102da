// http/message.h - requests and responses as values (RFC 9110).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthorn::http {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"
  std::string path;    // as sent, not decoded: "/jmap/download/A1/BM1f"
  std::string query;   // after '?', not decoded
  Fields fields;       // names in lower case, values trimmed
  bool keep_alive = true;

  // The one field of that name, or the first; empty if there is none.
  std::string_view field(std::string_view name) const;
  // The value of a cookie; empty if there is none.
  std::string_view cookie(std::string_view name) const;
  // A parameter of the query, decoded; empty if there is none or it is malformed.
  std::string parameter(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  Fields fields;
  std::string body;
  bool close = false;  // the connection ends after it
};

std::string_view reason_of(unsigned status);
// The head of a response with `length` octets of body; nothing: the body ends with the connection.
std::string head_of(const Response& response, bool keep_alive, bool with_length = true);
// %XX undone; nothing if it is malformed or holds NUL.
bool decode_percent(std::string_view text, std::string& out);

}  // namespace posthorn::http
