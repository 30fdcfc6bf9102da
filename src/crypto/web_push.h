// crypto/web_push.h - what a message to a Web Push service needs: encryption for the receiver (RFC 8291 in the coding of RFC 8188) and the
// token by which the service knows us (VAPID, RFC 8292). Pure but for randomness.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/p256.h"

namespace posthorn::crypto {

// rfc:8291#4 one record of 4096 octets with its header, padding delimiter and tag: this much fits.
inline constexpr std::size_t web_push_limit = 3993;

// Of a subscription (RFC 8291 section 2.1): the receiver's point and its authentication secret of 16 bytes, decoded.
struct WebPushKeys {
  std::string point, auth;
};

// The body of a POST with Content-Encoding aes128gcm. Errc::invalid: the keys are none; too_big.
Result<std::string> web_push_encrypt(std::string_view plain, const WebPushKeys& keys);
// With a sender's key and salt of one's own, for the example of the RFC.
Result<std::string> web_push_encrypt(std::string_view plain, const WebPushKeys& keys, const P256Key& sender, std::string_view salt16);

// The value of the Authorization field: "vapid t=..., k=...". `origin` is the push service's ("https://push.example"), `contact` a mailto: or
// https: URL of ours; good for 12 hours (rfc:8292#2 allows 24).
std::string vapid_authorization(const P256Key& key, std::string_view origin, std::string_view contact, WallTime now);

}  // namespace posthorn::crypto
