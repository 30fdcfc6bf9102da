// jmap/web/images.h - remote images of messages, for readers who asked to see them: fetched by us, so that their senders learn neither who
// reads nor from where. The page of a message names them by URLs that only we can make; the frame it is shown in is of no origin and
// sends no cookie, so the URL is all there is to know who may.
// Security: attacks.md F3, F4: a URL is signed for one account, message and day; addresses are looked up, checked and pinned by http/fetch,
// again for each of at most three redirects; 5 MiB, 10 s; what is not a raster image by its first octets is not passed on.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "jmap/web/web.h"

namespace posthorn::jmap {

inline constexpr std::string_view image_path = "/imgproxy/";

// Gives each remote URL of that Email one of ours; nothing for what is too long.
std::function<std::string(std::string_view url)> image_urls(const Services& services, AccountId account, std::string_view email_id);
// Where they are, as a content security policy says it, for who sent this request.
std::string image_source(const http::Request& request);

// Answers such a URL.
Task<http::Response> answer_image(Web& web, const http::Request& request);

// "image/png" and so on, by the first octets; empty: none of those that are passed on.
std::string_view image_type(std::string_view bytes);

}  // namespace posthorn::jmap
