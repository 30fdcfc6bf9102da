// Parsing and summarizing letters: per letter of 4 KB, and per byte of a large one against a memchr over its line ends.
#include <benchmark/benchmark.h>

#include <string>

#include "mail/summary.h"
#include "mail/text.h"

namespace {

using namespace posthorn::mail;

std::string letter() {
  std::string out;
  for (int i = 0; i < 4; ++i)
    out += "Received: from mx" + std::to_string(i) +
           ".example.org (mx.example.org [192.0.2.1])\r\n\tby mail.example.net with ESMTPS id 4XyZ;\r\n\tFri, 21 Nov 1997 "
           "09:55:06 -0600\r\n";
  out +=
      "From: \"Doe, John\" <john@example.org>\r\nTo: Jane <jane@example.net>, =?utf-8?q?J=C3=B6rg?= <j@example.com>\r\nCc: "
      "a@b.example\r\n"
      "Subject: =?utf-8?q?A_letter?= of middling length\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: "
      "<1234@example.org>\r\n"
      "References: <1@example.org> <2@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; "
      "boundary=\"----=_Part_1\"\r\n\r\n"
      "------=_Part_1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  for (int i = 0; i < 16; ++i) out += "The quick brown fox jumps over the lazy d=C3=B6g, again and again.\r\n";
  out += "------=_Part_1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>";
  for (int i = 0; i < 20; ++i) out += "<p>The quick brown fox jumps over the lazy <b>dog</b>.</p>\r\n";
  return out + "</body></html>\r\n------=_Part_1--\r\n";
}

std::string large() {
  std::string out =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\n";
  for (int i = 0; i < 130'000; ++i) out += std::string(76, 'A') + "\r\n";
  return out + "--b--\r\n";
}

void parse_letter(benchmark::State& state) {
  const auto bytes = letter();
  for (auto _ : state) benchmark::DoNotOptimize(parse(bytes));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(parse_letter);

void parse_and_summarize_letter(benchmark::State& state) {
  const auto bytes = letter();
  for (auto _ : state) benchmark::DoNotOptimize(summarize(parse(bytes)));
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(parse_and_summarize_letter);

void store_and_load_summary(benchmark::State& state) {
  const auto bytes = letter();
  const auto summary = summarize(parse(bytes));
  for (auto _ : state) benchmark::DoNotOptimize(decode_summary(encode(summary)));
  state.counters["stored"] = static_cast<double>(encode(summary).size());
}
BENCHMARK(store_and_load_summary);

void load_summary(benchmark::State& state) {
  const auto bytes = letter();
  const auto stored = encode(summarize(parse(bytes)));
  for (auto _ : state) benchmark::DoNotOptimize(decode_summary(stored));
}
BENCHMARK(load_summary);

void parse_ten_megabytes(benchmark::State& state) {
  const auto bytes = large();
  for (auto _ : state) benchmark::DoNotOptimize(parse(bytes));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(parse_ten_megabytes);

void line_ends_of_ten_megabytes(benchmark::State& state) {
  const auto bytes = large();
  for (auto _ : state) {
    std::size_t lines = 0;
    for (auto at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) ++lines;
    benchmark::DoNotOptimize(lines);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(line_ends_of_ten_megabytes);

void summarize_ten_megabytes(benchmark::State& state) {
  const auto bytes = large();
  for (auto _ : state) benchmark::DoNotOptimize(summarize(parse(bytes)));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(summarize_ten_megabytes);

}  // namespace

BENCHMARK_MAIN();
