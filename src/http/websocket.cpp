#include "http/websocket.h"

#include "base/text.h"
#include "crypto/hasher.h"

namespace posthorn::http::websocket {
namespace {

constexpr std::size_t control_limit = 125;  // rfc:6455#5.5
constexpr std::size_t mask_bytes = 4;

std::unexpected<Fault> fault(CloseCode code, std::string_view why) { return std::unexpected<Fault>(Fault{code, why}); }
std::unexpected<Fault> wrong(std::string_view why) { return fault(CloseCode::protocol_error, why); }

std::uint8_t byte(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }
bool is_control(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }
bool is_known(std::uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) value = value << 8 | byte(bytes, i);
  return value;
}

void put_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

// rfc:6455#7.4: a peer may send these and no others.
bool may_be_sent(std::uint64_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

// rfc:6455#5.5.1
std::expected<void, Fault> check_close(std::string_view payload) {
  if (payload.empty()) return {};
  if (payload.size() == 1 || !may_be_sent(number(payload, 0, 2))) return wrong("a close frame without a valid code");
  if (!is_utf8(payload.substr(2))) return fault(CloseCode::not_utf8, "the reason of a close frame is not UTF-8");
  return {};
}

}  // namespace

std::expected<std::optional<Reader::Header>, Fault> Reader::header() const {
  if (buffer_.size() < 2) return std::optional<Header>();
  const auto first = byte(buffer_, 0), second = byte(buffer_, 1);
  if ((first & 0x70) != 0) return wrong("reserved bits are set though no extension was agreed");
  if (!is_known(first & 0x0f)) return wrong("an unknown kind of frame");
  Header out;
  out.final = (first & 0x80) != 0;
  out.opcode = static_cast<Opcode>(first & 0x0f);
  if ((second & 0x80) == 0) return wrong("a client's frame must be masked");  // rfc:6455#5.1
  const std::uint64_t told = second & 0x7f;
  if (is_control(out.opcode) && (!out.final || told > control_limit)) return wrong("a control frame must be whole and small");
  if (out.opcode == Opcode::continuation && !fragmented_) return wrong("a continuation of nothing");
  if ((out.opcode == Opcode::text || out.opcode == Opcode::binary) && fragmented_) return wrong("a message within another");
  const std::size_t wide = told == 126 ? 2 : told == 127 ? 8 : 0;
  if (buffer_.size() < 2 + wide) return std::optional<Header>();
  const std::uint64_t length = wide == 0 ? told : number(buffer_, 2, wide);
  // rfc:6455#5.2: the shortest way to write a length, and no sign bit.
  if ((wide == 2 && length < 126) || (wide == 8 && (length < 65'536 || length >> 63 != 0))) return wrong("a length that is not written the short way");
  if (!is_control(out.opcode) && length > most_ - message_.payload.size()) return fault(CloseCode::too_big, "the message is too big");
  out.begins = 2 + wide + mask_bytes;
  out.length = static_cast<std::size_t>(length);
  return std::optional<Header>(out);
}

std::expected<std::optional<Message>, Fault> Reader::take(const Header& header) {
  std::string payload = buffer_.substr(header.begins, header.length);
  const auto mask = std::string_view(buffer_).substr(header.begins - mask_bytes, mask_bytes);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % mask_bytes]);
  buffer_.erase(0, header.begins + header.length);
  if (is_control(header.opcode)) {
    if (header.opcode == Opcode::close)
      if (auto good = check_close(payload); !good) return std::unexpected(good.error());
    return std::optional<Message>(Message{header.opcode, std::move(payload)});
  }
  if (header.opcode != Opcode::continuation) message_.opcode = header.opcode;
  message_.payload += payload;
  fragmented_ = !header.final;
  if (fragmented_) return std::optional<Message>();
  Message whole = std::move(message_);
  message_ = Message{};
  if (whole.opcode == Opcode::text && !is_utf8(whole.payload)) return fault(CloseCode::not_utf8, "the text is not UTF-8");
  return std::optional<Message>(std::move(whole));
}

std::expected<std::optional<Message>, Fault> Reader::next() {
  while (true) {
    const auto read = header();
    if (!read) return std::unexpected(read.error());
    if (!*read || buffer_.size() < (*read)->begins + (*read)->length) return std::optional<Message>();
    auto message = take(**read);
    if (!message || *message) return message;
  }
}

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 10);
  out += static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() < 65'536) {
    out += static_cast<char>(126);
    put_number(out, payload.size(), 2);
  } else {
    out += static_cast<char>(127);
    put_number(out, payload.size(), 8);
  }
  out += payload;
  return out;
}

std::string close_frame(CloseCode code, std::string_view reason) {
  std::string payload;
  put_number(payload, static_cast<std::uint16_t>(code), 2);
  payload += reason.substr(0, control_limit - 2);
  return frame(Opcode::close, payload);
}

std::optional<std::string> accept_of(std::string_view key) {
  const auto nonce = base64_decode(key);
  if (!nonce || nonce->size() != 16) return std::nullopt;
  crypto::Hasher hasher(crypto::Digest::sha1);
  hasher.write(key);
  hasher.write("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");  // rfc:6455#1.3
  return base64_encode(hasher.finish());
}

}  // namespace posthorn::http::websocket
