// Blob/get (RFC 9404 section 4.2): octets of blobs as text or base64, and their digests.
#include <algorithm>

#include "base/text.h"
#include "crypto/hasher.h"
#include "jmap/blob/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Wanted {
  bool data = false, text = false, base64 = false, size = false;
  std::vector<std::string> digests;
};

std::expected<Wanted, MethodError> wanted_of(const std::optional<std::vector<std::string>>& properties) {
  Wanted out;
  if (!properties) {
    out.data = out.size = true;  // rfc:9404#4.2 the default
    return out;
  }
  for (const auto& name : *properties) {
    if (name == "data") out.data = true;
    else if (name == "data:asText") out.text = true;
    else if (name == "data:asBase64") out.base64 = true;
    else if (name == "size") out.size = true;
    else if (name == "digest:sha" || name == "digest:sha-256") out.digests.push_back(name.substr(7));
    else if (name != "id") return method_fail("invalidArguments", "properties: a blob has no property " + printable(name, 100));
  }
  return out;
}

std::string digest_of(std::string_view algorithm, std::string_view bytes) {
  crypto::Hasher hasher(algorithm == "sha" ? crypto::Digest::sha1 : crypto::Digest::sha256);
  hasher.write(bytes);
  return base64_encode(hasher.finish());
}

// rfc:9404#4.2: octets beyond the end are told as isTruncated, text that is none as isEncodingProblem.
json::object tell(const std::string& id, const Blob& blob, const Wanted& wanted, const Range& range) {
  json::object out{{"id", id}};
  const std::uint64_t size = blob.bytes.size();
  const auto offset = std::min(range.offset, size);
  const auto length = std::min(range.length.value_or(size - offset), size - offset);
  const auto bytes = std::string_view(blob.bytes).substr(offset, length);
  if (range.offset > size || (range.length && *range.length > size - offset)) out["isTruncated"] = true;
  const bool utf8 = is_utf8(bytes);
  if ((wanted.text || wanted.data) && !utf8) out["isEncodingProblem"] = true;
  if ((wanted.text || wanted.data) && utf8) out["data:asText"] = bytes;
  else if (wanted.text) out["data:asText"] = nullptr;
  if (wanted.base64 || (wanted.data && !utf8)) out["data:asBase64"] = base64_encode(bytes);
  for (const auto& algorithm : wanted.digests) out["digest:" + algorithm] = digest_of(algorithm, bytes);
  if (wanted.size) out["size"] = size;
  return out;
}

}  // namespace

Task<Answer> blob_get(Call& call, json::object given) {
  Arguments arguments(call, std::move(given));
  auto request = read_get(call, arguments);
  if (!request) co_return std::unexpected(request.error());
  const auto offset = arguments.unsigned_integer("offset"), length = arguments.unsigned_integer("length");
  if (!offset) co_return std::unexpected(offset.error());
  if (!length) co_return std::unexpected(length.error());
  if (auto good = arguments.finish(); !good) co_return std::unexpected(good.error());
  const auto wanted = wanted_of(request->properties);
  if (!wanted) co_return std::unexpected(wanted.error());
  if (!request->ids) co_return method_fail("invalidArguments", "ids is missing: blobs are never listed");
  const Range range{offset->value_or(0), *length};
  json::array list;
  std::vector<std::string> not_found;
  std::uint64_t told = 0;
  for (const auto& id : *request->ids) {
    auto blob = co_await read_later(call.services, call.account(), id);
    if (!blob) co_return std::unexpected(method_error(blob.error()));
    if (!*blob) {
      not_found.push_back(id);
      continue;
    }
    if (wanted->data || wanted->text || wanted->base64) told += std::min<std::uint64_t>((*blob)->bytes.size(), length->value_or((*blob)->bytes.size()));
    if (told > most_bytes) co_return method_fail("requestTooLarge", "At most " + std::to_string(most_bytes) + " octets in one Blob/get.");
    list.push_back(tell(id, **blob, *wanted, range));
  }
  json::array missing(not_found.begin(), not_found.end());
  co_return json::object{{"accountId", account_text(call.account())}, {"list", std::move(list)}, {"notFound", std::move(missing)}};
}

}  // namespace posthorn::jmap
