// SPF records, macros and the answers they lead to. Input: lines; the first three are the client's address, HELO and MAIL FROM,
// the others the TXT records of the world. What a name holds is drawn from its spelling. A verdict always comes, within the
// limits of RFC 7208 4.6.4; the same when all answers are there from the start; and failing answers never make a pass.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "trust/spf/record.h"
#include "trust/spf/spf.h"

using namespace posthorn;
using namespace posthorn::trust;

namespace {

enum class Honesty : std::uint8_t { whole, failing };

std::uint32_t mixed(std::string_view name) {
  std::uint32_t sum = 2166136261U;  // FNV-1a
  for (const char c : name) sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
  return sum ^ (sum >> 15);
}

class World {
 public:
  explicit World(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  dns::Answer answer(const Question& question, Honesty honesty) const {
    const auto draw = mixed(question.name) + static_cast<std::uint32_t>(question.type) * 7;
    dns::Answer out;
    if (honesty == Honesty::failing && draw % 5 == 1) return out;
    out.outcome = draw % 11 == 2 ? dns::Outcome::no_such_name : draw % 11 == 3 ? dns::Outcome::no_data : dns::Outcome::found;
    if (out.outcome == dns::Outcome::found) add(question, draw, out);
    return out;
  }

 private:
  void add(const Question& question, std::uint32_t draw, dns::Answer& out) const {
    const auto host = "h" + std::to_string(draw % 4) + ".a.test";
    const auto count = draw % 13 == 0 ? 12U : 1 + draw % 3;
    for (std::uint32_t i = 0; i < count; ++i) switch (question.type) {
        case dns::Type::txt:
          if (i == 0 && !texts_.empty()) out.records.push_back(dns::Txt{texts_[draw / 16 % texts_.size()]});
          break;
        case dns::Type::a: out.records.push_back(dns::A{"192.0.2." + std::to_string((draw + i) % 8)}); break;
        case dns::Type::aaaa: out.records.push_back(dns::Aaaa{"2001:db8::" + std::to_string((draw + i) % 8)}); break;
        case dns::Type::mx: out.records.push_back(dns::Mx{10, i == 0 ? host : std::to_string(i) + host}); break;
        case dns::Type::ptr: out.records.push_back(dns::Name{i == 0 ? host : std::to_string(i) + host}); break;
        default: break;
      }
  }
  std::vector<std::string> texts_;
};

// Asks until the verdict is there. `check` is called anew each time, so rounds and questions must be few.
template <class Check>
auto driven(const World& world, Honesty honesty, Answers& answers, Check check) {
  std::size_t asked = 0;
  for (int round = 0; round < 200; ++round) {
    if (auto verdict = check(answers)) return std::move(*verdict);
    const auto missing = answers.take_missing();
    asked += missing.size();
    if (missing.empty() || asked > 400) std::abort();
    for (const auto& question : missing) {
      if (!dns::is_askable_name(question.name)) std::abort();
      answers.put(question, world.answer(question, honesty));
    }
  }
  std::abort();
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

void expect_bounds(const spf::Verdict& verdict, const spf::Request& request) {
  const spf::Limits limits;
  if (verdict.lookups > limits.lookups + 1 || verdict.void_lookups > limits.void_lookups + 1) std::abort();
  if (verdict.steps.size() > limits.steps || verdict.reason.empty() || !is_one_line(verdict.reason) ||
      verdict.explanation.size() > 500)
    std::abort();
  if (!verdict.explanation.empty() && verdict.result != spf::Result::fail) std::abort();
  if (!is_plain(verdict.explanation)) std::abort();
  const auto field = spf::received_spf(verdict, request);
  if (!field.starts_with("Received-SPF: ") || !field.ends_with("\r\n")) std::abort();
  for (const auto line : split(std::string_view(field).substr(0, field.size() - 2), '\n'))
    if (!is_plain(trim(line))) std::abort();
}

void expect_same(const spf::Verdict& one, const spf::Verdict& other) {
  if (one.result != other.result || one.reason != other.reason || one.mechanism != other.mechanism ||
      one.explanation != other.explanation || one.lookups != other.lookups || one.steps.size() != other.steps.size())
    std::abort();
}

void check_text(const std::string& text, const spf::Request& request) {
  const spf::MacroValues values{.local = request.mail_from,
                                .sender_domain = request.helo,
                                .domain = request.helo,
                                .ip = spf::address_octets(request.ip),
                                .helo = request.helo,
                                .receiver = request.receiver,
                                .now = 1,
                                .validated_name = {}};
  if (spf::expand_domain(text, values).size() > 253) std::abort();
  const bool in_domain = spf::check_macros(text, spf::MacroPlace::domain_spec).has_value();
  if (in_domain && !spf::check_macros(text, spf::MacroPlace::explanation)) std::abort();
  if (in_domain && (!is_plain(text) || text.contains(' '))) std::abort();
  if (!spf::is_spf_record(text)) return;
  const auto record = spf::parse_record(text);
  if (!record) {
    if (record.error().what.empty() || !is_one_line(record.error().what)) std::abort();
    return;
  }
  if (!is_plain(text)) std::abort();  // rfc:7208#12: US-ASCII without controls
  for (const auto& mechanism : record->mechanisms) {
    if (mechanism.bits4 > 32 || mechanism.bits6 > 128) std::abort();
    if (mechanism.kind == spf::Kind::include && mechanism.domain_spec.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> lines;
  for (const auto line : split(input, '\n')) lines.emplace_back(line);
  lines.resize(std::max<std::size_t>(lines.size(), 4));
  spf::Request request{
      lines[0], lines[1], lines[2], spf::Identity::mail_from, "mx.test", WallTime{std::chrono::seconds(1'700'000'000)}};
  const std::vector<std::string> texts(lines.begin() + 3, lines.end());
  for (const auto& text : texts) check_text(text, request);
  const World world(texts);
  for (const auto identity : {spf::Identity::mail_from, spf::Identity::helo}) {
    request.identity = identity;
    const auto check = [&request](Answers& answers) { return spf::check(request, answers); };
    Answers whole, failing;
    const auto truth = driven(world, Honesty::whole, whole, check);
    expect_bounds(truth, request);
    expect_same(truth, driven(world, Honesty::whole, whole, check));
    const auto broken = driven(world, Honesty::failing, failing, check);
    expect_bounds(broken, request);
    if (broken.result == spf::Result::pass && truth.result != spf::Result::pass) std::abort();
    if (broken.result != truth.result && broken.result != spf::Result::temperror && !broken.names_unknown) std::abort();
  }
  Answers answers;
  const auto tree = driven(world, Honesty::whole, answers, [&request](Answers& a) { return spf::explain(request.helo, a); });
  if (tree.verdict.steps.size() > spf::Limits{}.steps) std::abort();
  return 0;
}
