// From fields for the property test.
#pragma once

#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

namespace posthorn {

// From fields from pieces that parsers are known to fall out over: plain ones, odd ones that are right, hostile ones, and all of them with
// octets changed at random.
class Generator {
 public:
  std::string from_header() {
    std::string out = pick({"From:", "From:", "From:", "from:", "FROM:", "From :", "From\t:"});
    out += pick({" ", "", "\r\n ", "\t"});
    for (int n = 1 + static_cast<int>(random_() % 3); n > 0; --n) {
      out += element();
      if (n > 1) out += pick({", ", ",", ",\r\n ", ";", " ", "\\,", ",,"});
    }
    if (one_in(10)) damage(out);
    return out + "\r\n";
  }
  // A From of a person's program.
  std::string plain() {
    return "From: " + pick({"Ann Lee ", "\"Lee, Ann\" ", "=?utf-8?q?M=C3=BCller?= ", "J\xc3\xbcrgen ", "", "\"a \\\"b\\\" c\" ", "Ann (Sales) "}) + "<" + pick({"ann", "a.lee", "ann+x", "\"a b\"", "o'hara", "\xc3\xbc"}) +
           "@" + pick({"legit.test", "mail.legit.test", "xn--mller-kva.test", "m\xc3\xbcller.test", "LEGIT.Test"}) + ">" + pick({"", "", "", ",\r\n <b@legit.test>", ", Bo <b@other.test>"}) + "\r\n";
  }
  bool one_in(unsigned n) { return random_() % n == 0; }

 private:
  void damage(std::string& text) {
    constexpr std::string_view octets("\0\x01\t\r\n \"(),.:;<>@[\\]=?%'\x7f\x80\xc3\xe2\xff", 28);
    for (auto n = 1 + random_() % 3; n > 0; --n) {
      const auto at = 5 + random_() % (text.size() - 4);
      const char with = octets[random_() % octets.size()];
      if (one_in(2) && at < text.size())
        text[at] = with;
      else
        text.insert(at, 1, with);
    }
  }
  std::string pick(std::initializer_list<const char*> all) { return *(all.begin() + random_() % all.size()); }
  std::string spec() {
    return pick({"admin", "a.b", "\"a b\"", "\"a@evil.test\"", "", "any", "@attack.test,@any.test:admin", "@attack.test:a",
                 "=?utf-8?b?YWRtaW4=?="}) +
           pick({"@", "@", "@", "@", "", "@@", "(c)@", " @ "}) +
           pick({"legit.test", "LEGIT.test", "attack.test", "m\xc3\xbcller.test", "xn--mller-kva.test", "[192.0.2.1]",
                 "legit(x.attack.test", "legit.test.", "x_y.test", "", "legit'a.attack.test", "a. b.test", "legit.test\\",
                 "legit.test (c)"});
  }
  std::string element() {
    switch (random_() % 8) {
      case 0: return spec();
      case 1: return "<" + spec() + ">";
      case 2:
        return pick({"Ann", "\"admin@legit.test\"", "=?utf-8?q?admin=40legit.test?=", "(c)", "admin@legit.test",
                     "<x@legit.test>"}) +
               " <" + spec() + ">";
      case 3: return "<" + spec() + ">" + spec();
      case 4:
        return "Group: " + spec() +
               pick({";", "",
                     ", "
                     "b@x.test;"});
      case 5: return "(" + spec() + ") " + spec();
      case 6: return "\"" + spec() + "\" <" + spec() + pick({">", "", ">>"});
      default: return spec() + " (" + spec() + ")";
    }
  }
  std::mt19937 random_{1979};
};

}  // namespace posthorn
