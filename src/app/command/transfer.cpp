// posthorn import and posthorn export: mail from and to mbox, Maildir and .eml.
#include <unistd.h>

#include <boost/json/array.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "app/command/backend_call.h"
#include "app/transfer/source.h"
#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct Importer {
  Backend& backend;
  std::string address, target;
  Progress progress;
  std::map<std::string, std::uint64_t> seen;  // equal messages of one source are told apart by their order
  std::uint64_t imported = 0, there = 0;

  Status take(SourceItem item) {
    const std::string mailbox = item.mailbox.empty() ? target : target == "INBOX" ? item.mailbox : target + "/" + item.mailbox;
    const auto digest = hex(crypto::sha256(mailbox + '\0' + item.message.bytes));
    json::array flags;
    for (const auto& flag : item.message.flags) flags.push_back(json::value(flag));
    json::object arguments{{"address", address}, {"mailbox", mailbox}, {"flags", std::move(flags)}, {"key", digest + ":" + std::to_string(seen[digest]++)}};
    if (item.message.received_ms) arguments["received_ms"] = *item.message.received_ms;
    TRY_ASSIGN(const auto answer, backend.call(admin::Request{"mail.import", std::move(arguments), std::move(item.message.bytes)}));
    ++(flag_of(answer.value, "imported") ? imported : there);
    progress.at(item.position, item.total, std::to_string(imported) + " messages");
    return {};
  }
};

// Files are written under a temporary name, synced and renamed, so that none is ever half there.
Status write_file(const fs::path& file, const std::string& bytes) {
  const auto temporary = file.string() + ".part";
  auto* out = std::fopen(temporary.c_str(), "wb");
  if (out == nullptr) return fail(Errc::io, "cannot write " + temporary);
  bool good = std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size() && std::fflush(out) == 0 && ::fsync(fileno(out)) == 0;
  good = std::fclose(out) == 0 && good;
  std::error_code error;
  if (good) fs::rename(temporary, file, error);
  if (!good || error) return fail(Errc::io, "cannot write " + file.string(), "Is the disk full?");
  return {};
}

struct Exporter {
  Backend& backend;
  std::string address, format;
  fs::path target;
  Progress progress;
  std::uint64_t written = 0;

  // A mailbox's name as a folder or file: '/' makes folders, "." and ".." cannot climb.
  static std::string safe(std::string_view name) {
    std::string out;
    for (const auto part : split(name, '/')) {
      std::string one(part);
      if (one.starts_with('.')) one[0] = '_';
      out += (out.empty() ? "" : "/") + one;
    }
    return out;
  }

  Status one(const std::string& mailbox, const json::value& row, std::ofstream& mbox) {
    TRY_ASSIGN(const auto answer, backend.call(admin::Request{"mail.read", {{"address", address}, {"email", number_of(row, "email")}}, {}}));
    std::vector<std::string> flags;
    for (const auto& flag : row.at("flags").as_array()) flags.emplace_back(flag.as_string().c_str());
    const auto uid = std::to_string(number_of(row, "uid"));
    const auto received = number_of(answer.value, "received_ms");
    ++written;
    if (format == "mbox") {
      mbox << to_mbox(answer.payload, static_cast<std::int64_t>(received), flags);
      return mbox ? Status{} : fail(Errc::io, "cannot write below " + target.string(), "Is the disk full?");
    }
    if (format == "eml") return write_file(target / safe(mailbox) / (uid + ".eml"), answer.payload);
    return write_file(maildir(mailbox) / "cur" / (std::to_string(received / 1000) + "." + uid + ".posthorn" + maildir_suffix(flags)), answer.payload);
  }

  fs::path maildir(const std::string& mailbox) const {
    if (mailbox == "INBOX") return target;
    std::string name = safe(mailbox);
    for (char& c : name)
      if (c == '/') c = '.';
    return target / ("." + name);
  }

  Status mailbox(const std::string& name) {
    std::error_code error;
    std::ofstream mbox;
    if (format == "maildir") {
      for (const char* part : {"cur", "new", "tmp"}) fs::create_directories(maildir(name) / part, error);
    } else if (format == "eml") {
      fs::create_directories(target / safe(name), error);
    } else {
      const auto file = target / (safe(name) + ".mbox");
      fs::create_directories(file.parent_path(), error);
      mbox.open(file, std::ios::binary | std::ios::trunc);
      if (!mbox) return fail(Errc::io, "cannot write " + file.string());
    }
    TRY_ASSIGN(const auto rows, backend.call(admin::Request{"mail.list", {{"address", address}, {"mailbox", name}}, {}}));
    const auto& all = rows.value.as_array();
    for (std::size_t i = 0; i < all.size(); ++i) {
      TRY(one(name, all[i], mbox));
      progress.at(i + 1, all.size(), name);
    }
    return {};
  }
};

Result<std::unique_ptr<Backend>> backend_of(const Common& common) {
  TRY_ASSIGN(const auto config, load_config(common.config));
  return open_backend(config);
}

}  // namespace

int import_command(const Common& common, const std::string& address, const std::string& source, const std::string& mailbox) {
  auto backend = backend_of(common);
  if (!backend) return report(backend.error(), common.format());
  Importer importer{**backend, address, mailbox, Progress("importing"), {}, 0, 0};
  auto status = read_source(source, [&importer](SourceItem item) { return importer.take(std::move(item)); });
  importer.progress.finish();
  if (!status) {
    if (status.error().todo.empty()) status.error().todo = "What came in so far is safe; give the same command again to go on";
    return report(status.error(), common.format());
  }
  if (common.json) print_json(json::object{{"imported", importer.imported}, {"there_already", importer.there}});
  else std::printf("%llu messages imported, %llu were there already\n", static_cast<unsigned long long>(importer.imported), static_cast<unsigned long long>(importer.there));
  return 0;
}

int export_command(const Common& common, const std::string& address, const std::string& target, const std::string& format) {
  auto backend = backend_of(common);
  if (!backend) return report(backend.error(), common.format());
  auto account = (*backend)->call(admin::Request{"account.show", {{"address", address}}, {}});
  if (!account) return report(account.error(), common.format());
  Exporter exporter{**backend, address, format, target, Progress("exporting"), 0};
  for (const auto& m : account->value.at("mailboxes").as_array())
    if (auto status = exporter.mailbox(text_of(m, "name")); !status) {
      exporter.progress.finish();
      return report(status.error(), common.format());
    }
  exporter.progress.finish();
  if (common.json) print_json(json::object{{"exported", exporter.written}});
  else std::printf("%llu messages written to %s\n", static_cast<unsigned long long>(exporter.written), target.c_str());
  return 0;
}

}  // namespace posthorn::app
