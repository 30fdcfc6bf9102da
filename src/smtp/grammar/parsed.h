// smtp/grammar/parsed.h - how the parsers of commands fail: with the reply that says so to the client.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "smtp/types.h"

namespace posthorn::smtp {

template <class T>
using Parsed = std::expected<T, Reply>;

inline Reply make_reply(std::uint16_t code, std::string enhanced, std::string text) {
  return Reply{code, std::move(enhanced), std::move(text), {}};
}
inline std::unexpected<Reply> refuse(std::uint16_t code, std::string enhanced, std::string text) {
  return std::unexpected<Reply>(make_reply(code, std::move(enhanced), std::move(text)));
}

}  // namespace posthorn::smtp
