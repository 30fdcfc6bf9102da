#include "jmap/contacts/pictures.h"

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/contacts/model.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::string_view mark = "BC";
constexpr std::size_t hash_octets = 16;

// What a Media object keeps as a data: URI, if that is a picture. Others stay what they are.
std::optional<Blob> picture_in(const json::value& media) {
  const auto* object = media.if_object();
  const auto* uri = object == nullptr ? nullptr : object->if_contains("uri");
  if (uri == nullptr || !uri->is_string()) return std::nullopt;
  std::string_view text = uri->get_string();
  constexpr std::string_view begin = "data:", middle = ";base64,";
  const auto data = text.find(middle);
  if (!text.starts_with(begin) || data == std::string_view::npos) return std::nullopt;
  auto bytes = base64_decode(text.substr(data + middle.size()));
  if (!bytes || bytes->size() > largest_picture) return std::nullopt;
  const auto type = picture_type(*bytes);
  if (type.empty()) return std::nullopt;
  return Blob{std::move(*bytes), std::string(type)};
}

std::string blob_of(ObjectId card, const Blob& picture) { return std::string(mark) + card_id(card).substr(1) + "-" + hex(crypto::sha256(picture.bytes).substr(0, hash_octets)); }

json::object* media_of(json::object& card) {
  auto* media = card.if_contains("media");
  return media == nullptr ? nullptr : media->if_object();
}

}  // namespace

std::string_view picture_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
  if (bytes.size() > 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

std::string picture_uri(std::string_view type, std::string_view bytes) { return "data:" + std::string(type) + ";base64," + base64_encode(bytes); }

void show_pictures(json::object& card, ObjectId id) {
  auto* media = media_of(card);
  if (media == nullptr) return;
  for (auto& entry : *media) {
    const auto picture = picture_in(entry.value());
    if (!picture) continue;
    auto& one = entry.value().get_object();
    one.erase("uri");
    one["blobId"] = blob_of(id, *picture);
    one["mediaType"] = picture->type;
  }
}

bool is_picture_blob(std::string_view blob_id) { return blob_id.starts_with(mark); }

Result<std::optional<Blob>> read_picture(const store::View& view, std::string_view blob_id) {
  const auto id = card_of("C" + std::string(blob_id.substr(mark.size(), blob_id.find('-') - mark.size())));
  if (!id || !blob_id.contains('-')) return std::optional<Blob>();
  TRY_ASSIGN(auto card, find_card(view, *id));
  auto* media = card ? media_of(card->json) : nullptr;
  if (media == nullptr) return std::optional<Blob>();
  for (const auto& entry : *media) {
    auto picture = picture_in(entry.value());
    if (picture && blob_of(*id, *picture) == blob_id) return std::optional<Blob>(std::move(*picture));
  }
  return std::optional<Blob>();
}

}  // namespace posthorn::jmap
