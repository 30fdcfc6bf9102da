#include "app/control/frame.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace posthorn::app {

namespace json = boost::json;

std::string encode_frame(json::object head, std::string_view payload) {
  head["payload"] = payload.size();
  std::string out = json::serialize(head);
  out += '\n';
  out += payload;
  return out;
}

Result<std::optional<Frame>> take_frame(std::string& buffer) {
  const auto end = buffer.find('\n');
  if (end == std::string::npos) {
    if (buffer.size() > frame_line_limit) return fail(Errc::too_big, "a control request is too long");
    return std::optional<Frame>();
  }
  boost::system::error_code error;
  auto value = json::parse(json::string_view(buffer.data(), end), error);
  if (error || !value.is_object()) return fail(Errc::invalid, "a control request is not a JSON object");
  const auto size = admin::number_argument(value.get_object(), "payload").value_or(0);
  if (size > frame_payload_limit) return fail(Errc::too_big, "a control payload is too large");
  if (buffer.size() - end - 1 < size) return std::optional<Frame>();
  Frame frame;
  frame.head = std::move(value.get_object());
  frame.head.erase("payload");  // it is of the frame, not of what was said
  frame.payload = buffer.substr(end + 1, size);
  buffer.erase(0, end + 1 + size);
  return std::optional<Frame>(std::move(frame));
}

json::object error_object(const Error& error) {
  return {{"error", json::object{{"code", static_cast<int>(error.code)}, {"what", error.what}, {"todo", error.todo}}}};
}

std::optional<Error> error_of(const json::object& head) {
  const auto* value = head.if_contains("error");
  if (value == nullptr || !value->is_object()) return std::nullopt;
  const auto& object = value->get_object();
  const auto code = admin::number_argument(object, "code").value_or(0);
  return Error{static_cast<Errc>(code <= static_cast<std::uint64_t>(Errc::unsupported) ? code : 0), admin::text_argument_or(object, "what", "unknown error"),
               admin::text_argument_or(object, "todo", "")};
}

}  // namespace posthorn::app
