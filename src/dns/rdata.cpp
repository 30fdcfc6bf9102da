#include "dns/rdata.h"

#include <arpa/inet.h>

#include <array>

namespace posthorn::dns {
namespace {

std::unexpected<Error> malformed(const char* what) {
  return fail(Errc::invalid, std::string("malformed DNS data: ") + what);
}

std::uint8_t octet(char c) {
  return static_cast<std::uint8_t>(c);
}

void append_octet(std::string& text, char c) {
  const char low = Cursor::lower(c);
  if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '-' || low == '_') {
    text += low;
    return;
  }
  const unsigned value = octet(c);
  text += '\\';
  for (const unsigned unit : {100U, 10U, 1U}) text += static_cast<char>('0' + value / unit % 10);
}

Result<std::string> address_of(int family, std::string_view rdata) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  std::array<unsigned char, 16> bytes{};
  if (rdata.size() != (family == AF_INET ? 4U : 16U)) return malformed("an address of wrong length");
  for (std::size_t i = 0; i < rdata.size(); ++i) bytes[i] = octet(rdata[i]);
  if (inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return malformed("an address");
  return std::string(text.data());
}

Result<std::string> whole_name(Cursor& in) {
  TRY_ASSIGN(auto name, parse_wire_name(in));
  if (!in.done()) return malformed("octets after a name");
  return name;
}

Result<Record> parse_mx(Cursor in) {
  const auto preference = in.take(std::size_t{2});
  if (!preference) return malformed("MX without preference");
  TRY_ASSIGN(auto exchange, whole_name(in));
  return Mx{static_cast<std::uint16_t>(octet((*preference)[0]) << 8U | octet((*preference)[1])), std::move(exchange)};
}

// rfc:7208#3.3 rfc:6376#3.6.2.2 several strings are one text, joined without a space.
Result<Record> parse_txt(Cursor in) {
  Txt txt;
  if (in.done()) return malformed("TXT without a string");
  while (const auto length = in.next()) {
    const auto part = in.take(static_cast<std::size_t>(octet(*length)));
    if (!part) return malformed("a string that is cut off");
    txt.text += *part;
  }
  return txt;
}

// rfc:6698#2.1
Result<Record> parse_tlsa(Cursor in) {
  const auto head = in.take(std::size_t{3});
  if (!head || in.done()) return malformed("TLSA without association data");
  return Tlsa{octet((*head)[0]), octet((*head)[1]), octet((*head)[2]), std::string(in.rest())};
}

}  // namespace

Result<std::string> parse_wire_name(Cursor& in) {
  std::string text;
  std::size_t length = 1;  // the final zero
  while (true) {
    const auto head = in.next();
    if (!head) return malformed("a name that is cut off");
    const std::size_t size = octet(*head);
    if (size == 0) return text;
    if (size > 63) return malformed("a label over 63 octets or a pointer");  // rfc:1035#4.1.4
    length += size + 1;
    if (length > 255) return malformed("a name over 255 octets");
    const auto label = in.take(size);
    if (!label) return malformed("a label that is cut off");
    if (!text.empty()) text += '.';
    for (const char c : *label) append_octet(text, c);
  }
}

Result<Record> parse_rdata(Type type, std::string_view rdata) {
  Cursor in(rdata);
  switch (type) {
    case Type::a: {
      TRY_ASSIGN(auto address, address_of(AF_INET, rdata));
      return A{std::move(address)};
    }
    case Type::aaaa: {
      TRY_ASSIGN(auto address, address_of(AF_INET6, rdata));
      return Aaaa{std::move(address)};
    }
    case Type::cname:
    case Type::ns:
    case Type::ptr: {
      TRY_ASSIGN(auto name, whole_name(in));
      return Name{std::move(name)};
    }
    case Type::mx: return parse_mx(in);
    case Type::txt: return parse_txt(in);
    case Type::tlsa: return parse_tlsa(in);
    case Type::soa: break;
  }
  return Other{std::string(rdata)};
}

}  // namespace posthorn::dns
