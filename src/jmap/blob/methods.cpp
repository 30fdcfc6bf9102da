#include "jmap/blob/methods.h"

#include <boost/json/array.hpp>

namespace posthorn::jmap {
namespace {

constexpr std::string_view capability = "urn:ietf:params:jmap:blob";
constexpr Method methods[] = {
    {"Blob/upload", capability, blob_upload},
    {"Blob/get", capability, blob_get},
    {"Blob/lookup", capability, blob_lookup},
    {"Blob/copy", "urn:ietf:params:jmap:core", blob_copy},  // rfc:8620#6.3
};

struct ReadWork {
  const store::Store* store = nullptr;
  AccountId account{};
  std::string id;
  Result<std::optional<Blob>> operator()() const { return read_blob(*store, account, id); }
};

}  // namespace

Task<Result<std::optional<Blob>>> read_later(const Services& services, AccountId account, std::string id) {
  ReadWork work{&services.store, account, std::move(id)};
  auto blob = co_await services.store.workers().run(std::move(work));
  co_return blob;
}

std::span<const Method> blob_methods() { return methods; }

boost::json::object blob_limits(const Services&) {
  return {{"maxSizeBlobSet", most_bytes}, {"maxDataSources", most_data_sources}, {"supportedTypeNames", boost::json::array{"Mailbox", "Thread", "Email"}},
          {"supportedDigestAlgorithms", boost::json::array{"sha", "sha-256"}}};
}

}  // namespace posthorn::jmap
