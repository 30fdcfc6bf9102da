// http/websocket.h - the WebSocket protocol (RFC 6455) as bytes in and values out: the handshake's key, frames of a client put together to
// messages, frames for a client. Called by the shell that owns the Stream. Beast's codec is tied to its streams, so this one is ours. Pure.
// Security: reads what clients send after the handshake. A message is held to `most` octets whatever its frames announce, a control frame to
// 125; frames must be masked, text must be UTF-8, extensions are refused (none is negotiated: no decompression bombs). The answer is the same
// however the input is cut.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace posthorn::http::websocket {

// rfc:6455#5.2
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// rfc:6455#7.4.1, those that a server sends.
enum class CloseCode : std::uint16_t { normal = 1000, going_away = 1001, protocol_error = 1002, unsupported = 1003, not_utf8 = 1007, policy = 1008, too_big = 1009, internal = 1011 };

// A whole data message, or one control frame. Of close: the payload is the code and the reason as sent.
struct Message {
  Opcode opcode = Opcode::text;
  std::string payload;
};

// The connection fails with this code (rfc:6455#7.1.7); the reason goes to the client.
struct Fault {
  CloseCode code = CloseCode::protocol_error;
  std::string_view why;
};

class Reader {
 public:
  explicit Reader(std::size_t most = 1u << 20) : most_(most) {}
  // Feed what was read, then call next() until it gives nothing. After a fault nothing more may be asked.
  void feed(std::string_view bytes) { buffer_ += bytes; }
  std::expected<std::optional<Message>, Fault> next();
  std::size_t held() const { return buffer_.size() + message_.payload.size(); }

 private:
  struct Header {
    bool final = false;
    Opcode opcode{};
    std::size_t begins = 0, length = 0;  // of the payload in buffer_
  };
  std::expected<std::optional<Header>, Fault> header() const;
  std::expected<std::optional<Message>, Fault> take(const Header& header);

  std::size_t most_;
  std::string buffer_;
  Message message_;        // what came of a fragmented message
  bool fragmented_ = false;
};

// One whole message or control frame as a server sends it: not masked (rfc:6455#5.1).
std::string frame(Opcode opcode, std::string_view payload);
std::string close_frame(CloseCode code, std::string_view reason = {});

// Sec-WebSocket-Accept for a Sec-WebSocket-Key; nothing if the key is no base64 of 16 bytes (rfc:6455#4.2.1, 4.2.2).
std::optional<std::string> accept_of(std::string_view key);

}  // namespace posthorn::http::websocket
