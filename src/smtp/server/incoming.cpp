#include "smtp/server/incoming.h"

#include "smtp/grammar/parsed.h"

namespace posthorn::smtp {

std::optional<Reply> Incoming::make_room(std::size_t more) {
  auto& text = transaction.message;
  const std::uint64_t need = text.size() + more;
  // A declared SIZE is trusted up to a point only, so that a lie costs nothing.
  const std::uint64_t start = std::min<std::uint64_t>(transaction.from.size, 65'536) + 512;
  if (need <= text.capacity() && text.capacity() >= start) return std::nullopt;
  const std::uint64_t capacity = std::max({need, start, std::uint64_t{2} * text.capacity()});
  if (!budget.raise_to(capacity)) {
    std::string().swap(text);
    return make_reply(452, "4.3.1", "Too much mail is being received now, try again later");
  }
  text.reserve(capacity);
  return std::nullopt;
}

std::optional<Reply> Incoming::check_size() {
  auto& text = transaction.message;
  if (text.size() <= limit) return std::nullopt;
  std::string().swap(text);
  return make_reply(552, "5.3.4", "The message is larger than " + std::to_string(limit) + " octets");
}

}  // namespace posthorn::smtp
