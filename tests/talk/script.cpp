#include "talk/script.h"

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::talk {
namespace {

Result<std::string> unescape(std::string_view text) {
  std::string out;
  Cursor in(text);
  while (auto c = in.next()) {
    if (*c != '\\') {
      out += *c;
      continue;
    }
    const auto what = in.next();
    if (what == 'r') out += '\r';
    else if (what == 'n') out += '\n';
    else if (what == 't') out += '\t';
    else if (what == '0') out += '\0';
    else if (what == '\\') out += '\\';
    else if (what == 'x') {
      const auto digits = in.take(std::size_t{2});
      const auto byte = digits ? unhex(*digits) : std::nullopt;
      if (!byte) return fail(Errc::invalid, "\\x needs two hex digits");
      out += *byte;
    } else {
      return fail(Errc::invalid, "unknown escape", R"(Known are \r \n \t \0 \\ \xNN)");
    }
  }
  return out;
}

Result<Duration> parse_time(std::string_view text) {
  Cursor in(text);
  in.take('+');
  const auto count = in.take_number(1'000'000);
  if (!count) return fail(Errc::invalid, "clock needs a number", "Write clock +90s");
  const auto n = static_cast<std::int64_t>(*count);
  const auto unit = in.rest();
  if (unit == "ms") return Duration(std::chrono::milliseconds(n));
  if (unit == "s") return Duration(std::chrono::seconds(n));
  if (unit == "m") return Duration(std::chrono::minutes(n));
  if (unit == "h") return Duration(std::chrono::hours(n));
  return fail(Errc::invalid, "clock needs a unit", "Units are ms, s, m, h");
}

// What follows `word`, without the one space that separates them; nothing if the line does not begin with it.
std::optional<std::string_view> after(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

class Reader {
 public:
  Status line(std::string_view line, std::size_t number) {
    number_ = number;
    if (line.empty() || line.starts_with('#')) return {};
    // `x20 C: NOOP` stands for twenty such lines.
    std::size_t times = 1;
    if (Cursor in(line); in.take('x')) {
      if (auto count = in.take_number(1'000'000); count && in.take(' ')) {
        times = *count;
        line = in.rest();
      }
    }
    for (std::size_t i = 0; i < times; ++i) TRY(one(line));
    return {};
  }
  Result<Script> done() {
    if (!held_.empty()) return fail(Errc::invalid, "C+: at the end of the file", "End the batch with C:");
    return std::move(script_);
  }

 private:
  Status one(std::string_view line) {
    if (auto text = after(line, "C:")) return say(std::string(*text) + "\r\n");
    if (auto text = after(line, "C+:")) return hold(std::string(*text) + "\r\n");
    if (auto text = after(line, "C-raw:")) {
      TRY_ASSIGN(auto bytes, unescape(*text));
      return say(std::move(bytes));
    }
    if (auto text = after(line, "S:")) return add(Step::Kind::expect, std::string(*text));
    if (auto text = after(line, "clock ")) {
      TRY_ASSIGN(const auto time, parse_time(*text));
      script_.steps.push_back({Step::Kind::clock, {}, time, number_});
      return {};
    }
    if (auto text = after(line, "set ")) return set(*text);
    if (auto text = after(line, "chunks ")) return chunks(*text);
    return word(trim(line));
  }
  Status word(std::string_view line) {
    if (line == "tls") return add(Step::Kind::tls);
    if (line == "close") return add(Step::Kind::close);
    if (line == "finish") return add(Step::Kind::finish);
    if (line == "expect-close") return add(Step::Kind::expect_close);
    if (line == "quiet") return add(Step::Kind::quiet);
    return fail(Errc::invalid, "unknown line: " + std::string(line), "See tests/talk/README.md");
  }
  Status add(Step::Kind kind, std::string text = {}) {
    script_.steps.push_back({kind, std::move(text), {}, number_});
    return {};
  }
  Status hold(std::string bytes) {
    held_ += bytes;
    return {};
  }
  Status say(std::string bytes) {
    bytes.insert(0, held_);
    held_.clear();
    return add(Step::Kind::say, std::move(bytes));
  }
  Status set(std::string_view text) {
    if (!script_.steps.empty()) return fail(Errc::invalid, "set must stand before the first step");
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return fail(Errc::invalid, "set needs a name and a value");
    script_.settings[std::string(text.substr(0, space))] = std::string(trim(text.substr(space)));
    return {};
  }
  Status chunks(std::string_view text) {
    script_.chunks.clear();
    for (const auto part : split(text, ' ')) {
      Cursor in(part);
      const auto size = in.take_number(1'000'000);
      if (!size || !in.done()) return fail(Errc::invalid, "chunks needs numbers");
      script_.chunks.push_back(*size);
    }
    return {};
  }

  Script script_;
  std::string held_;
  std::size_t number_ = 0;
};

}  // namespace

Result<Script> parse_script(std::string_view text) {
  Reader reader;
  std::size_t number = 0;
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto status = reader.line(line, ++number); !status)
      return fail(Errc::invalid, "line " + std::to_string(number) + ": " + status.error().text());
  }
  return reader.done();
}

bool matches(std::string_view pattern, std::string_view line) {
  const auto pieces = split(pattern, '*');
  if (pieces.size() == 1) return pattern == line;
  if (!line.starts_with(pieces.front())) return false;
  line.remove_prefix(pieces.front().size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const auto at = line.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    line.remove_prefix(at + pieces[i].size());
  }
  return line.ends_with(pieces.back());
}

}  // namespace posthorn::talk
