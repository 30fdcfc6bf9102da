#include "crypto/web_push.h"

#include <openssl/evp.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::crypto {
namespace {

using namespace std::string_literals;
constexpr std::size_t salt_bytes = 16, auth_bytes = 16, tag_bytes = 16;
constexpr std::string_view record_size("\x00\x00\x10\x00", 4);  // 4096

const unsigned char* in(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

std::string aes_128_gcm(std::string_view key16, std::string_view nonce12, std::string_view plain) {
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  std::string sealed(plain.size() + tag_bytes, '\0');
  int size = 0, rest = 0;
  if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, in(key16), in(nonce12)) != 1 ||
      EVP_EncryptUpdate(context.get(), out(sealed), &size, in(plain), static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), out(sealed) + size, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes), out(sealed) + plain.size()) != 1)
    std::abort();
  return sealed;
}

}  // namespace

Result<std::string> web_push_encrypt(std::string_view plain, const WebPushKeys& keys) {
  return web_push_encrypt(plain, keys, P256Key::generate(), random_bytes(salt_bytes));
}

Result<std::string> web_push_encrypt(std::string_view plain, const WebPushKeys& keys, const P256Key& sender, std::string_view salt) {
  if (plain.size() > web_push_limit) return fail(Errc::too_big, "a push message holds " + std::to_string(web_push_limit) + " octets at most");
  if (keys.auth.size() != auth_bytes) return fail(Errc::invalid, "the authentication secret of a push subscription has 16 octets");
  TRY_ASSIGN(const auto shared, sender.shared_secret(keys.point));
  const auto point = sender.public_point();
  // rfc:8291#3.4
  const auto input = hkdf_sha256(shared, keys.auth, "WebPush: info\0"s + keys.point + point, 32);
  const auto key = hkdf_sha256(input, salt, "Content-Encoding: aes128gcm\0"s, 16);
  const auto nonce = hkdf_sha256(input, salt, "Content-Encoding: nonce\0"s, 12);
  // rfc:8188#2 the last record ends in 2; 2.1 the header: salt, record size, length of the key id, key id.
  return std::string(salt) + std::string(record_size) + static_cast<char>(point.size()) + point + aes_128_gcm(key, nonce, std::string(plain) + '\x02');
}

std::string vapid_authorization(const P256Key& key, std::string_view origin, std::string_view contact, WallTime now) {
  const auto expires = std::chrono::duration_cast<std::chrono::seconds>((now + std::chrono::hours(12)).time_since_epoch()).count();
  const boost::json::object claims{{"aud", origin}, {"exp", expires}, {"sub", contact}};
  const auto signed_part = base64url_encode(R"({"typ":"JWT","alg":"ES256"})") + "." + base64url_encode(boost::json::serialize(claims));
  return "vapid t=" + signed_part + "." + base64url_encode(key.sign(signed_part)) + ", k=" + base64url_encode(key.public_point());
}

}  // namespace posthorn::crypto
