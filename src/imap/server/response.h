// imap/server/response.h - how a command ends: the tagged response (RFC 9051 7.1). Plain data.
// `code` is a response code without brackets, `text` is for people; both ASCII without line ends.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"

namespace posthorn::imap {

struct Response {
  enum class Kind : std::uint8_t { ok, no, bad, said } kind = Kind::ok;  // said: the command answered by itself, or nobody listens
  std::string code = {};
  std::string text = {};
};

inline Response ok(std::string text) { return {Response::Kind::ok, {}, std::move(text)}; }
inline Response ok(std::string code, std::string text) { return {Response::Kind::ok, std::move(code), std::move(text)}; }
inline Response no(std::string code, std::string text) { return {Response::Kind::no, std::move(code), std::move(text)}; }
inline Response bad(std::string text) { return {Response::Kind::bad, {}, std::move(text)}; }

inline Response said() { return {Response::Kind::said, {}, {}}; }

// What a failure of the store is to a client (rfc:9051#7.1, rfc:5530). Its `what` stays with us: it may tell of our disks.
Response refusal_of(const Error& error);
// For errors of our own parsers and names, whose `what` is written for the client.
Response syntax_refusal(const Error& error);

}  // namespace posthorn::imap
