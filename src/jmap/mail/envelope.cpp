#include "jmap/mail/envelope.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "base/text.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"
#include "smtp/grammar/parameters.h"
#include "smtp/grammar/xtext.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

std::unexpected<SetError> refuse(std::string why) { return std::unexpected(invalid_properties(std::move(why), {"envelope"})); }

// rfc:4865#4 seconds to hold, or the time to hold until; within what the Session says.
std::expected<WallTime, SetError> release_of(std::string_view name, std::string_view value, WallTime now) {
  WallTime at = now;
  if (name == "HOLDFOR") {
    std::uint64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || end != value.data() + value.size() || value.empty() || seconds > longest_delay) return refuse("HOLDFOR is a number of seconds, at most " + std::to_string(longest_delay));
    at = now + std::chrono::seconds(seconds);
  } else {
    const auto moment = parse_moment(value);
    if (!moment) return refuse("HOLDUNTIL is a date and time");
    at = WallTime(std::chrono::seconds(moment->seconds));
    if (at > now + std::chrono::seconds(longest_delay)) return refuse("HOLDUNTIL is too far away");
  }
  return at;
}

struct ReadAddress {
  std::string email;
  std::vector<std::pair<std::string, std::optional<std::string>>> parameters;  // names in upper case
  json::value as_given;
};

std::expected<ReadAddress, SetError> read_address(const json::value& value) {
  const auto* object = value.if_object();
  const auto* email = object == nullptr ? nullptr : object->if_contains("email");
  if (email == nullptr || !email->is_string()) return refuse("an Address has an email");
  ReadAddress out;
  out.email = email->get_string();
  out.as_given = value;
  const auto* parameters = object->if_contains("parameters");
  if (parameters == nullptr || parameters->is_null()) return out;
  if (!parameters->is_object()) return refuse("parameters is an object or null");
  for (const auto& [name, one] : parameters->get_object()) {
    if (!one.is_null() && !one.is_string()) return refuse("a parameter is a string or null");
    out.parameters.emplace_back(to_upper(name), one.is_null() ? std::nullopt : std::optional(std::string(one.get_string())));
  }
  return out;
}

std::expected<void, SetError> apply_mail(ReadEnvelope& out, const ReadAddress& address, WallTime now) {
  for (const auto& [name, value] : address.parameters) {
    if (name == "HOLDFOR" || name == "HOLDUNTIL") {
      if (out.release) return refuse("HOLDFOR and HOLDUNTIL are one or the other");
      auto at = release_of(name, value.value_or(std::string()), now);
      if (!at) return std::unexpected(std::move(at.error()));
      out.release = *at;
      continue;
    }
    if (name == "SIZE" || name == "BODY") continue;  // we count and look ourselves
    // JMAP has xtext undone (rfc:8621#7); the grammar is that of the wire.
    const auto text = value && name == "ENVID" ? smtp::encode_xtext(*value) : value.value_or(std::string());
    smtp::Parameter parameter{name, value ? std::optional<std::string_view>(text) : std::nullopt};
    const auto good = smtp::apply_mail_parameter(parameter, out.from, smtp::GrammarLimits{});
    if (!good || !*good) return refuse("the parameter " + printable(name, 50) + " of mailFrom is not known or not right");
  }
  return {};
}

std::expected<smtp::RcptTo, SetError> recipient_of(const ReadAddress& address, std::vector<std::string>& invalid) {
  smtp::RcptTo out;
  auto parsed = mail::parse_address(address.email);
  if (!parsed) {
    invalid.push_back(address.email);
    return out;
  }
  out.recipient = std::move(*parsed);
  for (const auto& [name, value] : address.parameters) {
    std::string text = value.value_or(std::string());
    if (const auto semicolon = text.find(';'); name == "ORCPT" && semicolon != text.npos) text = text.substr(0, semicolon + 1) + smtp::encode_xtext(text.substr(semicolon + 1));
    smtp::Parameter parameter{name, value ? std::optional<std::string_view>(text) : std::nullopt};
    const auto good = smtp::apply_rcpt_parameter(parameter, out, smtp::GrammarLimits{});
    if (!good || !*good) return refuse("the parameter " + printable(name, 50) + " of a recipient is not known or not right");
  }
  return out;
}

std::unexpected<SetError> invalid_recipients(const std::vector<std::string>& invalid) {
  return std::unexpected(SetError{"invalidRecipients", "some recipients are no addresses", {}, json::object{{"invalidRecipients", json::array(invalid.begin(), invalid.end())}}});
}

void finish(ReadEnvelope& out) {
  for (const auto& to : out.to) out.from.smtputf8 = out.from.smtputf8 || !is_ascii(to.recipient.local);
  out.from.smtputf8 = out.from.smtputf8 || !is_ascii(out.from.reverse_path.local);
}

void add_once(ReadEnvelope& out, smtp::RcptTo to) {
  if (std::ranges::none_of(out.to, [&to](const smtp::RcptTo& one) { return one.recipient == to.recipient; })) out.to.push_back(std::move(to));
}

json::object address_json(const mail::Address& address) { return {{"email", address.text()}, {"parameters", nullptr}}; }

}  // namespace

smtp::Peer peer_of(const Call& call) {
  smtp::Peer out;
  out.client = Endpoint{call.client_address, 0};
  out.helo = "jmap";
  out.esmtp = out.submission = true;
  out.account = call.account();
  out.login = call.login.name;
  return out;
}

std::expected<ReadEnvelope, SetError> read_envelope(const json::value& value, WallTime now) {
  const auto* object = value.if_object();
  const auto* from = object == nullptr ? nullptr : object->if_contains("mailFrom");
  const auto* to = object == nullptr ? nullptr : object->if_contains("rcptTo");
  if (from == nullptr || to == nullptr || !to->is_array()) return refuse("an Envelope has mailFrom and rcptTo");
  ReadEnvelope out;
  out.json = *object;
  auto sender = read_address(*from);
  if (!sender) return std::unexpected(std::move(sender.error()));
  if (!sender->email.empty()) {
    auto address = mail::parse_address(sender->email);
    if (!address) return refuse("mailFrom is no address: " + address.error().what);
    out.from.reverse_path = std::move(*address);
  }
  if (auto good = apply_mail(out, *sender, now); !good) return std::unexpected(std::move(good.error()));
  std::vector<std::string> invalid;
  for (const auto& one : to->get_array()) {
    auto address = read_address(one);
    if (!address) return std::unexpected(std::move(address.error()));
    auto recipient = recipient_of(*address, invalid);
    if (!recipient) return std::unexpected(std::move(recipient.error()));
    if (!recipient->recipient.empty()) add_once(out, std::move(*recipient));
  }
  if (!invalid.empty()) return invalid_recipients(invalid);
  finish(out);
  return out;
}

std::expected<ReadEnvelope, SetError> envelope_of(const mail::Message& message, const std::string& fallback, const std::function<bool(const mail::Address&)>& may_send_from) {
  ReadEnvelope out;
  const auto& fields = message.root().fields;
  std::vector<mail::HeaderAddress> authors;
  for (const auto* name : {"sender", "from"}) {
    if (!authors.empty()) break;
    for (const auto& field : fields)
      if (equal_icase(trim(field.name), name))
        for (auto& one : mail::parse_address_list(field.value))
          if (one.kind == mail::HeaderAddress::Kind::mailbox) authors.push_back(std::move(one));
  }
  if (authors.size() > 1) return std::unexpected(SetError{"invalidEmail", "there are several authors; an envelope must say who sends it", {"from"}, {}});
  auto sender = mail::parse_address(fallback);
  if (authors.size() == 1)
    if (auto author = mail::parse_address(authors[0].local + "@" + authors[0].domain); author && may_send_from(*author)) sender = std::move(author);
  if (!sender) return std::unexpected(invalid_properties("the identity has no address", {"identityId"}));
  out.from.reverse_path = std::move(*sender);
  std::vector<std::string> invalid;
  for (const auto& field : fields) {
    const auto name = trim(field.name);
    if (!equal_icase(name, "to") && !equal_icase(name, "cc") && !equal_icase(name, "bcc")) continue;
    for (const auto& one : mail::parse_address_list(field.value)) {
      if (one.kind != mail::HeaderAddress::Kind::mailbox) continue;
      ReadAddress address;
      address.email = one.domain.empty() ? one.local : mail::Address{one.local, one.domain}.text();
      auto recipient = recipient_of(address, invalid);
      if (recipient && !recipient->recipient.empty()) add_once(out, std::move(*recipient));
    }
  }
  if (!invalid.empty()) return invalid_recipients(invalid);
  finish(out);
  json::array told;
  for (const auto& to : out.to) told.push_back(address_json(to.recipient));
  out.json = json::object{{"mailFrom", address_json(out.from.reverse_path)}, {"rcptTo", std::move(told)}};
  return out;
}

}  // namespace posthorn::jmap
