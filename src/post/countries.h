// post/countries.h - in which country an address is registered, by a file in the format of MaxMind DB that the administrator names
// (GeoLite2, DB-IP Lite and others come so). The whole file is taken into memory and looked through when it is opened: what happens to it
// later changes nothing, and one that is damaged is an error then. Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::post {

class Countries {
 public:
  // invalid: it is no such file, it is damaged, or it has no countries. not_found, io: it cannot be read.
  static Result<std::unique_ptr<Countries>> open(const std::string& file);
  virtual ~Countries() = default;
  // "DE", or nothing: the file does not know.
  virtual std::string of(std::string_view address) const = 0;
};

}  // namespace posthorn::post
