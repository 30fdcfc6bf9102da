#include "trust/altered/between.h"

#include <algorithm>

#include "base/text.h"
#include "mail/message.h"
#include "trust/dkim/tag_list.h"

namespace posthorn::trust::altered {
namespace {

constexpr std::size_t longest_host = 255, most_evidence = 12;

// The word behind "from" or "by" of a Received field (RFC 5321 4.4).
std::string word_behind(std::string text, std::string_view clause) {
  std::ranges::replace(text, '\t', ' ');  // unfolding leaves the tabs of folded lines
  const auto words = split(text, ' ');
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == ";") break;
    if (!equal_icase(words[i], clause)) continue;
    auto host = words[i + 1];
    while (host.ends_with(';') || host.ends_with(',')) host.remove_suffix(1);
    if (host.size() <= longest_host) return printable(host);
  }
  return {};
}

struct Hop {
  std::string from, by;
};

std::string list_name(std::string_view value) {
  const auto text = mail::unfolded(value);
  const auto open = text.rfind('<'), close = text.rfind('>');
  return printable(
      open != std::string::npos && close != std::string::npos && close > open ? text.substr(open + 1, close - open - 1) : text,
      200);
}

// "dkim=pass (...) header.d=example.org" of an Authentication-Results-like value that speaks of the signer.
bool saw_it_pass(const std::string& results, const std::string& domain) {
  for (const auto one : split(results, ';'))
    if (contains_icase(one, "dkim=pass") && contains_icase(one, domain)) return true;
  return false;
}

class Tracer {
 public:
  Tracer(const mail::Message& message, const std::vector<dkim::Signature>& signatures, std::size_t own)
      : fields_(message.root().fields), signatures_(signatures), own_(own) {}

  Between run() {
    hops_above();
    for (std::size_t i = std::min(own_, fields_.size()); i-- > 0;) look_at(fields_[i]);
    later_signatures();
    lists();
    return std::move(out_);
  }

 private:
  void note(std::string sentence) {
    if (out_.evidence.size() < most_evidence) out_.evidence.push_back(std::move(sentence));
  }

  // Received fields above the signature were added after it was made.
  void hops_above() {
    std::vector<Hop> above;
    std::size_t below = 0;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!equal_icase(fields_[i].name, "received")) continue;
      const auto text = mail::unfolded(fields_[i].value);
      if (i < own_)
        above.push_back({word_behind(text, "from"), word_behind(text, "by")});
      else
        ++below;
    }
    if (above.empty())
      return note(
          "no Received field stands above the signature: it was altered by the server that handed it over, or its header was put "
          "in another order");
    out_.after = above.back().from;
    out_.before = above.front().by;
    note(std::to_string(above.size()) + " Received field" + (above.size() == 1 ? " stands" : "s stand") +
         " above the signature and " + std::to_string(below) +
         " below it: " + (out_.after.empty() ? std::string("a server that is not named") : out_.after) +
         " handed the signed message over" + (above.back().by.empty() ? "" : " to " + above.back().by));
  }

  // From the signature upwards, so in the order of time.
  void look_at(const mail::HeaderField& field) {
    if (!equal_icase(field.name, "arc-authentication-results")) return;
    const auto results = mail::unfolded(field.value);
    const auto domain = signature_domain();
    const auto words = split(results, ';');
    const auto sealer = words.size() > 1 ? printable(trim(words[1]), longest_host) : std::string();
    if (domain.empty() || sealer.empty()) return;
    if (saw_it_pass(results, domain)) {
      out_.after = sealer;
      out_.editor = sealer;
      note(sealer + " says in ARC that the signature of " + domain + " was good when the message came there");
    } else if (contains_icase(results, "dkim=fail") && contains_icase(results, domain)) {
      out_.before = sealer;
      note(sealer + " says in ARC that the signature of " + domain + " was broken when the message came there");
    }
  }
  std::string signature_domain() const {
    for (const auto& one : signatures_)
      if (one.field == own_) return one.domain;
    return {};
  }

  // Who signed it again above the broken signature, and whose signature is good, signed the edited message.
  void later_signatures() {
    for (const auto& one : signatures_) {
      if (one.field >= own_ || one.result != dkim::Result::pass || one.domain == signature_domain()) continue;
      note("the later signature of " + one.domain + " is good: it was made of the message as it is now");
      if (out_.editor.empty()) out_.editor = one.domain;
    }
  }
  void lists() {
    for (const auto& field : fields_) {
      if (!equal_icase(field.name, "list-id")) continue;
      const auto name = list_name(field.value);
      if (name.empty()) continue;
      note("the message says that it went through the list " + name);
      out_.editor = name;
      return;
    }
  }

  const std::vector<mail::HeaderField>& fields_;
  const std::vector<dkim::Signature>& signatures_;
  std::size_t own_;
  Between out_;
};

}  // namespace

Between hops_of(const mail::Message& message, const std::vector<dkim::Signature>& signatures, std::size_t own) {
  return Tracer(message, signatures, own).run();
}

}  // namespace posthorn::trust::altered
