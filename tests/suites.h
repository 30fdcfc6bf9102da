// suites.h - where the public conformance suites are: POSTHORN_SUITES, beside the sources, or /work/shared/suites. Tests skip without.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace posthorn {

inline std::string suites_folder() {
  if (const char* given = std::getenv("POSTHORN_SUITES")) return given;
  const std::string beside = POSTHORN_SOURCE_DIR "/../shared/suites";
  return std::filesystem::exists(beside) ? beside : "/work/shared/suites";
}

}  // namespace posthorn
