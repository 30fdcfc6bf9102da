// Blob/upload (RFC 9404 section 4.1): blobs put together of text, base64 and parts of other blobs.
#include <algorithm>

#include "base/text.h"
#include "jmap/blob/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

std::unexpected<SetError> refuse(std::string type, std::string description) {
  return std::unexpected<SetError>(SetError{std::move(type), std::move(description), {}, {}});
}
std::unexpected<SetError> bad_data(std::string description) { return std::unexpected<SetError>(SetError{"invalidProperties", std::move(description), {"data"}, {}}); }

// One DataSourceObject, read.
struct Source {
  std::string bytes;    // outright, or
  std::string blob_id;  // of another blob
  Range range;
};

std::expected<std::optional<std::uint64_t>, SetError> number_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  if (value == nullptr || value->is_null()) return std::optional<std::uint64_t>();
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  if (value->is_uint64()) return value->get_uint64();
  return bad_data(std::string(name) + " must be a whole number, not negative");
}

std::expected<Source, SetError> source_of(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return bad_data("data must be a list of objects");
  const auto text = [object](const char* name) -> const json::string* {
    const auto* found = object->if_contains(name);
    return found == nullptr ? nullptr : found->if_string();
  };
  const auto* plain = text("data:asText");
  const auto* encoded = text("data:asBase64");
  const auto* blob = text("blobId");
  // rfc:9404#4.1 exactly one of the three.
  if ((plain != nullptr) + (encoded != nullptr) + (blob != nullptr) != 1) return bad_data("each of data has one of data:asText, data:asBase64 and blobId");
  Source out;
  if (plain != nullptr) out.bytes = std::string(*plain);
  if (encoded != nullptr) {
    auto bytes = base64_decode(std::string_view(*encoded));
    if (!bytes) return bad_data("data:asBase64 is no base64");
    out.bytes = std::move(*bytes);
  }
  if (blob == nullptr) return out;
  out.blob_id = std::string(*blob);
  const auto offset = number_of(*object, "offset"), length = number_of(*object, "length");
  if (!offset) return std::unexpected(offset.error());
  if (!length) return std::unexpected(length.error());
  out.range = Range{offset->value_or(0), *length};
  return out;
}

std::expected<std::vector<Source>, SetError> sources_of(const json::object& wanted) {
  const auto* data = wanted.if_contains("data");
  if (data == nullptr || !data->is_array()) return bad_data("data must be a list");
  if (data->get_array().size() > most_data_sources) return refuse("tooLarge", "at most " + std::to_string(most_data_sources) + " parts of data");
  std::vector<Source> out;
  for (const auto& one : data->get_array()) {
    auto source = source_of(one);
    if (!source) return std::unexpected(source.error());
    out.push_back(std::move(*source));
  }
  return out;
}

using Bytes = std::expected<std::string, SetError>;

// A reference to a blob that is not there, or to octets that it does not have, is never guessed at.
Task<Bytes> bytes_of(const Call& call, Source source) {
  if (source.blob_id.empty()) co_return std::move(source.bytes);
  const auto id = call.resolve(source.blob_id).value_or(source.blob_id);
  auto blob = co_await read_later(call.services, call.account(), id);
  if (!blob) co_return std::unexpected(set_error(blob.error()));
  if (!*blob) {
    SetError missing{"blobNotFound", "there is no blob " + printable(source.blob_id, 100), {}, {}};
    missing.more["notFound"] = json::array{source.blob_id};
    co_return std::unexpected(std::move(missing));
  }
  const auto& bytes = (*blob)->bytes;
  const auto length = source.range.length.value_or(source.range.offset <= bytes.size() ? bytes.size() - source.range.offset : 0);
  if (source.range.offset > bytes.size() || length > bytes.size() - source.range.offset) co_return bad_data("the range goes beyond the blob " + printable(source.blob_id, 100));
  co_return bytes.substr(source.range.offset, length);
}

Task<Bytes> put_together(const Call& call, const json::object& wanted, std::uint64_t& left) {
  auto sources = sources_of(wanted);
  if (!sources) co_return std::unexpected(sources.error());
  std::string out;
  for (auto& source : *sources) {
    auto bytes = co_await bytes_of(call, std::move(source));
    if (!bytes) co_return std::unexpected(bytes.error());
    if (bytes->size() > left) co_return refuse("tooLarge", "at most " + std::to_string(most_bytes) + " octets in one Blob/upload");
    left -= bytes->size();
    out += *bytes;
  }
  co_return out;
}

using Created = std::expected<json::object, SetError>;

Task<Created> create_one(Call& call, const json::object& wanted, std::uint64_t& left) {
  std::string type;
  if (const auto* given = wanted.if_contains("type"); given != nullptr && !given->is_null()) {
    if (!given->is_string()) co_return std::unexpected(SetError{"invalidProperties", "type must be a string", {"type"}, {}});
    type = std::string(given->get_string());
  }
  auto bytes = co_await put_together(call, wanted, left);
  if (!bytes) co_return std::unexpected(bytes.error());
  const auto size = bytes->size();
  auto id = co_await keep_upload(call.services, call.account(), std::move(*bytes), type);
  if (!id) co_return std::unexpected(set_error(id.error()));
  co_return json::object{{"id", *id}, {"type", type.empty() ? json::value(nullptr) : json::value(type)}, {"size", size}};
}

}  // namespace

Task<Answer> blob_upload(Call& call, json::object given) {
  Arguments arguments(call, std::move(given));
  auto request = read_set(call, arguments);
  if (!request) co_return std::unexpected(request.error());
  if (request->if_in_state || !request->update.empty() || !request->destroy.empty()) co_return method_fail("invalidArguments", "Blob/upload only creates");
  if (auto good = arguments.finish(); !good) co_return std::unexpected(good.error());
  json::object created, not_created;
  std::uint64_t left = most_bytes;
  for (const auto& [key, wanted] : request->create) {
    auto made = co_await create_one(call, wanted, left);
    if (!made) {
      not_created[key] = to_json(made.error());
      continue;
    }
    call.created[key] = std::string(made->at("id").as_string());
    created[key] = std::move(*made);
  }
  const auto or_null = [](json::object& some) { return some.empty() ? json::value(nullptr) : json::value(std::move(some)); };
  co_return json::object{{"accountId", account_text(call.account())}, {"created", or_null(created)}, {"notCreated", or_null(not_created)}};
}

}  // namespace posthorn::jmap
