#include "jmap/mail/header_property.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include "base/text.h"
#include "mail/message_ids.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using std::string_view;

constexpr std::array<string_view, 7> form_names = {"", "Text", "Addresses", "GroupedAddresses", "MessageIds", "Date", "URLs"};

constexpr std::array<string_view, 12> address_fields = {"from",      "sender",          "reply-to",  "to",        "cc",         "bcc",
                                                        "resent-from", "resent-sender", "resent-reply-to", "resent-to", "resent-cc", "resent-bcc"};
constexpr std::array<string_view, 4> text_fields = {"subject", "comments", "keywords", "list-id"};
constexpr std::array<string_view, 4> id_fields = {"message-id", "in-reply-to", "references", "resent-message-id"};
constexpr std::array<string_view, 2> date_fields = {"date", "resent-date"};
constexpr std::array<string_view, 6> url_fields = {"list-help", "list-unsubscribe", "list-subscribe", "list-post", "list-owner", "list-archive"};
constexpr std::array<string_view, 2> other_fields = {"return-path", "received"};  // of RFC 5322, and of no form but raw

bool among(std::span<const string_view> names, string_view name) {
  return std::ranges::any_of(names, [name](string_view one) { return equal_icase(one, name); });
}

std::string nfc(std::string utf8) {
  if (is_ascii(utf8)) return utf8;
  UErrorCode status = U_ZERO_ERROR;
  const auto* form = icu::Normalizer2::getNFCInstance(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(utf8.size()));
  if (U_SUCCESS(status)) form->normalizeUTF8(0, {utf8.data(), static_cast<int32_t>(utf8.size())}, sink, nullptr, status);
  return U_SUCCESS(status) ? out : utf8;
}

// rfc:2047#5: an encoded word stands alone between white space. The parser of src/mail is lenient, because people want to read what
// sloppy programs send; here (rfc:8621#4.1.2.2) what breaks that rule must not be decoded.
bool is_encoded_word(string_view token) { return token.size() <= 1000 && token.starts_with("=?") && token.ends_with("?=") && std::ranges::count(token, '?') == 4; }

std::string decode_strictly(string_view text) {
  std::string out, run, blanks;  // a run of encoded words with the blanks between them
  const auto end_run = [&] {
    out += mail::decode_words(run);
    run.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find_first_of(" \t", at);
    if (end == text.npos) end = text.size();
    const auto token = text.substr(at, end - at);
    auto next = text.find_first_not_of(" \t", end);
    if (next == text.npos) next = text.size();
    if (is_encoded_word(token)) {
      if (run.empty()) out += blanks;
      else run += blanks;
      run += token;
    } else {
      if (!run.empty()) end_run();
      out += blanks;
      // What cannot be an encoded word is still made safe to show, as all decoded text is.
      out += token.contains("=?") ? std::string(token) : mail::decode_words(token);
    }
    blanks = text.substr(end, next - end);
    at = next;
  }
  if (!run.empty()) end_run();
  return out + blanks;
}

json::object address_json(const mail::HeaderAddress& address) {
  json::object out;
  const auto name = text_form(address.name);
  out["name"] = name.empty() ? json::value(nullptr) : json::value(name);
  std::string email = address.local;
  if (!address.domain.empty()) email = address.valid ? mail::Address{address.local, address.domain}.text() : address.local + "@" + address.domain;
  out["email"] = clean_utf8(email);
  return out;
}

json::array grouped_json(const std::vector<mail::HeaderAddress>& list) {
  using Kind = mail::HeaderAddress::Kind;
  json::array out;
  bool open = false;  // the last item takes addresses
  const auto begin = [&](json::value name) {
    out.push_back(json::object{{"name", std::move(name)}, {"addresses", json::array()}});
    open = true;
  };
  for (const auto& one : list) {
    if (one.kind == Kind::group_start) {
      begin(json::value(text_form(one.name)));
    } else if (one.kind == Kind::group_end) {
      open = false;
    } else {
      if (!open) begin(nullptr);
      out.back().as_object()["addresses"].as_array().push_back(address_json(one));
    }
  }
  return out;
}

// rfc:2369#2 "<mailto:a@b>, <https://c>" with comments between; white space inside the brackets is of no account.
json::value urls_json(string_view value) {
  json::array out;
  const auto text = mail::unfolded(value);  // the ids are views of it
  for (const auto id : mail::message_ids(text)) {
    std::string url;
    for (const char c : id)
      if (c != ' ' && c != '\t') url += c;
    out.push_back(json::string(clean_utf8(url)));
  }
  if (out.empty()) return nullptr;
  return out;
}

}  // namespace

std::string clean_utf8(string_view bytes) {
  std::string out(bytes);
  std::erase(out, '\0');
  if (is_utf8(out)) return out;
  return mail::to_utf8(out, "utf-8").value_or(std::string());
}

bool form_allowed(string_view field, HeaderForm form) {
  if (form == HeaderForm::raw) return true;
  const bool of_addresses = among(address_fields, field), of_text = among(text_fields, field), of_ids = among(id_fields, field), of_date = among(date_fields, field),
             of_urls = among(url_fields, field);
  // rfc:8621#4.1.2 a field of neither RFC 5322 nor RFC 2369 may be read in any form.
  const bool known = of_addresses || of_ids || of_date || of_urls || among(other_fields, field) || (of_text && !equal_icase(field, "list-id"));
  switch (form) {
    case HeaderForm::raw: return true;
    case HeaderForm::text: return of_text || !known;
    case HeaderForm::addresses:
    case HeaderForm::grouped_addresses: return of_addresses || !known;
    case HeaderForm::message_ids: return of_ids || !known;
    case HeaderForm::date: return of_date || !known;
    case HeaderForm::urls: return of_urls || !known;
  }
  return false;
}

Result<HeaderProperty> parse_header_property(string_view property) {
  const auto refuse = [property](const char* why) { return fail(Errc::invalid, "\"" + printable(property, 100) + "\" is no property: " + why); };
  constexpr string_view prefix = "header:";
  if (!property.starts_with(prefix)) return refuse("it does not begin with header:");
  const auto parts = split(property.substr(prefix.size()), ':');
  HeaderProperty out;
  out.name = std::string(parts[0]);
  const auto printable_ascii = [](char c) { return c > 0x20 && c < 0x7f; };
  if (out.name.empty() || out.name.size() > 76 || !std::ranges::all_of(out.name, printable_ascii)) return refuse("a field's name is 1 to 76 printable ASCII characters");
  std::size_t at = 1;
  if (at < parts.size() && parts[at].starts_with("as")) {
    const auto form = std::ranges::find(form_names, parts[at].substr(2));
    if (form == form_names.end() || form->empty()) return refuse("there is no such form");
    out.form = static_cast<HeaderForm>(form - form_names.begin());
    ++at;
  }
  if (at < parts.size() && parts[at] == "all") {
    out.all = true;
    ++at;
  }
  if (at != parts.size()) return refuse("behind the name come :as and a form, then :all, in this order");
  if (!form_allowed(out.name, out.form)) return refuse("that form is not allowed for this field");
  return out;
}

std::string text_form(string_view value) {
  auto text = nfc(decode_strictly(mail::unfolded(value)));
  return clean_utf8(text);
}

std::string date_json(std::int64_t seconds, std::int32_t zone_minutes) {
  const auto local = std::chrono::sys_seconds(std::chrono::seconds(seconds + std::int64_t{zone_minutes} * 60));
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss time(local - day);
  auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                         time.hours().count(), time.minutes().count(), time.seconds().count());
  if (zone_minutes == 0) return out + "Z";
  const auto zone = zone_minutes < 0 ? -zone_minutes : zone_minutes;
  return out + fmt::format("{}{:02}:{:02}", zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60);
}

json::value message_ids_json(string_view value) {
  json::array out;
  const auto text = mail::unfolded(value);  // the ids are views of it
  for (const auto id : mail::message_ids(text)) out.push_back(json::string(clean_utf8(id)));
  if (out.empty()) return nullptr;
  return out;
}

json::array addresses_json(const std::vector<mail::HeaderAddress>& list) {
  json::array out;
  for (const auto& one : list)
    if (one.kind == mail::HeaderAddress::Kind::mailbox) out.push_back(address_json(one));
  return out;
}

json::value in_form(string_view value, HeaderForm form) {
  switch (form) {
    case HeaderForm::raw: return json::string(clean_utf8(value));
    case HeaderForm::text: return json::string(text_form(value));
    case HeaderForm::addresses: return addresses_json(mail::parse_address_list(value));
    case HeaderForm::grouped_addresses: return grouped_json(mail::parse_address_list(value));
    case HeaderForm::message_ids: return message_ids_json(value);
    case HeaderForm::date: {
      const auto date = mail::parse_date(mail::unfolded(value));
      if (!date) return nullptr;
      return json::string(date_json(date->seconds, date->zone_minutes));
    }
    case HeaderForm::urls: return urls_json(value);
  }
  return nullptr;
}

json::value header_value(const std::vector<mail::HeaderField>& fields, const HeaderProperty& property) {
  json::array all;
  const mail::HeaderField* last = nullptr;
  for (const auto& field : fields) {
    if (!equal_icase(trim(field.name), property.name)) continue;
    last = &field;
    if (property.all) all.push_back(in_form(field.value, property.form));
  }
  if (property.all) return all;
  if (last == nullptr) return nullptr;
  return in_form(last->value, property.form);
}

json::array headers_json(const std::vector<mail::HeaderField>& fields) {
  json::array out;
  for (const auto& field : fields) out.push_back(json::object{{"name", clean_utf8(trim(field.name))}, {"value", clean_utf8(field.value)}});
  return out;
}

}  // namespace posthorn::jmap
