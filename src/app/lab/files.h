// app/lab/files.h - the lab's files: whole reads, atomic writes, DIR/lab.json. Fails with io and the file's name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/lab/plan.h"

namespace posthorn::app::lab {

Result<std::string> read_file(const std::string& file);
// Written beside and renamed, so that nobody reads half of it. Only the owner may read.
Status write_file(const std::string& file, std::string_view bytes);
Status make_folder(const std::string& folder);  // 0700, parents too
bool exists(const std::string& file);

std::string absolute(const std::string& dir);
Status save(const Lab& lab);
// Nothing if DIR has no lab.json.
Result<std::optional<Lab>> load(const std::string& dir);
// As load(), but a lab must be there.
Result<Lab> load_existing(const std::string& dir);

}  // namespace posthorn::app::lab
