#include "jmap/web/tar.h"

#include <algorithm>

#include "base/text.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t block = 512, name_size = 100;
constexpr std::uint64_t largest_octal = (std::uint64_t{1} << 33) - 1;  // eleven digits

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string out(digits, '0');
  for (auto at = out.rbegin(); at != out.rend(); ++at, value >>= 3) *at = static_cast<char>('0' + (value & 7));
  return out;
}

struct Plain {
  std::string_view name, link_to;
  char type = '0';
  std::uint64_t size = 0, modified = 0;
};

// The old format's block: fields at fixed places, and the sum of all octets with the sum's own field as spaces.
std::string header(const Plain& plain) {
  std::string out(block, '\0');
  const auto put = [&out](std::size_t at, std::string_view text) { std::ranges::copy(text, out.begin() + static_cast<std::ptrdiff_t>(at)); };
  put(0, plain.name.substr(0, name_size));
  put(100, octal(0600, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(plain.size, 11));
  put(136, octal(std::min(plain.modified, largest_octal), 11));
  put(148, "        ");
  out[156] = plain.type;
  put(157, plain.link_to.substr(0, name_size));
  put(257, std::string_view("ustar\0" "00", 8));
  std::uint64_t sum = 0;
  for (const char c : out) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6));
  out[154] = '\0';
  return out;
}

// "LENGTH KEYWORD=VALUE\n", where LENGTH counts itself.
std::string record(std::string_view keyword, std::string_view value) {
  const std::string rest = " " + std::string(keyword) + "=" + std::string(value) + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

bool fits(std::string_view name) { return name.size() <= name_size && is_ascii(name); }

}  // namespace

std::string tar_head(const TarEntry& entry) {
  std::string records;
  if (!fits(entry.name)) records += record("path", entry.name);
  if (!fits(entry.link_to)) records += record("linkpath", entry.link_to);
  std::string out;
  if (!records.empty()) out = header({"PaxHeader", {}, 'x', records.size(), 0}) + records + tar_padding(records.size());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(entry.modified.time_since_epoch()).count();
  Plain plain{entry.name, entry.link_to, entry.link_to.empty() ? '0' : '1', entry.size, seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0};
  return out + header(plain);
}

std::string tar_padding(std::uint64_t size) { return std::string((block - size % block) % block, '\0'); }

std::string tar_end() { return std::string(2 * block, '\0'); }

std::string tar_folder(std::string_view mailbox) {
  std::string out;
  for (const auto part : split(mailbox, '/')) {
    std::string one;
    for (const char c : part) one += static_cast<unsigned char>(c) < 0x20 || c == 0x7f || std::string_view("\\:*?\"<>|").contains(c) ? '_' : c;
    if (one.empty() || one.starts_with('.')) one.insert(0, "_");
    // What a file system takes for one name, cut between characters.
    if (one.size() > 200) {
      std::size_t end = 200;
      while (end > 0 && (static_cast<unsigned char>(one[end]) & 0xc0) == 0x80) --end;
      one.resize(end);
    }
    out += (out.empty() ? "" : "/") + one;
  }
  return out;
}

}  // namespace posthorn::jmap
