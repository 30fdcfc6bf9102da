#include "app/lab/inbox.h"

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::app::lab {
namespace {

constexpr auto patience = std::chrono::seconds(10);
constexpr std::size_t line_limit = 8192;
constexpr std::uint64_t literal_limit = 1u << 20;
constexpr std::size_t most_responses = 1000;

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string word_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == text.npos) return {};
  const auto rest = text.substr(at + name.size());
  return std::string(rest.substr(0, rest.find_first_of(" )\r\n")));
}

std::string line_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == text.npos) return {};
  const auto rest = text.substr(at + name.size());
  return std::string(trim(rest.substr(0, rest.find("\r\n"))));
}

}  // namespace

std::optional<std::uint64_t> literal_at_end(std::string_view line) {
  const auto at = line.rfind('{');
  if (at == line.npos || !line.ends_with('}')) return std::nullopt;
  Cursor in(line.substr(at + 1));
  const auto count = in.take_number();
  if (!count || in.rest() != "}") return std::nullopt;
  return count;
}

std::optional<std::uint32_t> first_uid(const std::vector<std::string>& responses) {
  for (const auto& line : responses) {
    std::string_view rest = line;
    if (rest.starts_with("* SEARCH ")) rest.remove_prefix(9);
    else if (const auto all = rest.find(" ALL "); rest.starts_with("* ESEARCH ") && all != rest.npos) rest.remove_prefix(all + 5);
    else continue;
    Cursor in(rest);
    if (const auto uid = in.take_number(UINT32_MAX); uid && *uid > 0) return static_cast<std::uint32_t>(*uid);
  }
  return std::nullopt;
}

Task<Result<std::string>> Inbox::response() {
  std::string out;
  for (;;) {
    auto line = co_await reader_.line(line_limit);
    if (!line) co_return fail(line.error());
    out += *line;
    const auto count = literal_at_end(*line);
    if (!count) co_return out;
    if (*count > literal_limit) co_return fail(Errc::too_big, "the IMAP server sends too much");
    auto bytes = co_await reader_.exactly(*count);
    if (!bytes) co_return fail(bytes.error());
    out += "\r\n" + *bytes;
  }
}

Task<Result<std::vector<std::string>>> Inbox::ask(std::string command) {
  const std::string tag = "a" + std::to_string(++tag_);
  const std::string line = tag + " " + command + "\r\n";
  stream_->deadline(patience);
  auto written = co_await stream_->write(line);
  if (!written) co_return fail(written.error());
  std::vector<std::string> out;
  for (;;) {
    auto one = co_await response();
    if (!one) co_return fail(one.error());
    if (one->starts_with(tag + " OK")) co_return out;
    if (one->starts_with(tag + " ")) co_return fail(Errc::refused, "IMAP: " + one->substr(tag.size() + 1));
    if (out.size() >= most_responses) co_return fail(Errc::too_big, "the IMAP server sends too much");
    out.push_back(std::move(*one));
  }
}

Task<Result<std::unique_ptr<Inbox>>> Inbox::open(Desk& desk, Endpoint at, TlsClientOptions tls, std::string user, std::string password) {
  auto stream = co_await desk.dialer().connect(at, std::string(), patience);
  if (!stream) co_return fail(stream.error());
  (*stream)->deadline(patience);
  auto secured = co_await (*stream)->start_tls_client(tls);
  if (!secured) co_return fail(secured.error());
  auto inbox = std::make_unique<Inbox>(std::move(*stream));
  auto greeting = co_await inbox->response();
  if (!greeting) co_return fail(greeting.error());
  auto login = co_await inbox->ask("LOGIN " + in_quotes(user) + " " + in_quotes(password));
  if (!login) co_return fail(login.error());
  co_return std::move(inbox);
}

Task<Result<std::optional<Found>>> Inbox::look_for(std::string mailbox, std::string message_id) {
  auto selected = co_await ask("SELECT " + in_quotes(mailbox));
  if (!selected) co_return fail(selected.error());
  auto uids = co_await ask("UID SEARCH HEADER Message-ID " + in_quotes(message_id));
  if (!uids) co_return fail(uids.error());
  const auto uid = first_uid(*uids);
  if (!uid) co_return std::optional<Found>();
  auto lines = co_await ask("UID FETCH " + std::to_string(*uid) + " (RFC822.SIZE BODY.PEEK[HEADER.FIELDS (Subject)])");
  if (!lines) co_return fail(lines.error());
  Found found;
  found.uid = *uid;
  for (const auto& line : *lines) {
    if (!line.contains(" FETCH ")) continue;
    found.size = word_after(line, "RFC822.SIZE ");
    found.subject = line_after(line, "Subject: ");
  }
  co_return std::optional<Found>(std::move(found));
}

Task<Result<std::string>> Inbox::fetch(std::uint32_t uid) {
  auto lines = co_await ask("UID FETCH " + std::to_string(uid) + " (BODY.PEEK[])");
  if (!lines) co_return fail(lines.error());
  for (const auto& line : *lines) {
    const auto start = line.find("\r\n");
    if (!line.contains(" FETCH ") || start == line.npos) continue;
    const auto count = literal_at_end(std::string_view(line).substr(0, start));
    if (count && start + 2 + *count <= line.size()) co_return line.substr(start + 2, *count);
  }
  co_return fail(Errc::not_found, "the letter cannot be read any more");
}

Task<void> Inbox::close() {
  auto ignored = co_await ask("LOGOUT");
  static_cast<void>(ignored);
  stream_->close();
}

}  // namespace posthorn::app::lab
