// net/foreign.h - the first words of other protocols, that a browser may have been led to speak to our ports (attacks.md A19). Pure.
#pragma once

#include <string_view>

namespace posthorn::net {

// "GET / HTTP/1.1"
inline bool is_http(std::string_view line) {
  constexpr std::size_t version = std::string_view(" HTTP/1.1").size();
  return line.size() > version && line.substr(line.size() - version).starts_with(" HTTP/");
}

}  // namespace posthorn::net
