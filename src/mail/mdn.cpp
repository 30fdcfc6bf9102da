#include "mail/mdn.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/build.h"
#include "mail/lexer.h"

namespace posthorn::mail {
namespace {

constexpr std::size_t most_fields = 100;
constexpr std::array<std::pair<Disposition::Type, std::string_view>, 4> types = {{{Disposition::Type::displayed, "displayed"},
                                                                                  {Disposition::Type::deleted, "deleted"},
                                                                                  {Disposition::Type::dispatched, "dispatched"},
                                                                                  {Disposition::Type::processed, "processed"}}};
// With those that we write or read by name; an extension has another.
constexpr std::string_view own_fields[] = {"reporting-ua", "mdn-gateway", "original-recipient", "final-recipient", "original-message-id", "disposition", "error"};

std::string take_atom(Cursor& at) {
  skip_cfws(at);
  const auto text = at.take_while(is_token);
  return to_lower(text);
}

bool take_mark(Cursor& at, char mark) {
  skip_cfws(at);
  return at.take(mark);
}

std::string_view word(Disposition::Mode mode, std::string_view manual, std::string_view automatic) { return mode == Disposition::Mode::manual ? manual : automatic; }

std::string value_of(const std::vector<HeaderField>& fields, std::string_view name) {
  const auto* field = find(fields, name);
  return field == nullptr ? std::string() : unfolded(field->value);
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

Status add(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  TRY_ASSIGN(const auto field, header_field(name, value));
  out += field;
  return {};
}

// rfc:8098#3.1: 7bit; what is not ASCII is of the other type (rfc:6533#6).
Result<std::string> notification(const Mdn& mdn) {
  std::string out;
  TRY(add(out, "Reporting-UA", mdn.reporting_ua));
  TRY(add(out, "MDN-Gateway", mdn.gateway));
  TRY(add(out, "Original-Recipient", mdn.original_recipient));
  TRY(add(out, "Final-Recipient", mdn.final_recipient));
  TRY(add(out, "Original-Message-ID", mdn.original_message_id));
  const auto& d = mdn.disposition;
  out += "Disposition: " + std::string(word(d.action, "manual-action", "automatic-action")) + "/" + std::string(word(d.sending, "MDN-sent-manually", "MDN-sent-automatically")) + "; " + std::string(name_of(d.type)) +
         (mdn.errors.empty() ? "" : "/error") + "\r\n";
  for (const auto& one : mdn.errors) TRY(add(out, "Error", one));
  for (const auto& [name, value] : mdn.extensions) {
    if (!is_field_name(name) || std::ranges::find(own_fields, to_lower(name)) != std::end(own_fields)) return fail(Errc::invalid, "\"" + printable(name, 100) + "\" is no name for an extension field");
    TRY(add(out, name, value));
  }
  return out;
}

std::string text_part(std::string_view text) {
  const auto lines = to_crlf(text);
  const auto parts = split(lines, '\n');
  const bool plain = is_ascii(lines) && std::ranges::all_of(parts, [](std::string_view line) { return line.size() <= 900; });
  if (plain) return "Content-Type: text/plain; charset=us-ascii\r\n\r\n" + lines;
  return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + encode_quoted_printable(lines);
}

}  // namespace

std::string_view name_of(Disposition::Type type) { return std::ranges::find(types, type, &std::pair<Disposition::Type, std::string_view>::first)->second; }

std::optional<Disposition::Type> disposition_type(std::string_view name) {
  const auto found = std::ranges::find(types, name, &std::pair<Disposition::Type, std::string_view>::second);
  if (found == types.end()) return std::nullopt;
  return found->first;
}

// rfc:8098#3.2.6; modifiers say only that something went wrong, and Error what.
std::optional<Disposition> parse_disposition(std::string_view value) {
  Cursor at(value);
  Disposition out;
  const auto action = take_atom(at);
  if (action != "manual-action" && action != "automatic-action") return std::nullopt;
  out.action = action == "manual-action" ? Disposition::Mode::manual : Disposition::Mode::automatic;
  if (!take_mark(at, '/')) return std::nullopt;
  const auto sending = take_atom(at);
  if (sending != "mdn-sent-manually" && sending != "mdn-sent-automatically") return std::nullopt;
  out.sending = sending == "mdn-sent-manually" ? Disposition::Mode::manual : Disposition::Mode::automatic;
  if (!take_mark(at, ';')) return std::nullopt;
  const auto type = disposition_type(take_atom(at));
  if (!type) return std::nullopt;
  out.type = *type;
  return out;
}

std::optional<Mdn> parse_mdn(std::string_view content) {
  // Fields as those of a message's header, without a body behind them.
  const auto parsed = parse(content);
  const auto& fields = parsed.root().fields;
  Mdn out;
  out.final_recipient = value_of(fields, "Final-Recipient");
  const auto disposition = parse_disposition(value_of(fields, "Disposition"));
  if (out.final_recipient.empty() || !disposition) return std::nullopt;
  out.disposition = *disposition;
  out.reporting_ua = value_of(fields, "Reporting-UA");
  out.gateway = value_of(fields, "MDN-Gateway");
  out.original_recipient = value_of(fields, "Original-Recipient");
  out.original_message_id = value_of(fields, "Original-Message-ID");
  for (const auto& field : fields) {
    if (equal_icase(field.name, "Error") && out.errors.size() < most_fields) out.errors.push_back(unfolded(field.value));
    const bool own = std::ranges::find(own_fields, to_lower(field.name)) != std::end(own_fields);
    if (!own && out.extensions.size() < most_fields) out.extensions.emplace_back(field.name, unfolded(field.value));
  }
  return out;
}

std::optional<MdnReport> find_mdn(const Message& message) {
  const auto& root = message.root();
  if (root.type != "multipart" || root.subtype != "report") return std::nullopt;
  std::optional<MdnReport> out;
  std::string text;
  bool original = false, has_text = false;
  for (const auto index : root.children) {
    const auto& part = message.parts[index];
    const bool notification = part.type == "message" && (part.subtype == "disposition-notification" || part.subtype == "global-disposition-notification");
    if (notification && !out) {
      if (auto mdn = parse_mdn(decoded_body(message, part))) out = MdnReport{std::move(*mdn), {}, false};
    } else if (part.type == "text" && part.subtype == "plain" && !has_text) {
      text = text_of(message, part);
      has_text = true;
    }
    original = original || (part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global"));
  }
  if (!out) return std::nullopt;
  out->text = std::move(text);
  out->has_original = original;
  return out;
}

Result<std::string> write_mdn(const MdnDraft& draft) {
  TRY_ASSIGN(const auto fields, notification(draft.mdn));
  const bool global = !is_ascii(fields);
  const std::string boundary = "posthorn-mdn-" + draft.unique;
  std::string to;
  for (const auto& one : draft.to) to += (to.empty() ? "" : ", ") + one;
  std::string out;
  TRY(add(out, "From", draft.from));
  TRY(add(out, "To", to));
  TRY(add(out, "Subject", encode_words(draft.subject)));
  TRY(add(out, "Date", format_date(draft.date)));
  TRY(add(out, "Message-ID", "<" + draft.unique + ".mdn@" + draft.host + ">"));
  TRY(add(out, "In-Reply-To", draft.mdn.original_message_id));
  TRY(add(out, "References", draft.mdn.original_message_id));
  // rfc:3834#5 what a person sent is no automatic answer.
  if (draft.mdn.disposition.sending == Disposition::Mode::automatic) out += "Auto-Submitted: auto-replied\r\n";
  out += "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification;\r\n\tboundary=\"" + boundary + "\"\r\n\r\n";
  out += "--" + boundary + "\r\n" + text_part(draft.text);
  out += "\r\n--" + boundary + "\r\nContent-Type: message/" + (global ? "global-disposition-notification\r\nContent-Transfer-Encoding: 8bit" : "disposition-notification") + "\r\n\r\n" + fields;
  if (!draft.original.empty()) {
    const bool eight = !is_ascii(draft.original);
    out += "\r\n--" + boundary + "\r\nContent-Type: message/rfc822\r\n" + (eight ? "Content-Transfer-Encoding: 8bit\r\n" : "") + "\r\n" + to_crlf(draft.original);
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out + "\r\n--" + boundary + "--\r\n";
}

}  // namespace posthorn::mail
