// posthorn doctor: what can be wrong with a machine, tried out.
#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/commands.h"
#include "app/confine/self_test.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;

std::string_view word_for(const confine::Trial& trial) { return trial.did_fail ? "denied" : "allowed"; }

void print_trials(const std::vector<confine::Trial>& trials) {
  for (const auto& one : trials)
    std::printf("%-8s %-52s %s%s%s\n", std::string(word_for(one)).c_str(), one.act.c_str(), one.answer.c_str(), one.good() || one.answer.empty() ? "" : "  ",
                one.good() ? "" : one.must_fail ? "<- MUST BE DENIED" : "<- MUST BE ALLOWED");
}

json::array shown(const std::vector<confine::Trial>& trials) {
  json::array out;
  for (const auto& one : trials)
    out.push_back({{"act", one.act}, {"must_be", one.must_fail ? "denied" : "allowed"}, {"is", std::string(word_for(one))}, {"answer", one.answer}, {"good", one.good()}});
  return out;
}

}  // namespace

int doctor_confinement(const Common& common) {
  auto config = load_config(common.config);
  if (!config) return report(config.error(), common.format());
  const auto trials = confine::try_confinement(*config);
  if (!trials) return report(trials.error(), common.format());
  std::size_t bad = 0;
  for (const auto& one : *trials) bad += one.good() ? 0 : 1;
  if (common.json) {
    print_json(json::object{{"landlock", confine::landlock_version()}, {"trials", shown(*trials)}, {"bad", bad}});
    return bad == 0 ? 0 : 1;
  }
  print_trials(*trials);
  std::printf("%zu tried, %zu not as it must be; Landlock version %d\n", trials->size(), bad, confine::landlock_version());
  return bad == 0 ? 0 : 1;
}

}  // namespace posthorn::app
