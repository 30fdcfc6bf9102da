// app/command/report.h - posthorn report: DMARC reports that came, and those that we count and send.
#pragma once

#include <string>
#include <vector>

#include "app/command/commands.h"

namespace posthorn::app {

struct ReportOptions {
  std::vector<std::string> files;  // files and folders of reports
  std::string domain, id, day;
  unsigned days = 30;
  bool counted = false, all = false;
};

int report_import(const Common& common, const ReportOptions& options);
int report_list(const Common& common, const ReportOptions& options);
int report_show(const Common& common, const ReportOptions& options);  // one report, or a domain's traffic by day and source
int report_send(const Common& common, const ReportOptions& options);

// The files named, and those in the folders named; invalid if one cannot be found.
Result<std::vector<std::string>> files_at(const std::vector<std::string>& paths);

}  // namespace posthorn::app
