#include "jmap/core/blobs.h"

#include <charconv>

#include "jmap/contacts/pictures.h"
#include "mail/message.h"

namespace posthorn::jmap {
namespace {

std::string hex_of(std::uint64_t value) {
  std::string out(16, '0');
  const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), value, 16);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

std::optional<std::uint64_t> take_number(std::string_view& text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// "BM1f-3-2" is part 2 of the message that is part 3 of Email 1f.
struct Named {
  bool upload = false;
  std::uint64_t number = 0;
  std::vector<std::size_t> parts;
};
constexpr std::size_t nesting_limit = 8;

std::optional<Named> read_name(std::string_view id) {
  Named out;
  if (id.size() < 3 || id[0] != 'B' || (id[1] != 'M' && id[1] != 'O')) return std::nullopt;
  out.upload = id[1] == 'O';
  id.remove_prefix(2);
  const auto number = take_number(id, 16);
  if (!number) return std::nullopt;
  out.number = *number;
  while (!id.empty()) {
    if (id.front() != '-' || out.parts.size() == nesting_limit) return std::nullopt;
    id.remove_prefix(1);
    const auto part = take_number(id, 10);
    if (!part) return std::nullopt;
    out.parts.push_back(static_cast<std::size_t>(*part));
  }
  return out;
}

}  // namespace

std::string blob_of_email(EmailId email) { return "BM" + hex_of(number(email)); }
std::string blob_of_part(EmailId email, std::string_view part_id) { return blob_of_email(email) + "-" + std::string(part_id); }
std::string blob_of_part(std::string_view blob_id, std::string_view part_id) { return std::string(blob_id) + "-" + std::string(part_id); }
std::optional<EmailId> email_of_blob(std::string_view blob_id) {
  const auto named = read_name(blob_id);
  if (!named || named->upload || !named->parts.empty()) return std::nullopt;
  return EmailId{named->number};
}
std::string blob_of_upload(ObjectId upload) { return "BO" + hex_of(number(upload)); }

Result<std::optional<Blob>> read_blob(const store::Store& store, AccountId account, std::string_view blob_id) {
  const auto view = store.view(account);
  if (is_picture_blob(blob_id)) return read_picture(view, blob_id);
  const auto named = read_name(blob_id);
  if (!named) return std::optional<Blob>();
  Blob out;
  if (named->upload) {
    TRY_ASSIGN(auto upload, view.upload(ObjectId{named->number}));
    if (!upload) return std::optional<Blob>();
    out = Blob{std::move(upload->bytes), std::move(upload->type)};
  } else {
    TRY_ASSIGN(const auto email, view.email(EmailId{named->number}));
    if (!email) return std::optional<Blob>();
    TRY_ASSIGN(out.bytes, view.message(EmailId{named->number}));
    out.type = "message/rfc822";
  }
  for (const auto index : named->parts) {
    const auto message = mail::parse(out.bytes);
    if (index >= message.parts.size() || message.parts[index].is_multipart()) return std::optional<Blob>();
    const auto& part = message.parts[index];
    auto bytes = mail::decoded_body(message, part);
    auto type = part.type + "/" + part.subtype;
    out = Blob{std::move(bytes), std::move(type)};
  }
  return std::optional<Blob>(std::move(out));
}

namespace {

struct SealWork {
  const store::Store* store = nullptr;
  std::string bytes;
  Result<store::Prepared> operator()() const { return store->seal(bytes); }
};

}  // namespace

Task<Result<std::string>> keep_upload(const Services& services, AccountId account, std::string bytes, std::string type) {
  SealWork work{&services.store, std::move(bytes)};
  auto sealed = co_await services.store.workers().run(std::move(work));
  if (!sealed) co_return fail(sealed.error());
  auto shared = std::make_shared<const store::Prepared>(std::move(*sealed));
  auto id = co_await services.store.keep_upload(account, std::move(shared), std::move(type));
  if (!id) co_return fail(id.error());
  co_return blob_of_upload(*id);
}

}  // namespace posthorn::jmap
