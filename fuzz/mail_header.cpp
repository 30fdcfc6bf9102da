// A header block as the one parser of messages sees it: its fields are the block's bytes and nothing else, in order; a value loses
// only its folds; a field read alone is the field read in its block; more bytes after the body change no header.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/header_fields.h"
#include "mail/message.h"

namespace {

using namespace posthorn::mail;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_field(const HeaderField& field, std::string_view block) {
  require(field.whole.data() >= block.data() && field.whole.data() + field.whole.size() <= block.data() + block.size());
  require(field.whole.starts_with(field.name) && !field.name.empty());
  const auto alone = read_field(field.whole);
  require(alone && alone->field.name == field.name && alone->field.value == field.value);
  const auto plain = unfolded(field.value);
  require(plain.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos && plain.size() <= field.value.size());
  require(unfolded(plain) == plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Limits limits;
  limits.header_fields = 50;
  const auto message = parse(bytes, limits);
  const auto block = message.header(message.root());
  require(message.root().fields.size() <= limits.header_fields);
  const char* at = block.data();
  for (const auto& field : message.root().fields) {
    check_field(field, block);
    require(field.whole.data() >= at);
    at = field.whole.data() + field.whole.size();
  }
  // The header alone is read as in front of its body.
  const auto alone = parse(block, limits);
  require(alone.root().fields.size() == message.root().fields.size() && alone.root().type == message.root().type);
  for (std::size_t i = 0; i < alone.root().fields.size(); ++i) require(alone.root().fields[i].whole == message.root().fields[i].whole);
  return 0;
}
