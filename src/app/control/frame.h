// app/control/frame.h - how requests and answers travel over the control socket: one line of JSON, then the bytes it announces.
// Pure. Security: the far side is the same user or root, and is bounded all the same: a line 1 MiB, a payload 64 MiB.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "admin/operations.h"
#include "base/result.h"

namespace posthorn::app {

inline constexpr std::size_t frame_line_limit = 1u << 20;
inline constexpr std::uint64_t frame_payload_limit = 64u << 20;

// A frame as it goes out; `head` gets a member "payload" with the number of bytes, which take_frame() takes out again.
std::string encode_frame(boost::json::object head, std::string_view payload);

struct Frame {
  boost::json::object head;
  std::string payload;
};
// Takes one frame from the front of `buffer` once it is whole; nothing while bytes are missing.
Result<std::optional<Frame>> take_frame(std::string& buffer);

boost::json::object error_object(const Error& error);
std::optional<Error> error_of(const boost::json::object& head);

}  // namespace posthorn::app
