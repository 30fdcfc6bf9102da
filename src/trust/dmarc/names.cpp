// trust/dmarc/names.cpp - results and policies in the words of their RFCs.
#include "trust/dmarc/dmarc.h"

namespace posthorn::trust::dmarc {

// rfc:8601#2.7; RFC 9989 keeps the words of DMARC
std::string_view name_of(Result result) {
  switch (result) {
    case Result::none: return "none";
    case Result::pass: return "pass";
    case Result::fail: return "fail";
    case Result::temperror: return "temperror";
    case Result::permerror: return "permerror";
  }
  return "permerror";
}

std::string_view name_of(Policy policy) {
  switch (policy) {
    case Policy::none: return "none";
    case Policy::quarantine: return "quarantine";
    case Policy::reject: return "reject";
  }
  return "none";
}

}  // namespace posthorn::trust::dmarc
