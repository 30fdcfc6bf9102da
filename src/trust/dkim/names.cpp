#include "trust/dkim/dkim.h"

namespace posthorn::trust::dkim {

// rfc:8601#2.7.1
std::string_view name_of(Result result) {
  switch (result) {
    case Result::pass: return "pass";
    case Result::fail: return "fail";
    case Result::neutral: return "neutral";
    case Result::policy: return "policy";
    case Result::temperror: return "temperror";
    case Result::permerror: return "permerror";
  }
  return "permerror";
}

}  // namespace posthorn::trust::dkim
