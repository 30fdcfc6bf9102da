#include "jmap/core/json_strict.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t depth_limit = 64;
constexpr std::size_t value_limit = 100'000;

// Looks for what the DOM parser lets pass: it keeps the last of two equal keys (RFC 7493 section 2.3 forbids them).
struct Watcher {
  static constexpr std::size_t max_object_size = value_limit;
  static constexpr std::size_t max_array_size = value_limit;
  static constexpr std::size_t max_key_size = 4096;
  static constexpr std::size_t max_string_size = std::size_t{64} << 20;

  std::vector<std::set<std::string, std::less<>>> open;
  std::string key;
  std::size_t values = 0;
  std::string why;

  bool count() { return ++values <= value_limit || say("too many values"); }
  bool say(const char* text) {
    why = text;
    return false;
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& error) {
    open.emplace_back();
    return check(count(), error);
  }
  bool on_object_end(std::size_t, json::error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code& error) { return check(count(), error); }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key.append(part.data(), part.size());
    const bool fresh = open.back().insert(key).second;
    key.clear();
    return check(fresh || say("a key stands twice in one object"), error);
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code& error) { return check(count(), error); }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code& error) { return check(count(), error); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) { return check(count(), error); }
  // Infinity is no JSON, so it could not be told again.
  bool on_double(double value, json::string_view, json::error_code& error) { return check(count() && (std::isfinite(value) || say("a number is too large")), error); }
  bool on_bool(bool, json::error_code& error) { return check(count(), error); }
  bool on_null(json::error_code& error) { return check(count(), error); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  static bool check(bool good, json::error_code& error) {
    if (!good) error = json::error::extra_data;
    return good;
  }
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  if (!is_utf8(text)) return fail(Errc::invalid, "the text is not UTF-8");
  json::parse_options options;
  options.max_depth = depth_limit;
  json::basic_parser<Watcher> watcher(options);
  json::error_code error;
  const auto read = watcher.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size())
    return fail(Errc::invalid, (watcher.handler().why.empty() ? error ? error.message() : "text after the end" : watcher.handler().why) + ", at octet " + std::to_string(read));
  auto value = json::parse(text, error, {}, options);
  if (error) return fail(Errc::invalid, error.message());
  return value;
}

}  // namespace posthorn::jmap
