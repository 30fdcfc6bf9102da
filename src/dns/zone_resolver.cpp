#include "dns/zone_resolver.h"

#include "base/text.h"

namespace posthorn::dns {
namespace {

bool is_under(std::string_view name, std::string_view top) {
  if (name == top) return true;
  return name.size() > top.size() && name.ends_with(top) && name[name.size() - top.size() - 1] == '.';
}

class ZoneResolver final : public Resolver {
 public:
  ZoneResolver(Zone zone, ZoneOptions options) : zone_(std::move(zone)), options_(std::move(options)) {}

  Task<Answer> resolve(std::string name, Type type) override { co_return look_up(to_lower(name), type); }

 private:
  Answer look_up(const std::string& name, Type type) const {
    Answer answer;
    answer.canonical_name = name;
    if (!is_askable_name(name)) {
      answer.outcome = Outcome::no_such_name;
      answer.why = "not a DNS name";
      return answer;
    }
    if (options_.failing.contains(name)) {
      answer.why = "SERVFAIL";
      return answer;
    }
    if (options_.bogus.contains(name)) {
      answer.security = Security::bogus;
      answer.why = "validation failure";
      return answer;
    }
    answer = zone_.answer(name, type);
    // Of a chain of CNAMEs both ends must be signed; what lies between is not looked at here.
    if (is_secure(name) && is_secure(answer.canonical_name)) answer.security = Security::secure;
    return answer;
  }
  bool is_secure(const std::string& name) const {
    for (const auto& top : options_.secure)
      if (is_under(name, top)) return true;
    return false;
  }

  Zone zone_;
  ZoneOptions options_;
};

}  // namespace

std::unique_ptr<Resolver> zone_resolver(Zone zone, ZoneOptions options) {
  return std::make_unique<ZoneResolver>(std::move(zone), std::move(options));
}

}  // namespace posthorn::dns
