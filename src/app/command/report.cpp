// posthorn report: what people see of DMARC reports.
#include "app/command/report.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>

#include "app/command/backend_call.h"
#include "base/text.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

std::string counts_of(const json::value& aligned) {
  std::string out;
  for (const auto& [name, words] : {std::pair{"both", "SPF and DKIM"}, {"dkim", "DKIM"}, {"spf", "SPF"}, {"none", "nothing"}})
    if (const auto count = number_of(aligned, name); count > 0) out += (out.empty() ? "" : ", ") + std::to_string(count) + " by " + words;
  return out;
}

std::string alignment_of(const json::value& row) {
  const auto& aligned = row.at("aligned");
  const bool dkim = flag_of(aligned, "dkim"), spf = flag_of(aligned, "spf");
  return dkim && spf ? "SPF and DKIM" : dkim ? "DKIM" : spf ? "SPF" : "nothing";
}

std::string source_text(const json::value& row) {
  const auto* source = row.as_object().if_contains("source");
  return source == nullptr ? std::string() : text_of(*source, "name") + " (" + text_of(*source, "kind") + ")";
}

void print_sources(const json::value& all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : all.as_array())
    rows.push_back({text_of(one, "day"), text_of(one, "source_ip"), source_text(one), std::to_string(number_of(one, "messages")), counts_of(one.at("aligned")),
                    std::to_string(number_of(one, "junk")), std::to_string(number_of(one, "refused"))});
  print_table({"DAY", "ADDRESS", "WHO", "MESSAGES", "PROVED", "JUNK", "REFUSED"}, rows);
  if (rows.empty()) std::puts("nothing is known; reports come once a day to the address that rua= of the DMARC record names");
}

void print_aggregate(const json::value& report) {
  const auto& published = report.at("published");
  std::printf("%s tells of %llu messages in the name of %s, %s\n", printable(text_of(report, "org_name"), 200).c_str(), static_cast<unsigned long long>(number_of(report, "messages")),
              text_of(published, "domain").c_str(), text_of(report, "report_id").c_str());
  std::printf("policy p=%s sp=%s\n\n", text_of(published, "p").c_str(), text_of(published, "sp").c_str());
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : report.at("rows").as_array())
    rows.push_back({text_of(row, "source_ip"), source_text(row), text_of(row, "header_from"), std::to_string(number_of(row, "count")), alignment_of(row), text_of(row, "disposition")});
  print_table({"ADDRESS", "WHO", "FROM", "MESSAGES", "PROVED BY", "DONE"}, rows);
  for (const auto& note : report.at("notes").as_array()) std::printf("note: %s\n", std::string(note.as_string()).c_str());
}

void print_failure(const json::value& report) {
  for (const auto& [name, value] : report.as_object())
    std::printf("%-24s %s\n", std::string(name).c_str(), value.is_string() ? printable(std::string(value.as_string()), 500).c_str() : json::serialize(value).c_str());
}

void print_list(const json::value& all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : all.as_array())
    rows.push_back({text_of(one, "id"), text_of(one, "kind"), text_of(one, "begin").substr(0, 10), text_of(one, "domain"), printable(text_of(one, "org_name"), 40),
                    std::to_string(number_of(one, "messages")), std::to_string(number_of(one, "passed")), flag_of(one, "proven") ? "yes" : "no"});
  print_table({"ID", "KIND", "DAY", "DOMAIN", "FROM", "MESSAGES", "PASSED", "PROVEN"}, rows);
}

void print_counted(const json::value& all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : all.as_array()) rows.push_back({text_of(one, "day"), text_of(one, "domain"), std::to_string(number_of(one, "messages")), text_of(one, "outcome")});
  print_table({"DAY", "DOMAIN", "MESSAGES", "REPORT"}, rows);
}

}  // namespace

Result<std::vector<std::string>> files_at(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& path : paths) {
    if (!fs::is_directory(path, error)) {
      out.push_back(path);
      continue;
    }
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error))
      if (at->is_regular_file(error)) out.push_back(at->path().string());
    if (error) return fail(Errc::invalid, "cannot read the folder " + path + ": " + error.message());
  }
  std::ranges::sort(out);
  return out;
}

int report_import(const Common& common, const ReportOptions& options) {
  const auto files = files_at(options.files);
  if (!files) return report(files.error(), common.format());
  const auto config = load_config(common.config);
  if (!config) return report(config.error(), common.format());
  auto backend = open_backend(*config);
  if (!backend) return report(backend.error(), common.format());
  Progress progress("reports");
  std::uint64_t reports = 0, fresh = 0, position = 0;
  json::array refused;
  for (const auto& file : *files) {
    auto bytes = file_or_input(file, "a report: XML, gzip, zip or a message that holds one");
    if (!bytes) {
      refused.push_back(json::object{{"file", printable(file, 300)}, {"why", bytes.error().what}});
      continue;
    }
    auto answer = (*backend)->call(admin::Request{"report.import", {{"name", printable(fs::path(file).filename().string(), 200)}}, std::move(*bytes)});
    if (!answer) return report(answer.error(), common.format());
    reports += number_of(answer->value, "reports");
    fresh += number_of(answer->value, "new");
    for (const auto& one : answer->value.at("refused").as_array()) refused.push_back(one);
    progress.at(++position, files->size(), std::to_string(reports) + " reports");
  }
  progress.finish();
  const int status = refused.empty() ? 0 : 1;
  if (common.json) {
    print_json(json::object{{"files", files->size()}, {"reports", reports}, {"new", fresh}, {"refused", std::move(refused)}});
    return status;
  }
  std::printf("%llu reports in %zu files, %llu of them new\n", static_cast<unsigned long long>(reports), files->size(), static_cast<unsigned long long>(fresh));
  for (const auto& one : refused) std::printf("refused: %s: %s\n", text_of(one, "file").c_str(), text_of(one, "why").c_str());
  return status;
}

int report_list(const Common& common, const ReportOptions& options) {
  if (options.counted) return call_and_show(common, "report.counted", {}, print_counted);
  return call_and_show(common, "report.list", {{"domain", options.domain}}, print_list);
}

int report_show(const Common& common, const ReportOptions& options) {
  if (options.id.find('.') != std::string::npos)
    return call_and_show(common, "report.sources", {{"domain", options.id}, {"days", options.days}, {"all", options.all}}, print_sources);
  return call_and_show(common, "report.show", {{"id", options.id}}, [](const json::value& one) {
    if (one.as_object().contains("rows")) print_aggregate(one);
    else print_failure(one);
  });
}

int report_send(const Common& common, const ReportOptions& options) {
  return call_and_show(common, "report.send", {{"domain", options.domain}, {"day", options.day}}, [](const json::value& sent) {
    std::printf("%s: %s, %llu messages\n", text_of(sent, "domain").c_str(), text_of(sent, "outcome").c_str(), static_cast<unsigned long long>(number_of(sent, "messages")));
    for (const auto& to : sent.at("to").as_array()) std::printf("  to %s\n", std::string(to.as_string()).c_str());
  });
}

}  // namespace posthorn::app
