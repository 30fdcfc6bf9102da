#include "trust/dkim/signature_field.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/cursor.h"
#include "base/text.h"
#include "crypto/hasher.h"
#include "mail/address.h"

namespace posthorn::trust::dkim {
namespace {

using Step = bool (*)(const TagList&, SignatureField&);

// The tag or nullptr with a refusal: it is missing or empty.
const Tag* needed(const TagList& list, std::string_view name, SignatureField& into) {
  const auto* tag = list.find(name);
  if (tag && !tag->value.empty()) return tag;
  refuse(into, Fault::syntax, "the tag " + std::string(name) + (tag ? "= is empty" : "= is missing"));
  return nullptr;
}

bool read_version(const TagList& list, SignatureField& into) {
  const auto* v = needed(list, "v", into);
  return v && (v->value == "1" || refuse(into, Fault::syntax, "the version is not 1"));
}

std::optional<Canonical> canonical_of(std::string_view word) {
  if (word == "simple") return Canonical::simple;
  if (word == "relaxed") return Canonical::relaxed;
  return std::nullopt;
}

// rfc:6376#3.5: c=, the body is simple where nothing is said of it.
bool read_canonical(const TagList& list, SignatureField& into) {
  const auto* c = list.find("c");
  if (!c) return true;
  const auto slash = c->value.find('/');
  const auto header = canonical_of(c->value.substr(0, slash));
  const auto body = slash == c->value.npos ? Canonical::simple : canonical_of(c->value.substr(slash + 1));
  if (!header || !body) return refuse(into, Fault::syntax, "c= names an unknown canonicalisation");
  into.shown.header = *header;
  into.shown.body = *body;
  return true;
}

bool read_field_names(const TagList& list, SignatureField& into) {
  const auto* h = needed(list, "h", into);
  if (!h) return false;
  auto& listed = into.shown.signed_fields;
  listed.reserve(h->value.size() / 8);
  bool has_from = false;
  for (auto rest = h->value;;) {
    if (listed.size() == most_names) return refuse(into, Fault::too_many, "h= names more fields than a header may have");
    const auto colon = rest.find(':');
    auto& name = listed.emplace_back(trim_fws(rest.substr(0, colon)));
    for (char& c : name) c = Cursor::lower(c);
    has_from = has_from || name == "from";
    if (colon == rest.npos) break;
    rest.remove_prefix(colon + 1);
  }
  // rfc:6376#5.4
  return has_from || refuse(into, Fault::syntax, "From is not signed");
}

bool read_body_tags(const TagList& list, SignatureField& into) {
  const auto* bh = needed(list, "bh", into);
  if (!bh) return false;
  auto hash = tag_base64(bh->value);
  if (!hash) return refuse(into, Fault::syntax, "bh= is not base64");
  if (hash->size() != crypto::size_of(into.wanted.digest)) return refuse(into, Fault::syntax, "bh= is not as long as the hash");
  into.shown.body_hash = std::move(*hash);
  const auto* l = list.find("l");
  if (!l) return true;
  into.shown.length = tag_number(l->value);
  return into.shown.length.has_value() || refuse(into, Fault::syntax, "l= is no number");
}

// rfc:6376#3.5: q= is a list of ways to the key; we know dns/txt.
bool read_query(const TagList& list, SignatureField& into) {
  const auto* q = list.find("q");
  if (!q) return true;
  const auto ways = colon_list(q->value);
  return has_item(ways, "dns/txt") || refuse(into, Fault::syntax, "q= names no way to the key that we know");
}

// i= is d= or below it (rfc:6376#6.1.1).
bool read_identity(const TagList& list, SignatureField& into) {
  const auto* i = list.find("i");
  if (!i) {
    into.shown.identity = "@" + into.shown.domain;
    return true;
  }
  const auto text = unquoted(i->value);
  const auto at = text ? text->rfind('@') : std::string::npos;
  const auto domain = at == std::string::npos ? std::string() : host_name(std::string_view(*text).substr(at + 1));
  if (domain.empty()) return refuse(into, Fault::syntax, "i= has no domain");
  into.shown.identity = text->substr(0, at + 1) + domain;
  if (domain == into.shown.domain) return true;
  into.wanted.identity = IdentityDomain::below;
  return domain.ends_with("." + into.shown.domain) || refuse(into, Fault::syntax, "the domain of i= is not within d=");
}

WallTime moment(std::uint64_t seconds) {
  constexpr std::uint64_t far = 253'402'300'799;  // the end of the year 9999
  return WallTime(std::chrono::seconds(std::min(seconds, far)));
}

constexpr std::array dkim_steps = {read_version, read_canonical,       read_field_names, read_body_tags,
                                   read_query,   read_signature_bytes, read_identity};
constexpr std::array arc_steps = {read_canonical, read_field_names, read_body_tags, read_query, read_signature_bytes};

}  // namespace

bool refuse(SignatureField& field, Fault fault, std::string reason) {
  field.shown.result = Result::permerror;
  field.shown.fault = fault;
  field.shown.reason = std::move(reason);
  return false;
}

std::string host_name(std::string_view written) {
  const std::string ascii = is_ascii(written) ? to_lower(written) : mail::parse_domain(written).value_or("");
  return dns::is_valid_name(ascii) ? ascii : "";
}

// rfc:8301#3.1: rsa-sha1 must not be used to verify.
bool read_algorithm(const TagList& list, SignatureField& into, const Limits& limits) {
  const auto* a = needed(list, "a", into);
  if (!a) return false;
  into.shown.algorithm = a->value;
  if (a->value == "rsa-sha256") return true;
  if (a->value == "ed25519-sha256") {
    into.wanted.kind = crypto::KeyKind::ed25519;
    return true;
  }
  if (a->value != "rsa-sha1") return refuse(into, Fault::syntax, "a= names an unknown algorithm");
  into.wanted.digest = crypto::Digest::sha1;
  return limits.sha1 || refuse(into, Fault::weak, "rsa-sha1 proves nothing any more");
}

bool read_names(const TagList& list, SignatureField& into) {
  const auto* d = needed(list, "d", into);
  const auto* s = d ? needed(list, "s", into) : nullptr;
  if (!s) return false;
  into.shown.domain = host_name(d->value);
  into.shown.selector = host_name(s->value);
  if (into.shown.domain.empty()) return refuse(into, Fault::syntax, "d= is no host name");
  if (into.shown.selector.empty()) return refuse(into, Fault::syntax, "s= is no selector");
  into.key_name = key_name(into.shown.selector, into.shown.domain);
  return dns::is_valid_name(into.key_name) || refuse(into, Fault::syntax, "s= and d= make too long a name");
}

bool read_signature_bytes(const TagList& list, SignatureField& into) {
  const auto* b = needed(list, "b", into);
  if (!b) return false;
  auto bytes = tag_base64(b->value);
  if (!bytes) return refuse(into, Fault::syntax, "b= is not base64");
  into.shown.signature = std::move(*bytes);
  into.b_begin = b->begin;
  into.b_end = b->end;
  // rfc:8463#3
  return into.wanted.kind != crypto::KeyKind::ed25519 || into.shown.signature.size() == 64 ||
         refuse(into, Fault::syntax, "b= is not as long as an Ed25519 signature");
}

// rfc:6376#3.5: t= and x=; both may be a little off, clocks are.
bool read_times(const TagList& list, SignatureField& into, WallTime now, const Limits& limits) {
  const auto skew = std::chrono::duration_cast<WallTime::duration>(limits.skew);
  const auto* t = list.find("t");
  const auto* x = list.find("x");
  const auto signed_at = t ? tag_number(t->value) : std::nullopt, expires = x ? tag_number(x->value) : std::nullopt;
  if ((t && !signed_at) || (x && !expires)) return refuse(into, Fault::syntax, "t= or x= is no number");
  if (signed_at) into.shown.signed_at = moment(*signed_at);
  if (expires) into.shown.expires = moment(*expires);
  if (signed_at && expires && *expires <= *signed_at) return refuse(into, Fault::syntax, "x= is not after t=");
  if (signed_at && *into.shown.signed_at > now + skew) return refuse(into, Fault::expired, "the signature is from the future");
  if (expires && *into.shown.expires < now - skew) return refuse(into, Fault::expired, "the signature has expired");
  return true;
}

SignatureField read_signature(const mail::HeaderField& field, FieldKind kind, WallTime now, const Limits& limits) {
  SignatureField into;
  const auto list = parse_tag_list(field.value);
  if (!list) {
    refuse(into, Fault::syntax, "the field has " + list.error().what);
    return into;
  }
  // First the names: they are shown of a weak signature too. Then the algorithm: the lengths of b= and bh= follow from it.
  bool good = read_names(*list, into) && read_algorithm(*list, into, limits);
  using Steps = std::span<const Step>;
  const Steps steps = kind == FieldKind::dkim ? Steps(dkim_steps) : Steps(arc_steps);
  for (const auto step : steps) good = good && step(*list, into);
  if (good) read_times(*list, into, now, limits);
  return into;
}

}  // namespace posthorn::trust::dkim
