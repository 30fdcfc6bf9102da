// http/request_head.h - the head of a request, read strictly (RFC 9112): what two programs could read in two ways is refused. Pure.
// Security: reads bytes before login; bounded by http/head_fields.h, and a target of at most 8 KiB.
#pragma once

#include "http/head_fields.h"

namespace posthorn::http {

struct RequestHead {
  Request request;
  std::optional<std::uint64_t> length;  // of the body
  bool chunked = false;
  bool expects_continue = false;
};

// `head` is a whole one, with its empty line.
std::expected<RequestHead, HeadError> parse_head(std::string_view head);

}  // namespace posthorn::http
