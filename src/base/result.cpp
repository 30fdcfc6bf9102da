#include "base/result.h"

namespace posthorn {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::invalid: return "invalid";
    case Errc::not_found: return "not found";
    case Errc::exists: return "exists";
    case Errc::refused: return "refused";
    case Errc::over_quota: return "over quota";
    case Errc::too_big: return "too big";
    case Errc::conflict: return "conflict";
    case Errc::unavailable: return "unavailable";
    case Errc::io: return "input/output error";
    case Errc::corrupt: return "corrupt";
    case Errc::timeout: return "timeout";
    case Errc::closed: return "closed";
    case Errc::unsupported: return "unsupported";
  }
  return "unknown";
}

}  // namespace posthorn
