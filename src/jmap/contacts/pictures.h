// jmap/contacts/pictures.h - pictures of cards: kept in the card as data: URIs, shown to clients as blobs (RFC 9610 section 3), so that a list of
// cards does not carry them. A blob's id tells the card and a hash of its bytes: another picture is another blob.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "jmap/core/blobs.h"
#include "store/store.h"

namespace posthorn::jmap {

inline constexpr std::size_t largest_picture = 128u << 10;

// "image/png" and so on, by what it is and not by what its sender calls it; empty: it is none of PNG, JPEG, GIF and WebP.
std::string_view picture_type(std::string_view bytes);
// The data: URI that a picture is kept as.
std::string picture_uri(std::string_view type, std::string_view bytes);

// Puts blobId in the place of a uri that is a picture, in "media" of a card or of what is told of one.
void show_pictures(boost::json::object& card, ObjectId id);
bool is_picture_blob(std::string_view blob_id);  // "BC..."
Result<std::optional<Blob>> read_picture(const store::View& view, std::string_view blob_id);

}  // namespace posthorn::jmap
